package dev.chitin.audit;

import org.jspecify.annotations.Nullable;

/**
 * A tool reached for another host.
 *
 * @param action {@code allowed}, {@code denied} or {@code mismatched}
 * @param call on whose behalf
 * @param method of the request, upper case; {@code CONNECT} for a tunnel
 * @param host as it was asked for
 * @param port of the host
 * @param path of the request without its query, or null where it was not seen
 * @param address the address that the name was pinned to, or null when there was none
 * @param status of the answer, or 0 when there was none
 * @param sentBytes of the request's body
 * @param receivedBytes of the answer's body
 * @param code a problem code when it was not allowed or failed, else null
 */
public record EgressEvent(
    String action,
    AuditEvent.CallRef call,
    String method,
    String host,
    int port,
    @Nullable String path,
    @Nullable String address,
    int status,
    long sentBytes,
    long receivedBytes,
    @Nullable String code)
    implements AuditEvent {}
