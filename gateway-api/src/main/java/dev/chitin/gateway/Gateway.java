package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.audit.witness.WitnessClient;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.AuditOptions.WitnessOptions;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.calls.IdempotencyJournal;
import dev.chitin.gateway.calls.IdempotencyKeys;
import dev.chitin.gateway.calls.TrackedCalls;
import dev.chitin.gateway.http.AdminSocket;
import dev.chitin.gateway.http.AuditReads;
import dev.chitin.gateway.http.AuditSearch;
import dev.chitin.gateway.http.AuditStreams;
import dev.chitin.gateway.http.CallAdmission;
import dev.chitin.gateway.http.Connections;
import dev.chitin.gateway.http.EdgeBounds;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.http.HttpEdge;
import dev.chitin.gateway.http.HttpVerticle;
import dev.chitin.gateway.rate.OverLimitRecord;
import dev.chitin.gateway.rate.RateLimits;
import dev.chitin.gateway.tls.ClientAuthority;
import dev.chitin.gateway.tls.TlsIdentity;
import dev.chitin.gateway.tls.TlsListener;
import dev.chitin.gateway.tls.TlsRenewal;
import dev.chitin.gateway.tls.TlsSettings;
import dev.chitin.vault.SlotInfo;
import dev.chitin.vault.Vault;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole gateway. Starts log, vault, policy, sandbox, self-proof and edge, in this order; a
 * control that does not hold its proof stops the start. Stops in reverse, the log last. Both block.
 */
public final class Gateway {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
  private static final Duration HEARTBEAT = Duration.ofHours(1);
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final GatewaySettings settings;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final Foundation foundation;
  private final Readiness readiness;
  private final Station station;
  private final Doctor doctor;
  private String url = "";

  private Gateway(GatewaySettings settings, VaultAccess access) {
    this.settings = settings;
    checkListener(settings);
    foundation = Foundation.open(settings, access);
    started.push(foundation);
    readiness = new Readiness(this::faults);
    try {
      Supplier<Optional<String>> witnessRefusal = witness();
      heartbeat();
      station = Station.start(foundation, settings);
      started.push(station);
      doctor = new LocalDoctor(foundation, station, settings, witnessRefusal);
    } catch (RuntimeException e) {
      stop();
      throw e;
    }
  }

  /**
   * Starts a gateway and returns when it is ready.
   *
   * @throws dev.chitin.bus.ChitinException with what stands in the way; nothing is left running
   */
  public static Gateway start(GatewaySettings settings, VaultAccess access) {
    var gateway = new Gateway(settings, access);
    try {
      gateway.record("start");
      new ChangeRecord(gateway.foundation, gateway.settings)
          .atStart(Digest.parse(gateway.station.snapshot().version()));
      gateway.prove();
      gateway.listen();
      return gateway;
    } catch (RuntimeException e) {
      gateway.stop();
      throw e;
    }
  }

  /** Starts a gateway that opens its vault with the key file alone. */
  public static Gateway start(GatewaySettings settings) {
    return start(settings, VaultAccess.KEY_FILE);
  }

  /** Proves the controls without serving anybody. */
  public static Doctor.Report examine(GatewaySettings settings, VaultAccess access) {
    var gateway = new Gateway(settings, access);
    try {
      return new RecordedDoctor(gateway.doctor, gateway.foundation.audit(), "demand")
          .examine()
          .await();
    } finally {
      gateway.stop();
    }
  }

