package dev.chitin.gateway;

import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.gateway.http.AccessLog;
import dev.chitin.gateway.http.CallAdmission;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.http.HttpEdge;
import dev.chitin.gateway.http.Listener;
import dev.chitin.gateway.rate.RateLimits;
import dev.chitin.gateway.reload.ConfigReload;
import dev.chitin.gateway.reload.ConfigSource;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of the edge can change while it serves. Each listener takes a change over in one step on its
 * own event loop, so that one request sees all of the old settings or all of the new.
 */
final class LiveEdge {
  private final CallAdmission admission;
  private final AccessLog accessLog;
  private final RateLimits.OverLimit over;
  private final ChitinHome home;
  private GatewaySettings settings;
  private RateLimits limits;
  private @Nullable ConfigSource source;
  private @Nullable HttpEdge edge;
  private List<Listener> listeners = List.of();

  LiveEdge(
      GatewaySettings settings,
      CallAdmission admission,
      AccessLog accessLog,
      RateLimits.OverLimit over) {
    this.settings = settings;
    this.home = settings.home();
    this.admission = admission;
    this.accessLog = accessLog;
    this.over = over;
    this.limits = RateLimits.of(settings.edge().rateLimit(), over);
  }

  RateLimits limits() {
    return limits;
  }

  /** Reads {@code source} again when told to; without one it refuses. */
  HttpEdge.Reload reload(@Nullable ConfigSource source, AuditLog audit) {
    this.source = source;
    if (source == null) {
      return actor -> {
        throw Problem.of(
                ProblemCode.CONFIG_NEEDS_RESTART,
                "This gateway was not started from a configuration's file.")
            .withHint("Restart it.")
            .toException();
      };
    }
    return new ConfigReload(source, audit, this::prepare);
  }

  /** The listeners that take changes over. */
  synchronized void serve(HttpEdge edge, List<Listener> listeners) {
    this.edge = edge;
    this.listeners = List.copyOf(listeners);
  }

  private synchronized ConfigReload.Applier.Step prepare(Configuration next) {
    if (edge == null || source == null) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "The gateway does not serve yet.")
          .withHint("Try again when it is ready.")
          .toException();
    }
    GatewaySettings read = SettingsReader.read(next, home, source.environment());
    // The port may come from the command line; it cannot have changed.
    EdgeSettings changed = read.edge().withPort(settings.edge().port());
    RateLimits buckets =
        changed.rateLimit().equals(settings.edge().rateLimit())
            ? limits
            : RateLimits.of(changed.rateLimit(), over);
    HttpEdge ready = edge.with(changed, buckets);
    return () -> apply(read, ready);
  }

  private synchronized Future<?> apply(GatewaySettings next, HttpEdge ready) {
    settings = next;
    limits = ready.limits();
    edge = ready;
    admission.boundPerPrincipal(ready.settings().bounds().callsPerPrincipal());
    next.operation().logFormat().use();
    accessLog.turn(next.operation().accessLog());
    return Future.all(listeners.stream().map(listener -> listener.apply(ready)).toList());
  }
}
