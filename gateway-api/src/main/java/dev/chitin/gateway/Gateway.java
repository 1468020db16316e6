package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.AuditOptions.WitnessOptions;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.calls.IdempotencyJournal;
import dev.chitin.gateway.calls.IdempotencyKeys;
import dev.chitin.gateway.calls.RunningCalls;
import dev.chitin.gateway.calls.TrackedCalls;
import dev.chitin.gateway.http.AccessLog;
import dev.chitin.gateway.http.AdminSocket;
import dev.chitin.gateway.http.AuditReads;
import dev.chitin.gateway.http.AuditSearch;
import dev.chitin.gateway.http.AuditStreams;
import dev.chitin.gateway.http.CallAdmission;
import dev.chitin.gateway.http.Connections;
import dev.chitin.gateway.http.EdgeBounds;
import dev.chitin.gateway.http.HttpEdge;
import dev.chitin.gateway.http.HttpVerticle;
import dev.chitin.gateway.http.RequestObserver;
import dev.chitin.gateway.llm.LlmService;
import dev.chitin.gateway.rate.OverLimitRecord;
import dev.chitin.gateway.reload.ConfigReload;
import dev.chitin.gateway.reload.ConfigSource;
import dev.chitin.gateway.reload.ConfigWatch;
import dev.chitin.gateway.telemetry.Telemetry;
import dev.chitin.gateway.tls.ClientAuthority;
import dev.chitin.gateway.tls.TlsIdentity;
import dev.chitin.gateway.tls.TlsListener;
import dev.chitin.gateway.tls.TlsRenewal;
import dev.chitin.gateway.tls.TlsSettings;
import dev.chitin.sandbox.http.RelayClient;
import dev.chitin.vault.SlotInfo;
import dev.chitin.vault.Vault;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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
  private final Telemetry telemetry;
  private final @Nullable ConfigSource source;
  private @Nullable Drain drain;
  private HttpEdge.@Nullable Reload reload;
  private String url = "";

  private Gateway(GatewaySettings settings, VaultAccess access, @Nullable ConfigSource source) {
    this.settings = settings;
    this.source = source;
    ListenerCheck.check(settings.edge());
    settings.operation().logFormat().use();
    foundation = Foundation.open(settings, access);
    started.push(foundation);
    telemetry = Telemetry.of(settings.operation().otlp(), Version.CURRENT);
    started.push(telemetry);
    foundation.timeAppends(telemetry::appended);
    readiness = new Readiness(this::faults);
    try {
      Supplier<Optional<String>> witnessRefusal = witness();
      heartbeat();
      started.push(new LogKeyUpkeep(foundation.vertx(), foundation.logKeys()));
      station = Station.start(foundation, settings, telemetry.observer());
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
    return start(settings, access, null);
  }

  /**
   * The same, with a configuration that can be read again while it serves.
   *
   * @param source where {@code settings} came from, or null
   */
  public static Gateway start(
      GatewaySettings settings, VaultAccess access, @Nullable ConfigSource source) {
    var gateway = new Gateway(settings, access, source);
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
    var gateway = new Gateway(settings, access, null);
    try {
      return new RecordedDoctor(gateway.doctor, gateway.foundation.audit(), "demand")
          .examine()
          .await();
    } finally {
      gateway.stop();
    }
  }

  /** Has the log cosigned, where somebody is named to do it; tells why that one refuses. */
  private Supplier<Optional<String>> witness() {
    WitnessOptions witness = settings.audit().witness();
    if (witness == null) {
      return Optional::empty;
    }
    var client = Witnessing.client(witness, foundation.log());
    deploy(foundation.vertx(), client);
    return client::refusal;
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
    return Impediments.of(foundation, telemetry.loops());
  }

  private void record(String action) {
    foundation
        .audit()
        .append(
            new AuditEvent.Lifecycle(
                action,
                Version.CURRENT,
                foundation.logKeys().newest().toString(),
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
    readiness.proven(report);
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
            telemetry.registry(),
            station.bwrap()::metrics,
            foundation.log()::metrics,
            admission,
            foundation.localVault());
    metrics.edge(connections, over);
    metrics.auth(auth);
    var calls = new TrackedCalls(bounds.streams());
    var idempotency =
        new IdempotencyKeys(
            vertx,
            IdempotencyJournal.open(
                settings.home().run().resolve("idempotency"), IdempotencyKeys.since()));
    started.push(idempotency);
    started.push(() -> calls.cancelAll("the gateway stops"));
    var llm =
        new LlmService(
            vertx,
            settings.llm(),
            settings.node(),
            station.clearance(),
            provider ->
                new RelayClient(
                    vertx,
                    station.pinning(provider.dialect().tool()),
                    foundation.redeemer(),
                    provider.ca()),
            foundation.localVault().liveSecrets(),
            auth.watch());
    started.push(llm);
    metrics.llm(llm);
    var reads = new AuditReads(vertx, foundation.log());
    started.push(reads);
    var running = new RunningCalls(station.executor());
    var accessLog = new AccessLog(settings.operation().accessLog());
    var changing = new LiveEdge(settings, admission, accessLog, over);
    HttpEdge.Reload reloading = changing.reload(source, foundation.audit());
    reload = reloading;
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
    var retention = Retention.start(foundation, settings.audit().retention());
    started.push(retention);
    metrics.retention(retention);
    Runnable undrained = readiness.onDrain(streams::end);
    started.push(undrained::run);
    var edge =
        new HttpEdge(
            foundation.bus(),
            settings.edge(),
            station.registry(),
            running,
            foundation.vault(),
            foundation.vaultAdministration(),
            settings::vaultKey,
            foundation.logKeys(),
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
            changing.limits(),
            connections,
            readiness,
            new RecordedDoctor(doctor, foundation.audit(), "demand"),
            reads,
            search,
            streams,
            metrics::scrape,
            foundation.localVault().liveSecrets(),
            llm,
            new RequestObserver(telemetry, accessLog),
            reloading);
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
    drain =
        new Drain(
            settings.operation(),
            readiness,
            running,
            timeout -> Future.all(listeners.stream().map(l -> l.shutDown(timeout)).toList()));
    changing.serve(edge, listeners);
    AdminSocket.removeStale(settings.home().adminSocket());
    deploy(vertx, new AdminSocket(edge, settings.home().adminSocket()));
    if (source != null && reloading instanceof ConfigReload file) {
      started.push(new ConfigWatch(vertx, source.file(), file));
      metrics.reloads(file);
    }
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

  /**
   * Ends service in order: running calls have their time, and what remains is cancelled and
   * recorded. Blocks; {@link #stop} has to follow.
   */
  public void drain() throws InterruptedException {
    if (drain != null) {
      drain.run();
    }
  }

  /** Has {@link #drain} wait no longer. */
  public void hurry() {
    if (drain != null) {
      drain.hurry();
    }
  }

  /**
   * Reads the configuration again. Blocks.
   *
   * @throws dev.chitin.bus.ChitinException when it is refused, which changes nothing
   */
  public void reload(String actor) {
    if (reload != null) {
      reload.run(actor);
    }
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
          farewell();
        }
        part.close();
      } catch (Exception e) {
        LOG.error("a part did not stop in order", e);
      }
    }
  }

  /** The last records; a log or a vault that takes none is closed all the same. */
  private void farewell() {
    try {
      record("stop");
      foundation.vaultAdministration().markClosed().await();
    } catch (RuntimeException e) {
      LOG.error("the stop could not be recorded", e);
    }
  }
}