  /** Without TLS a listener that others can reach would carry keys in clear. */
  private static void checkListener(GatewaySettings settings) {
    EdgeSettings edge = settings.edge();
    if (!edge.isLoopback() && edge.tls() == null && !edge.tlsUpstream()) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "gateway.host is "
                  + edge.host()
                  + ", and there is no TLS: keys would cross the network in clear.")
          .withRule("gateway.host")
          .withHint(
              "Set gateway.tls.cert and key, or gateway.tls.terminated_upstream: true if a proxy"
                  + " does TLS, or listen on 127.0.0.1.")
          .toException();
    }
  }

  /** Has the log cosigned, where somebody is named to do it; tells why that one refuses. */
  private Supplier<Optional<String>> witness() {
    WitnessOptions witness = settings.audit().witness();
    if (witness != null) {
      VerifierKey key =
          VerifierKey.parse(witness.key())
              .filter(known -> known.type() == VerifierKey.Type.COSIGNATURE)
              .orElseThrow(
                  () ->
                      Problem.of(
                              ProblemCode.CONFIG_INVALID,
                              "audit.witness.key is not the verifier key of a witness.")
                          .withRule("audit.witness.key")
                          .withHint("chitin audit witness prints it when it starts.")
                          .toException());
      if (!witness.url().matches("https?://[^/ ]+(/[^ ]*)?")) {
        throw Problem.of(ProblemCode.CONFIG_INVALID, "audit.witness.url is not an HTTP URL.")
            .withRule("audit.witness.url")
            .withHint("Name the submission prefix, http://witness.example:8788 say.")
            .toException();
      }
      DurableAuditLog log = foundation.log();
      var client = new WitnessClient(log.publication(), log.published(), key, witness.url());
      deploy(foundation.vertx(), client);
      return client::refusal;
    }
    return Optional::empty;
  }

  /** An entry an hour, so that silence shows. */
  private void heartbeat() {
    long timer =
        foundation
            .vertx()
            .setPeriodic(
                HEARTBEAT.toMillis(),
                hour ->
                    foundation
                        .audit()
                        .append(new AuditEvent.LogEvent("heartbeat", null), Deadline.after(RECORD))
                        .onFailure(failure -> LOG.warn("no heartbeat in the audit log", failure)));
    started.push(() -> foundation.vertx().cancelTimer(timer));
  }

  private List<String> faults() {
    return foundation.log().impediments().stream().map(ProblemCode::code).toList();
  }

  private void record(String action) {
    foundation
        .audit()
        .append(
            new AuditEvent.Lifecycle(
                action,
                Version.CURRENT,
                foundation.logKey(),
                null,
                settings.audit().config().digest(),
                null),
            Deadline.after(RECORD))
        .await();
  }

  private void prove() {
    Doctor.Report report =
        new RecordedDoctor(doctor, foundation.audit(), "start").examine().await();
    if (!report.sound()) {
      throw Problem.of(
              ProblemCode.SANDBOX_UNAVAILABLE,
              "A control did not hold its own proof: "
                  + String.join("; ", report.texts(Doctor.Verdict.INERT)))
          .withHint("chitin doctor shows each control.")
          .toException();
    }
    readiness.proven(report.texts(Doctor.Verdict.DEGRADED));
  }

  private void listen() {
    Vertx vertx = foundation.vertx();
    EdgeBounds bounds = settings.edge().bounds();
    TlsSettings tls = settings.edge().tls();
    TlsIdentity identity = tls == null ? null : TlsIdentity.read(tls);
    ClientAuthority authority =
        tls == null || tls.clients() == null ? null : ClientAuthority.read(tls.clients());
    var auth = new AuthService(vertx, foundation.keys(), foundation.audit(), settings, authority);
    started.push(auth);
    var admission = new CallAdmission(bounds.calls(), bounds.callsPerPrincipal());
    var connections = new Connections(bounds.connections(), bounds.connectionsPerAddress());
    var over = new OverLimitRecord(vertx, foundation.audit());
    started.push(over);
    var metrics =
        new Metrics(
            station.bwrap()::metrics,
            foundation.log()::metrics,
            admission,
            foundation.localVault());
    metrics.edge(connections, over);
    metrics.auth(auth);
    started.push(metrics);
    var calls = new TrackedCalls();
    var idempotency =
        new IdempotencyKeys(
            vertx,
            IdempotencyJournal.open(
                settings.home().run().resolve("idempotency"), IdempotencyKeys.since()));
    started.push(idempotency);
    started.push(() -> calls.cancelAll("the gateway stops"));
    var reads = new AuditReads(vertx, foundation.log());
    started.push(reads);
    var search =
        new AuditSearch(
            vertx, reads, settings.home().audit(), foundation.origin(), foundation.fieldKeys());
    started.push(search);
    var streams = new AuditStreams(vertx, search);
    started.push(streams);
    metrics.auditStreams(streams);
    var alerting = Alerting.start(foundation, settings, station.pinning()::address);
    started.push(alerting);
    metrics.alerts(alerting);
    var edge =
        new HttpEdge(
            foundation.bus(),
            settings.edge(),
            station.registry(),
            station.executor(),
            foundation.vault(),
            foundation.vaultAdministration(),
            settings::vaultKey,
            foundation.audit(),
            foundation.keys(),
            auth.authenticator(),
            auth.failures(),
            auth.watch(),
            auth.sessions(),
            auth::checkLater,
            admission,
            calls,
            idempotency,
            RateLimits.of(settings.edge().rateLimit(), over),
            connections,
            readiness,
            new RecordedDoctor(doctor, foundation.audit(), "demand"),
            reads,
            search,
            streams,
            metrics::scrape,
            foundation.localVault().liveSecrets());
    // Vert.x shares one random port among the listeners that ask for the same negative number.
    int port = settings.edge().port() == 0 ? -1 : settings.edge().port();
    List<HttpVerticle> listeners = new ArrayList<>();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      listeners.add(new HttpVerticle(edge, port, identity, authority));
      deploy(vertx, listeners.getLast());
    }
    if (tls != null && identity != null) {
      var renewal = new TlsRenewal(vertx, tls, identity, renewed -> renew(listeners, renewed));
      started.push(renewal);
      metrics.certificate(renewal);
    }
    removeStaleSocket();
    deploy(vertx, new AdminSocket(edge, settings.home().adminSocket()));
    String host = settings.edge().host();
    url =
        settings.edge().scheme()
            + "://"
            + (host.contains(":") ? "[" + host + "]" : host)
            + ":"
            + listeners.getFirst().actualPort();
    station.listeningOn(listeners.getFirst().actualPort());
    LOG.info("ready on {}{}", url, tls == null ? "" : " with TLS by " + TlsListener.engine());
  }

  private static Future<?> renew(List<HttpVerticle> listeners, TlsIdentity renewed) {
    return Future.all(listeners.stream().map(listener -> listener.renew(renewed)).toList());
  }

  private void deploy(Vertx vertx, io.vertx.core.Deployable verticle) {
    String id = Listening.await(vertx.deployVerticle(verticle), settings);
    started.push(() -> vertx.undeploy(id).await());
  }

  /** A socket file that a killed gateway left; the log's lock says that no other one runs. */
  private void removeStaleSocket() {
    try {
      Files.deleteIfExists(settings.home().adminSocket());
    } catch (IOException e) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, "The administration socket cannot be replaced.")
          .toException(e);
    }
  }

  /** Where it listens, {@code http://127.0.0.1:8787} say. */
  public String url() {
    return url;
  }

  public GatewaySettings settings() {
    return settings;
  }

  public KeyStore keys() {
    return foundation.keys();
  }

  public Vault vault() {
    return foundation.vault();
  }

  /** The ways to open the vault. */
  public List<SlotInfo> vaultSlots() {
    return foundation.vaultAdministration().slots();
  }

  /** What is weaker here than it should be, with the operator's consent. */
  public List<String> degraded() {
    return readiness.degraded();
  }

  /** Stops in order: no new work, running calls ended and recorded, the log closed last. */
  public synchronized void stop() {
    if (started.isEmpty()) {
      return;
    }
    if (readiness != null) {
      readiness.draining();
    }
    while (!started.isEmpty()) {
      AutoCloseable part = started.pop();
      try {
        if (part == foundation) {
          record("stop");
          foundation.vaultAdministration().markClosed().await();
        }
        part.close();
      } catch (Exception e) {
        LOG.error("a part did not stop in order", e);
      }
    }
  }
}
