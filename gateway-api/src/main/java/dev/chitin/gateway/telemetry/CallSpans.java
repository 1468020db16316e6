package dev.chitin.gateway.telemetry;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ProblemCode;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.exec.CallObserver;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A span for each call and one below it for each station (OpenTelemetry's conventions for
 * generative AI: {@code execute_tool}). It holds names of tools, ids and codes alone.
 */
public final class CallSpans implements CallObserver {
  private static final AttributeKey<String> TOOL = AttributeKey.stringKey("gen_ai.tool.name");
  private static final AttributeKey<String> CALL = AttributeKey.stringKey("gen_ai.tool.call.id");

  private final Tracing tracing;

  public CallSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  @Override
  public Observation begin(ToolCall call, @Nullable ToolDefinition tool, CallContext context) {
    Tracer tracer = tracing.tracer();
    if (tracer == null || tool == null) {
      return Observation.NONE;
    }
    Span span =
        tracer
            .spanBuilder("execute_tool " + tool.name())
            .setParent(Tracing.parent(context.trace()))
            .setAttribute(Tracing.OPERATION, "execute_tool")
            .setAttribute(TOOL, tool.name())
            .setAttribute(CALL, call.callId())
            .startSpan();
    return span.getSpanContext().isSampled() ? new Watched(tracer, span) : Observation.NONE;
  }

  private static final class Watched implements Observation {
    private final Tracer tracer;
    private final Span span;
    private Instant since = Instant.now();

    Watched(Tracer tracer, Span span) {
      this.tracer = tracer;
      this.span = span;
    }

    @Override
    public void passed(Station station) {
      Instant now = Instant.now();
      tracer
          .spanBuilder(station.name().toLowerCase(Locale.ROOT))
          .setParent(Context.root().with(span))
          .setStartTimestamp(since)
          .startSpan()
          .end(now);
      since = now;
    }

    @Override
    public void ended(Ending ending, @Nullable ProblemCode code) {
      if (ending != Ending.OK) {
        span.setAttribute(
            Tracing.ERROR, code == null ? ending.name().toLowerCase(Locale.ROOT) : code.code());
        span.setStatus(StatusCode.ERROR);
      }
      span.end();
    }
  }
}
