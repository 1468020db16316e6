package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.gateway.auth.AuthFailures;
import dev.chitin.gateway.auth.Authenticator;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.auth.KeyAuthenticator;
import dev.chitin.gateway.auth.KeyFlush;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.auth.jwt.TokenIssuers;
import dev.chitin.gateway.auth.mtls.ClientCertificates;
import dev.chitin.gateway.auth.mtls.RevocationList;
import dev.chitin.gateway.session.Session;
import dev.chitin.gateway.session.SessionTable;
import dev.chitin.gateway.tls.ClientAuthority;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything by which callers are known, wired: keys, issuers, client certificates, sessions, and
 * the watch that ends what hangs on a credential. It looks every {@value #PERIOD_MILLIS} ms, and at
 * once when something was revoked or an issuer's keys changed.
 */
final class AuthService implements AutoCloseable {
  /** How often credentials in use are looked at again. */
  static final long PERIOD_MILLIS = 5_000;

  private static final Logger LOG = LoggerFactory.getLogger(AuthService.class);
  private static final Duration RECORD = Duration.ofSeconds(5);
  private static final int MOST_HELD = 65_536;

  private final OpenParts opened = new OpenParts();
  private final Vertx vertx;
  private final KeyStore keys;
  private final AuditLog audit;
  private final AuthFailures failures;
  private final SessionTable sessions;
  private final TokenIssuers issuers;
  private @Nullable RevocationList revocations;
  private final Authenticator authenticator;
  private final CredentialWatch watch;

  /**
   * Reads keys, lists and sets. Blocks.
   *
   * @param authority who vouches for client certificates, or null
   */
  AuthService(
      Vertx vertx,
      KeyStore keys,
      AuditLog audit,
      GatewaySettings settings,
      @Nullable ClientAuthority authority) {
    this.vertx = vertx;
    this.keys = keys;
    this.audit = audit;
    this.failures = new AuthFailures(vertx, audit);
    opened.add(failures);
    this.sessions =
        new SessionTable(settings.edge().sessions(), System::nanoTime, this::recordSession);
    this.watch = new CredentialWatch(MOST_HELD, this::holds);
    this.issuers =
        new TokenIssuers(vertx, settings.auth().issuers(), keys::isRevoked, this::checkLater);
    opened.add(issuers);
    try {
      this.authenticator =
          new Authenticator(
              new KeyAuthenticator(keys), issuers.verifier(), certificates(settings, authority));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    long look = vertx.setPeriodic(PERIOD_MILLIS, tick -> checkLater());
    opened.add(() -> vertx.cancelTimer(look));
    opened.add(new KeyFlush(vertx, keys));
  }

  private ClientCertificates certificates(
      GatewaySettings settings, @Nullable ClientAuthority authority) {
    if (authority == null) {
      return ClientCertificates.none();
    }
    if (authority.crl() != null) {
      var list =
          new RevocationList(
              vertx,
              authority.crl(),
              authority.certificates(),
              InstantSource.system(),
              this::checkLater);
      opened.add(list);
      revocations = list;
    }
    return new ClientCertificates(
        settings.auth().certificates(), revocations, InstantSource.system());
  }

  /** Seconds since what is known of issuers was last read, by the issuer's name. */
  Map<String, DoubleSupplier> issuerAges() {
    return issuers.ages();
  }

  /** Whether what was revoked is so after a restart too. */
  boolean isWritten() {
    return keys.isWritten();
  }

  /** What is wrong with whose keys, by the issuer's name. */
  Map<String, String> issuerTroubles() {
    return issuers.troubles();
  }

  /** The list of revoked certificates, or null. */
  @Nullable RevocationList revocations() {
    return revocations;
  }

  private boolean holds(Credential credential) {
    return authenticator.holds(credential);
  }

  /** Ends what hangs on credentials that hold no longer, off the caller's thread. */
  void checkLater() {
    vertx
        .executeBlocking(
            () -> {
              watch.check();
              sessions.check(this::holds);
              return null;
            },
            false)
        .onFailure(failure -> LOG.error("credentials in use could not be checked", failure));
  }

  private void recordSession(Session session, String action, String reason) {
    audit
        .append(
            new AuditEvent.Session(
                action,
                session.id(),
                session.principal().tenant(),
                session.principal().id(),
                reason.isEmpty() ? null : reason),
            Deadline.after(RECORD))
        .onFailure(failure -> LOG.warn("a session's record was lost", failure));
  }

  Authenticator authenticator() {
    return authenticator;
  }

  AuthFailures failures() {
    return failures;
  }

  SessionTable sessions() {
    return sessions;
  }

  CredentialWatch watch() {
    return watch;
  }

  /** Signatures of tokens that were looked at, since the start. */
  long verifications() {
    return issuers.verifications();
  }

  int verificationsWaiting() {
    return issuers.waiting();
  }

  int verificationsRunning() {
    return issuers.active();
  }

  @Override
  public void close() {
    opened.close();
  }
}
