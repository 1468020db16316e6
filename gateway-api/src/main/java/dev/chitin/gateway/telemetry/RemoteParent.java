package dev.chitin.gateway.telemetry;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code traceparent} (W3C Trace Context, level 1, section 3.2); {@code tracestate} is left.
 */
final class RemoteParent {
  private static final int LONGEST = 128;
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

  private RemoteParent() {}

  /** The caller's span, or nothing when the field does not say one. */
  static Optional<SpanContext> parse(@Nullable String traceparent) {
    if (traceparent == null || traceparent.length() > LONGEST) {
      return Optional.empty();
    }
    Matcher parts = FORM.matcher(traceparent);
    if (!parts.matches()
        || parts.group(1).equals("ff")
        || (parts.group(1).equals("00") && parts.group(5) != null)
        || !TraceId.isValid(parts.group(2))
        || !SpanId.isValid(parts.group(3))) {
      return Optional.empty();
    }
    return Optional.of(
        SpanContext.createFromRemoteParent(
            parts.group(2),
            parts.group(3),
            TraceFlags.fromHex(parts.group(4), 0),
            TraceState.getDefault()));
  }
}
