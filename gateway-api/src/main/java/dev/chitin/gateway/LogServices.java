package dev.chitin.gateway;

import dev.chitin.gateway.http.AuditReads;
import dev.chitin.gateway.http.AuditSearch;
import dev.chitin.gateway.http.AuditStreams;
import io.vertx.core.Vertx;

/**
 * What is done with the log while the gateway serves: it is read, shown live, watched and pruned.
 */
final class LogServices {
  private final AuditReads reads;
  private final AuditSearch search;
  private final AuditStreams streams;

  private LogServices(AuditReads reads, AuditSearch search, AuditStreams streams) {
    this.reads = reads;
    this.search = search;
    this.streams = streams;
  }

  /** Starts them on {@code interior}, with which they stop. */
  static LogServices start(Interior interior, Metrics metrics) {
    GatewaySettings settings = interior.settings();
    Foundation foundation = interior.foundation();
    Vertx vertx = foundation.vertx();
    var reads = new AuditReads(vertx, foundation.log());
    interior.closeAtStop(reads);
    var search =
        new AuditSearch(
            vertx, reads, settings.home().audit(), foundation.origin(), foundation.fieldKeys());
    interior.closeAtStop(search);
    var streams = new AuditStreams(vertx, search);
    interior.closeAtStop(streams);
    metrics.auditStreams(streams);
    var alerting = Alerting.start(foundation, settings, interior.station().pinning()::address);
    interior.closeAtStop(alerting);
    metrics.alerts(alerting);
    var retention = Retention.start(foundation, settings.audit().retention());
    interior.closeAtStop(retention);
    metrics.retention(retention);
    Runnable undrained = interior.readiness().onDrain(streams::end);
    interior.closeAtStop(undrained::run);
    return new LogServices(reads, search, streams);
  }

  AuditReads reads() {
    return reads;
  }

  AuditSearch search() {
    return search;
  }

  AuditStreams streams() {
    return streams;
  }
}
