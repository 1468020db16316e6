package dev.chitin.gateway.session;

import dev.chitin.gateway.auth.Credential;
import dev.chitin.policy.Principal;

/**
 * One session.
 *
 * @param id 256 random bits in base64url, 43 characters
 * @param principal whose
 * @param credential with which it was opened, and without which it is nothing
 * @param createdMillis POSIX milliseconds, to be shown
 * @param openedNanos monotonic
 * @param usedNanos monotonic; when it was last used
 */
public record Session(
    String id,
    Principal principal,
    Credential credential,
    long createdMillis,
    long openedNanos,
    long usedNanos) {

  Session usedAt(long nanos) {
    return new Session(id, principal, credential, createdMillis, openedNanos, nanos);
  }

  /** {@code tenant/principal}. */
  String account() {
    return principal.tenant() + "/" + principal.id();
  }
}
