package dev.chitin.gateway.telemetry;

import dev.chitin.bus.TraceContext;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import org.jspecify.annotations.Nullable;

/**
 * A span for each answer that is asked of a model (OpenTelemetry's conventions for generative AI:
 * {@code chat}). It holds names, counts and codes, and nothing of what was said.
 */
public final class ModelSpans {
  private static final AttributeKey<String> PROVIDER =
      AttributeKey.stringKey("gen_ai.provider.name");
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
  private static final AttributeKey<Long> READ = AttributeKey.longKey("gen_ai.usage.input_tokens");
  private static final AttributeKey<Long> WRITTEN =
      AttributeKey.longKey("gen_ai.usage.output_tokens");

  private final Tracing tracing;

  public ModelSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  /**
   * A model is asked.
   *
   * @param model as the request names it, or null where it names none
   * @param trace the span that asks, or null outside of traces
   * @return its span, or null when nothing is traced
   */
  public @Nullable ModelSpan begin(
      String provider, @Nullable String model, @Nullable TraceContext trace) {
    Tracer tracer = tracing.tracer();
    if (tracer == null) {
      return null;
    }
    SpanBuilder builder =
        tracer
            .spanBuilder(model == null ? "chat" : "chat " + model)
            .setParent(Tracing.parent(trace))
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute(Tracing.OPERATION, "chat")
            .setAttribute(PROVIDER, provider);
    if (model != null) {
      builder.setAttribute(MODEL, model);
    }
    return new ModelSpan(builder.startSpan());
  }

  /** The span of one request to a model. */
  public static final class ModelSpan {
    private final Span span;

    private ModelSpan(Span span) {
      this.span = span;
    }

    /**
     * The provider says what it cost.
     *
     * @param input tokens that the model read, or null when it did not say
     * @param output tokens that it wrote, or null when it did not say
     */
    public void used(@Nullable Long input, @Nullable Long output) {
      if (input != null) {
        span.setAttribute(READ, input);
      }
      if (output != null) {
        span.setAttribute(WRITTEN, output);
      }
    }

    /**
     * It is over.
     *
     * @param error what came of it, one of a closed set; null when the answer passed whole
     */
    public void end(@Nullable String error) {
      if (error != null) {
        span.setAttribute(Tracing.ERROR, error);
        span.setStatus(StatusCode.ERROR);
      }
      span.end();
    }
  }
}
