package dev.chitin.gateway.telemetry;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.exec.CallObserver;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** All that one gateway counts and traces. */
public final class Telemetry implements AutoCloseable {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpMetrics http = new HttpMetrics(registry);
  private final CallMetrics calls = new CallMetrics(registry);
  private final LoopTicks loops = new LoopTicks();
  private final Timer appends =
      Buckets.timer("chitin.audit.append", "How long entries took to be durable.")
          .register(registry);
  private final Tracing tracing;

  private Telemetry(Tracing tracing) {
    this.tracing = tracing;
  }

  /** Traces to {@code otlp}, or to nowhere. */
  public static Telemetry of(@Nullable OtlpSettings otlp, String version) {
    return new Telemetry(Tracing.of(otlp, version));
  }

  public PrometheusMeterRegistry registry() {
    return registry;
  }

  public HttpMetrics http() {
    return http;
  }

  public CallMetrics calls() {
    return calls;
  }

  public LoopTicks loops() {
    return loops;
  }

  public Tracing tracing() {
    return tracing;
  }

  /** An entry became durable, or did not. */
  public void appended(long nanos) {
    appends.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Watches what is asked of models, where that is wanted. */
  public ModelSpans models() {
    return new ModelSpans(tracing);
  }

  /** Watches calls for metrics and, where that is wanted, for traces. */
  public CallObserver observer() {
    if (tracing.tracer() == null) {
      return calls;
    }
    var spans = new CallSpans(tracing);
    return (call, tool, context) -> both(call, tool, context, spans);
  }

  private CallObserver.Observation both(
      ToolCall call, @Nullable ToolDefinition tool, CallContext context, CallSpans spans) {
    CallObserver.Observation counted = calls.begin(call, tool, context);
    CallObserver.Observation traced = spans.begin(call, tool, context);
    if (traced.equals(CallObserver.Observation.NONE)) {
      return counted;
    }
    return new CallObserver.Observation() {
      @Override
      public void passed(CallObserver.Station station) {
        counted.passed(station);
        traced.passed(station);
      }

      @Override
      public void ended(CallObserver.Ending ending, @Nullable ProblemCode code) {
        counted.ended(ending, code);
        traced.ended(ending, code);
      }
    };
  }

  @Override
  public void close() {
    tracing.close();
    registry.close();
  }
}
