package dev.chitin.audit;

import org.jspecify.annotations.Nullable;

/**
 * Somebody read the log, or had a subject's key destroyed.
 *
 * @param action {@code query}, {@code stream}, {@code bundle} (of entries, C2SP tlog-tiles) or
 *     {@code shred}
 * @param tenant of whoever did it
 * @param actor who did it
 * @param subject whose events were asked for or whose key is gone, or null for nobody's in
 *     particular
 * @param from the first index that was given, or 0
 * @param count how many entries were given, or keys destroyed
 */
public record AuditAccess(
    String action, String tenant, String actor, @Nullable String subject, long from, long count)
    implements AuditEvent {}
