package dev.chitin.gateway.telemetry;

import dev.chitin.bus.TraceContext;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spans of requests and calls, sent to an OTLP/HTTP receiver; nothing at all unless one is
 * configured. A caller's own span is linked and never a parent: no caller chooses what is sampled
 * here, and what the audit log holds depends on none of it. At most {@value #QUEUE} spans wait;
 * further ones are dropped.
 */
public final class Tracing implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);
  private static final int QUEUE = 2_048;
  private static final int BATCH = 512;
  private static final Duration DELAY = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long LAST_SPANS_SECONDS = 3;

  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<String> REQUEST = AttributeKey.stringKey("chitin.request.id");
  static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");

  private final @Nullable SdkTracerProvider provider;
  private final @Nullable Tracer tracer;
  private final JulBridge bridge;

  private Tracing(@Nullable SdkTracerProvider provider, JulBridge bridge) {
    this.provider = provider;
    this.bridge = bridge;
    this.tracer = provider == null ? null : provider.get("dev.chitin.gateway");
  }

  /** Traces to where {@code settings} say; to nowhere when there are none. */
  public static Tracing of(@Nullable OtlpSettings settings, String version) {
    if (settings == null) {
      return new Tracing(null, JulBridge.none());
    }
    // The exporter speaks through java.util.logging, which would go past our logs' guard.
    var bridge = JulBridge.install("io.opentelemetry");
    var exporter =
        OtlpHttpSpanExporter.builder().setEndpoint(settings.traces()).setTimeout(TIMEOUT).build();
    var provider =
        SdkTracerProvider.builder()
            .setResource(
                Resource.create(
                    Attributes.of(
                        AttributeKey.stringKey("service.name"),
                        "chitin",
                        AttributeKey.stringKey("service.version"),
                        version)))
            .setSampler(
                Sampler.parentBased(Sampler.traceIdRatioBased(settings.samplePercent() / 100.0)))
            .addSpanProcessor(
                BatchSpanProcessor.builder(exporter)
                    .setMaxQueueSize(QUEUE)
                    .setMaxExportBatchSize(BATCH)
                    .setScheduleDelay(DELAY)
                    .setExporterTimeout(TIMEOUT)
                    .build())
            .build();
    return new Tracing(provider, bridge);
  }

  @Nullable Tracer tracer() {
    return tracer;
  }

  /** Where what {@code trace} asked for belongs. */
  static Context parent(@Nullable TraceContext trace) {
    return trace == null
        ? Context.root()
        : Context.root()
            .with(
                Span.wrap(
                    SpanContext.create(
                        trace.traceId(),
                        trace.spanId(),
                        trace.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
                        TraceState.getDefault())));
  }

  /**
   * A request has come.
   *
   * @param method one of a closed set
   * @param traceparent the field of that name, or null
   * @return its span, or null when nothing is traced
   */
  public @Nullable RequestSpan begin(
      String method, @Nullable String traceparent, String requestId) {
    if (tracer == null) {
      return null;
    }
    SpanBuilder builder =
        tracer
            .spanBuilder(method)
            .setParent(Context.root())
            .setSpanKind(SpanKind.SERVER)
            .setAttribute(METHOD, method)
            .setAttribute(REQUEST, requestId);
    RemoteParent.parse(traceparent).ifPresent(builder::addLink);
    return new RequestSpan(builder.startSpan(), method);
  }

  /** The span of one request. */
  public static final class RequestSpan {
    private final Span span;
    private final String method;

    private RequestSpan(Span span, String method) {
      this.span = span;
      this.method = method;
    }

    /** What goes with the request over the bus. */
    public TraceContext context() {
      var context = span.getSpanContext();
      return new TraceContext(context.getTraceId(), context.getSpanId(), context.isSampled());
    }

    /** The request was answered. */
    public void end(String template, int status) {
      span.updateName(method + " " + template);
      span.setAttribute(ROUTE, template);
      span.setAttribute(STATUS, (long) status);
      if (status >= 500) {
        span.setAttribute(ERROR, Integer.toString(status));
        span.setStatus(StatusCode.ERROR);
      }
      span.end();
    }
  }

  /** Sends what waits, for a few seconds at most. */
  @Override
  public void close() {
    if (provider != null
        && !provider.shutdown().join(LAST_SPANS_SECONDS, TimeUnit.SECONDS).isSuccess()) {
      LOG.warn("the last spans were not sent");
    }
    bridge.close();
  }
}
