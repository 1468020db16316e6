package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.Authenticator;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.http.AdminSocket;
import dev.chitin.gateway.http.CallAdmission;
import dev.chitin.gateway.http.HttpEdge;
import dev.chitin.gateway.http.HttpVerticle;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Kernel;
import dev.chitin.vault.SlotInfo;
import dev.chitin.vault.Vault;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole gateway. Starts log, vault, policy, sandbox, self-proof and edge, in this order; a
 * control that does not hold its proof stops the start. Stops in reverse, the log last. Both block.
 */
public final class Gateway {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
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
    closeToOthers();
    foundation = Foundation.open(settings, access);
    started.push(foundation);
    readiness = new Readiness(this::faults);
    try {
      station = Station.start(foundation, settings);
      started.push(station);
      doctor = new LocalDoctor(foundation, station, settings);
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
      return gateway.doctor.examine().await();
    } finally {
      gateway.stop();
    }
  }

  /** Without TLS a listener that others can reach would carry keys in clear. */
  private static void checkListener(GatewaySettings settings) {
    String host = settings.edge().host();
    if (!List.of("127.0.0.1", "::1", "localhost").contains(host)) {
      throw Problem.of(
              ProblemCode.CONFIG_NOT_BUILT,
              "gateway.host is " + host + ", and TLS is not built yet.")
          .withRule("gateway.host")
          .withHint("Listen on 127.0.0.1.")
          .toException();
    }
  }

  /**
   * Other processes of the same user, an escaped tool above all, may not read this one's memory.
   */
  private static void closeToOthers() {
    try {
      Kernel.setDumpable(false);
    } catch (ErrnoException e) {
      throw Problem.of(ProblemCode.SANDBOX_UNAVAILABLE, "The process cannot be made undumpable.")
          .withHint("Chitin needs Linux with prctl(PR_SET_DUMPABLE).")
          .toException(e);
    }
  }

  private List<String> faults() {
    return foundation.log().failure().stream().map(fault -> fault.code().code()).toList();
  }

  private void record(String action) {
    foundation
        .audit()
        .append(new AuditEvent.Lifecycle(action, Version.CURRENT, null), Deadline.after(RECORD))
        .await();
  }

  private void prove() {
    Doctor.Report report = doctor.examine().await();
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
    var admission = new CallAdmission(settings.edge().calls(), settings.edge().callsPerPrincipal());
    var metrics = new Metrics(station.bwrap()::metrics, admission);
    started.push(metrics);
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
            new Authenticator(foundation.keys()),
            admission,
            readiness,
            doctor,
            metrics::scrape);
    var connections = new AtomicInteger();
    // Vert.x shares one random port among the listeners that ask for the same negative number.
    int port = settings.edge().port() == 0 ? -1 : settings.edge().port();
    var first = new HttpVerticle(edge, port, connections);
    deploy(vertx, first);
    for (int i = 1; i < Runtime.getRuntime().availableProcessors(); i++) {
      deploy(vertx, new HttpVerticle(edge, port, connections));
    }
    removeStaleSocket();
    deploy(vertx, new AdminSocket(edge, settings.home().adminSocket()));
    String host = settings.edge().host();
    url = "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + first.actualPort();
    LOG.info("ready on {}", url);
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
