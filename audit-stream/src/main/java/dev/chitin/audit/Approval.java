package dev.chitin.audit;

import dev.chitin.bus.Digest;
import org.jspecify.annotations.Nullable;

/**
 * A call waited for somebody's word.
 *
 * @param action {@code requested}, {@code approved}, {@code denied} or {@code expired}
 * @param tool the call's tool
 * @param call which call
 * @param decider who decided, or null when nobody has
 * @param method how the word was given, {@code http} say, or null when nobody has
 * @param shown digest of what was shown to whoever decided, or null
 */
public record Approval(
    String action,
    String tool,
    AuditEvent.CallRef call,
    @Nullable String decider,
    @Nullable String method,
    @Nullable Digest shown)
    implements AuditEvent {}
