package dev.chitin.gateway;

import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.witness.WitnessClient;
import dev.chitin.bus.ChitinException;
import dev.chitin.gateway.AuditOptions.WitnessOptions;
import dev.chitin.gateway.telemetry.Telemetry;
import io.vertx.core.Deployable;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The gateway behind its edge: log, vault, policy and sandbox, started in this order and ready to
 * be proven. What is started on it afterwards stops with it, in reverse, the log last. Both block.
 */
final class Interior {
  private final GatewaySettings settings;
  private final OpenParts parts = new OpenParts();
  private final Foundation foundation;
  private final Telemetry telemetry;
  private final Readiness readiness;
  private final LifeRecord life;
  private final Station station;
  private final Doctor doctor;

  private Interior(GatewaySettings settings, VaultAccess access) {
    this.settings = settings;
    ListenerCheck.check(settings.edge());
    settings.operation().logFormat().use();
    foundation = Foundation.open(settings, access);
    parts.add(foundation);
    life = new LifeRecord(foundation, settings.audit().config().digest());
    parts.add(life::stopped);
    telemetry = Telemetry.of(settings.operation().otlp(), Version.CURRENT);
    parts.add(telemetry);
    foundation.timeAppends(telemetry::appended);
    readiness = new Readiness(() -> Impediments.of(foundation, telemetry.loops()));
    try {
      Supplier<Optional<String>> witnessTrouble = witness();
      parts.add(life.heartbeat());
      parts.add(new LogKeyUpkeep(foundation.vertx(), foundation.logKeys()));
      station = Station.start(foundation, settings, telemetry.observer());
      parts.add(station);
      doctor = new LocalDoctor(foundation, station, settings, witnessTrouble);
    } catch (RuntimeException e) {
      stop();
      throw e;
    }
  }

  /**
   * Starts all of it.
   *
   * @throws dev.chitin.bus.ChitinException with what stands in the way; nothing is left running
   */
  static Interior start(GatewaySettings settings, VaultAccess access) {
    return new Interior(settings, access);
  }

  /** Has the log cosigned, where somebody is named to do it; tells what that one does instead. */
  private Supplier<Optional<String>> witness() {
    WitnessOptions witness = settings.audit().witness();
    if (witness == null) {
      return Optional::empty;
    }
    DurableAuditLog log = foundation.log();
    var client =
        new WitnessClient(log.publication(), log.published(), witness.key(), witness.url());
    deploy(client);
    return client::trouble;
  }

  /** Deploys {@code verticle} until everything stops. */
  void deploy(Deployable verticle) {
    deploy(verticle, ChitinException::from);
  }

  /**
   * The same.
   *
   * @param explained what a failure is told as
   */
  void deploy(Deployable verticle, Function<Exception, ChitinException> explained) {
    Vertx vertx = foundation.vertx();
    String id;
    try {
      id = vertx.deployVerticle(verticle).await();
    } catch (Exception e) {
      throw explained.apply(e);
    }
    parts.add(() -> vertx.undeploy(id).await());
  }

  /** Has {@code part} closed when everything stops, before all that was started earlier. */
  void closeAtStop(AutoCloseable part) {
    parts.add(part);
  }

  GatewaySettings settings() {
    return settings;
  }

  Foundation foundation() {
    return foundation;
  }

  Telemetry telemetry() {
    return telemetry;
  }

  Readiness readiness() {
    return readiness;
  }

  LifeRecord life() {
    return life;
  }

  Station station() {
    return station;
  }

  /**
   * Proves the controls and records what came of it.
   *
   * @param occasion {@code start}, {@code demand} or {@code again}
   */
  Doctor doctor(String occasion) {
    return new RecordedDoctor(doctor, foundation.audit(), readiness, occasion);
  }

  /** Stops in order: no new work, running calls ended and recorded, the log closed last. */
  synchronized void stop() {
    if (!parts.isEmpty()) {
      readiness.draining();
      parts.close();
    }
  }
}
