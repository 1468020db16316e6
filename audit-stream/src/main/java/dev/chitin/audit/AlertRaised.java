package dev.chitin.audit;

/**
 * Something in the log called for somebody's attention.
 *
 * @param alert the alert's name, of a closed list
 * @param severity {@code low}, {@code medium}, {@code high} or {@code critical}
 * @param subject what it is about, as it stands in the entries: a name, an address or a digest
 * @param count how many entries spoke for it
 * @param windowSeconds the time that was looked at
 * @param lastIndex the entry that raised it
 */
public record AlertRaised(
    String alert, String severity, String subject, long count, long windowSeconds, long lastIndex)
    implements AuditEvent {}
