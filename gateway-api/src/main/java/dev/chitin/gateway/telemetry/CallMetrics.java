package dev.chitin.gateway.telemetry;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.exec.CallObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counts calls by tool, backend and ending, denials by code, and times their stations. A tool is
 * named only when it is registered; a name that a caller made up is {@value #UNKNOWN}. Thread safe.
 */
public final class CallMetrics implements CallObserver {
  static final String UNKNOWN = "unknown";

  private final MeterRegistry registry;
  private final Map<Station, Timer> stations = new EnumMap<>(Station.class);
  private final Map<ProblemCode, LongAdder> denials = new EnumMap<>(ProblemCode.class);
  private final Timer auth;
  private final ConcurrentMap<Series, Counter> calls = new ConcurrentHashMap<>();

  private record Series(String tool, String backend, Ending ending) {}

  public CallMetrics(MeterRegistry registry) {
    this.registry = registry;
    for (Station station : Station.values()) {
      stations.put(station, phase(station.name().toLowerCase(Locale.ROOT)));
    }
    auth = phase("auth");
    for (ProblemCode code : ProblemCode.values()) {
      if (code.status() == 403) {
        var count = new LongAdder();
        denials.put(code, count);
        FunctionCounter.builder("chitin.denials", count, LongAdder::sum)
            .description("Calls and requests that were denied, by the problem's code.")
            .tag("code", code.code())
            .register(registry);
      }
    }
  }

  private Timer phase(String name) {
    return Buckets.timer("chitin.call", "How long calls stayed at each station.")
        .tag("phase", name)
        .register(registry);
  }

  /** What came to no call was denied. */
  public void denied(ProblemCode code) {
    LongAdder count = denials.get(code);
    if (count != null) {
      count.increment();
    }
  }

  /** A credential was judged. */
  public void authenticated(long nanos) {
    auth.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public Observation begin(ToolCall call, @Nullable ToolDefinition tool, CallContext context) {
    return tool == null ? new Watched(UNKNOWN, "none") : new Watched(tool.name(), backend(tool));
  }

  private static String backend(ToolDefinition tool) {
    return switch (tool.run()) {
      case ToolDefinition.Run.NativeProcess process -> "bwrap";
      case ToolDefinition.Run.Argv argv -> "bwrap";
      case ToolDefinition.Run.FileOperation file -> "file";
      case ToolDefinition.Run.VerticleCall verticle -> "verticle";
      default -> "http";
    };
  }

  private void count(Series series) {
    Counter counter = calls.get(series);
    if (counter == null) {
      counter = calls.computeIfAbsent(series, this::register);
    }
    counter.increment();
  }

  private Counter register(Series series) {
    return Counter.builder("chitin.calls")
        .description("Calls of tools, and how they ended.")
        .tag("tool", series.tool())
        .tag("backend", series.backend())
        .tag("outcome", series.ending().name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private final class Watched implements Observation {
    private final String tool;
    private final String backend;
    private long since = System.nanoTime();

    Watched(String tool, String backend) {
      this.tool = tool;
      this.backend = backend;
    }

    @Override
    public void passed(Station station) {
      long now = System.nanoTime();
      Timer timer = stations.get(station);
      if (timer != null) {
        timer.record(now - since, TimeUnit.NANOSECONDS);
      }
      since = now;
    }

    @Override
    public void ended(Ending ending, @Nullable ProblemCode code) {
      count(new Series(tool, backend, ending));
      if (code != null) {
        denied(code);
      }
    }
  }
}
