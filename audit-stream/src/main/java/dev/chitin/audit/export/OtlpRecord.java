package dev.chitin.audit.export;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Arr;
import dev.chitin.bus.json.JsonValue.Bool;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry as a {@code LogRecord} in the JSON form of the OpenTelemetry protocol 1.x: 64-bit
 * numbers are strings, the event's name is {@code chitin.<kind>}, the body the entry's own text.
 */
final class OtlpRecord {
  private static final String NANOS = "000000";

  private OtlpRecord() {}

  static Obj of(long index, Obj entry) {
    var members = new Members(entry);
    List<JsonValue> attributes = new ArrayList<>();
    attributes.add(attribute("chitin.index", new Int(index)));
    entry
        .members()
        .forEach(
            (name, value) -> {
              if (!name.equals("time") && !name.equals("sealed")) {
                attributes.add(attribute("chitin." + name, value));
              }
            });
    String time = members.number("time") + NANOS;
    long severity = members.number("severity_id");
    return JsonValue.object()
        .put("timeUnixNano", time)
        .put("observedTimeUnixNano", time)
        .put("severityNumber", severityNumber(severity))
        .put("severityText", severityText(severity))
        .put("eventName", "chitin." + members.kind())
        .put("body", JsonValue.object().put("stringValue", CanonicalJson.string(entry)).build())
        .put("attributes", new Arr(attributes))
        .build();
  }

  private static Obj attribute(String key, JsonValue value) {
    return JsonValue.object().put("key", key).put("value", any(value)).build();
  }

  private static Obj any(JsonValue value) {
    JsonValue.Builder any = JsonValue.object();
    switch (value) {
      case Str text -> any.put("stringValue", text.value());
      case Int number -> any.put("intValue", Long.toString(number.value()));
      case Bool flag -> any.put("boolValue", flag.value());
      case Arr list ->
          any.put(
              "arrayValue",
              JsonValue.object()
                  .put(
                      "values",
                      new Arr(list.items().stream().<JsonValue>map(OtlpRecord::any).toList()))
                  .build());
      default -> any.put("stringValue", CanonicalJson.string(value));
    }
    return any.build();
  }

  private static long severityNumber(long ocsf) {
    return switch ((int) ocsf) {
      case 5 -> 21;
      case 4 -> 17;
      case 3 -> 13;
      case 2 -> 10;
      default -> 9;
    };
  }

  private static String severityText(long ocsf) {
    return switch ((int) ocsf) {
      case 5 -> "FATAL";
      case 4 -> "ERROR";
      case 3 -> "WARN";
      case 2 -> "INFO2";
      default -> "INFO";
    };
  }
}
