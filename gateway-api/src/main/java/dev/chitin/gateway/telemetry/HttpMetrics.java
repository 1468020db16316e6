package dev.chitin.gateway.telemetry;

import dev.chitin.bus.ProblemCode;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts answers by route template, method and status, and refusals by problem code. No label comes
 * from a request: a template is one of the table or {@value #NO_ROUTE}, a method one of {@link
 * #METHODS} or {@code other}. Thread safe.
 */
public final class HttpMetrics {
  /** The template of a request that no route has. */
  public static final String NO_ROUTE = "none";

  /** Methods that are told apart. */
  static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private final MeterRegistry registry;
  private final ConcurrentMap<Series, Timer> timers = new ConcurrentHashMap<>();
  private final Map<ProblemCode, LongAdder> rejected = new EnumMap<>(ProblemCode.class);

  private record Series(String route, String method, int status) {}

  public HttpMetrics(MeterRegistry registry) {
    this.registry = registry;
    for (ProblemCode code : ProblemCode.values()) {
      var count = new LongAdder();
      rejected.put(code, count);
      FunctionCounter.builder("chitin.rejected", count, LongAdder::sum)
          .description("Requests that were answered with a problem, by its code.")
          .tag("reason", code.code())
          .register(registry);
    }
  }

  /**
   * A request was answered.
   *
   * @param template of the route that answered, or {@link #NO_ROUTE}
   */
  public void answered(String template, String method, int status, long nanos) {
    var series = new Series(template, METHODS.contains(method) ? method : "other", status);
    Timer timer = timers.get(series);
    if (timer == null) {
      timer = timers.computeIfAbsent(series, this::register);
    }
    timer.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A request was answered with a problem. */
  public void rejected(ProblemCode code) {
    LongAdder count = rejected.get(code);
    if (count != null) {
      count.increment();
    }
  }

  private Timer register(Series series) {
    return Buckets.timer("chitin.http.server.requests", "Answers, and how long they took.")
        .tag("route", series.route())
        .tag("method", series.method())
        .tag("status", Integer.toString(series.status()))
        .register(registry);
  }
}
