package dev.chitin.gateway;

import dev.chitin.bus.json.JsonFields;
import dev.chitin.gateway.logging.LogFormat;
import dev.chitin.gateway.telemetry.OtlpSettings;
import org.jspecify.annotations.Nullable;

/**
 * How the gateway is operated.
 *
 * @param drainDelayMillis how long it still serves after it says that it is draining
 * @param drainTimeoutMillis how long running calls then have
 * @param logFormat how lines of the log are written
 * @param accessLog whether there is a line for each answer
 * @param otlp where spans go, or null for nowhere
 */
public record OperationSettings(
    long drainDelayMillis,
    long drainTimeoutMillis,
    LogFormat logFormat,
    boolean accessLog,
    @Nullable OtlpSettings otlp) {

  static OperationSettings read(JsonFields gateway, JsonFields telemetry) {
    return new OperationSettings(
        drain(gateway, "delay_ms", 5_000),
        drain(gateway, "timeout_ms", 30_000),
        gateway.string("log_format").map(LogFormat::of).orElse(LogFormat.TEXT),
        gateway.bool("access_log").orElse(false),
        telemetry.fields("otlp").map(OperationSettings::otlp).orElse(null));
  }

  private static long drain(JsonFields gateway, String name, long byDefault) {
    return gateway
        .fields("drain")
        .flatMap(drain -> drain.integer(name, 0, 3_600_000))
        .orElse(byDefault);
  }

  private static OtlpSettings otlp(JsonFields otlp) {
    return OtlpSettings.checked(
        otlp.required("endpoint", otlp.string("endpoint")),
        Math.toIntExact(otlp.integer("sample_percent", 0, 100).orElse(100L)));
  }
}
