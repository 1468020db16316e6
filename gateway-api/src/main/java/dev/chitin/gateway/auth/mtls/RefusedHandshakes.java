package dev.chitin.gateway.auth.mtls;

import dev.chitin.gateway.auth.AuthFailureKind;
import dev.chitin.gateway.auth.AuthFailures;
import dev.chitin.gateway.auth.Verdict;
import io.vertx.core.Handler;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and records client certificates that the TLS handshake refuses: no request comes of them,
 * and the client learns no more than that. Why, is told in the log, once in {@link #PAUSE} at most.
 * Used on one event loop.
 */
public final class RefusedHandshakes implements Handler<Throwable> {
  /** At most how often a reason is written. */
  static final Duration PAUSE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(RefusedHandshakes.class);

  /** A handshake that failed does not say with whom. */
  private static final String NO_ADDRESS = "(unknown)";

  private static final int MOST_CAUSES = 8;

  private final AuthFailures failures;
  private final LongSupplier nanos;
  private long nextLine;

  /**
   * @param nanos a monotonic clock
   */
  public RefusedHandshakes(AuthFailures failures, LongSupplier nanos) {
    this.failures = failures;
    this.nanos = nanos;
    this.nextLine = nanos.getAsLong();
  }

  /** A connection failed; what is not about a certificate is nobody's fault. */
  @Override
  public void handle(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < MOST_CAUSES && cause != null; i++) {
      if (cause instanceof CertificateException refusal) {
        refused(refusal);
        return;
      }
      cause = cause.getCause();
    }
  }

  private void refused(CertificateException refusal) {
    failures.refused(
        Verdict.invalid(
            AuthFailureKind.CERTIFICATE,
            ClientCertificates.METHOD,
            "The client certificate was not taken.",
            "Present one that is in date and of gateway.tls.client_ca."),
        NO_ADDRESS);
    long now = nanos.getAsLong();
    if (now - nextLine >= 0) {
      nextLine = now + PAUSE.toNanos();
      LOG.warn(
          "a client certificate was refused in the handshake; gateway.tls.client_ca has to vouch for"
              + " it, and it for its use by clients: {}",
          refusal.getMessage());
    }
  }
}
