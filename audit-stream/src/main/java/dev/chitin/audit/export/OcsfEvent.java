package dev.chitin.audit.export;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Arr;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An entry as an event of the Open Cybersecurity Schema Framework 1.8.0. Ids are those of the
 * entry; objects that a class requires are made from its members. What has no place there stands in
 * {@code unmapped}, so that nothing is lost.
 */
final class OcsfEvent {
  private static final String VERSION = "1.8.0";
  private static final int OTHER = 99;
  private static final int FINDINGS = 2;

  /** State of a finding that nobody has looked at; findings neither succeed nor fail. */
  private static final int NEW = 1;

  /** What a host name is in the schema; a hash is none. */
  private static final Pattern HOSTNAME =
      Pattern.compile(
          "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?");

  private static final Map<Integer, String> CATEGORIES =
      Map.of(
          1, "System Activity",
          2, "Findings",
          3, "Identity & Access Management",
          4, "Network Activity",
          5, "Discovery",
          6, "Application Activity");

  private final long index;
  private final Members entry;
  private final JsonValue.Builder event = JsonValue.object();

  private OcsfEvent(long index, Obj entry) {
    this.index = index;
    this.entry = new Members(entry);
  }

  static Obj of(long index, Obj entry) {
    return new OcsfEvent(index, entry).event();
  }

  private Obj event() {
    int classUid = (int) entry.number("class_uid");
    event
        .put("metadata", metadata())
        .put("time", entry.number("time"))
        .put("class_uid", classUid)
        .put("category_uid", classUid / 1000)
        .put("category_name", CATEGORIES.get(classUid / 1000))
        .put("activity_id", entry.number("activity_id"))
        .put("type_uid", entry.number("type_uid"))
        .put("severity_id", entry.number("severity_id"))
        .put("status_id", classUid / 1000 == FINDINGS ? NEW : entry.number("status_id"))
        .put("status_code", entry.text("status_code"))
        .put("message", message());
    if (entry.number("activity_id") == OTHER) {
      event.put("activity_name", entry.text("action", entry.kind()));
    }
    required(classUid);
    return event.put("unmapped", entry.entry()).build();
  }

  private Obj metadata() {
    return JsonValue.object()
        .put("version", VERSION)
        .put("uid", entry.text("uid"))
        .put("sequence", index)
        .put("event_code", entry.kind())
        .put("correlation_uid", entry.text("callId"))
        .put("tenant_uid", entry.text("tenant"))
        .put("log_name", "chitin.audit")
        .put(
            "product",
            JsonValue.object()
                .put("name", "Chitin")
                .put("vendor_name", "Chitin")
                .put("version", entry.text("version"))
                .build())
        .build();
  }

  private String message() {
    String what = entry.text("phase", entry.text("action", entry.text("outcome", "")));
    return what.isEmpty() ? entry.kind() : entry.kind() + " " + what;
  }

  /** The objects without which an event of the class is none. */
  private void required(int classUid) {
    switch (classUid) {
      case 1007 ->
          event
              .put("actor", actor())
              .put("device", device())
              .put(
                  "process",
                  JsonValue.object()
                      .put("name", tool())
                      .put("uid", entry.text("callId", "-"))
                      .build())
              .put("exit_code", entry.get("exit_code"));
      case 2003 ->
          event
              .put("finding_info", finding("Self-examination of Chitin's controls"))
              .put(
                  "compliance",
                  JsonValue.object()
                      .put("control", "chitin.controls")
                      .put("standards", List.of("chitin.doctor"))
                      .put("status_id", entry.number("status_id") == 1 ? 1 : 3)
                      .build())
              .put("resources", new Arr(List.of(named("chitin"))));
      case 2004 -> event.put("finding_info", finding(entry.text("alert", "alert")));
      case 3001 -> event.put("actor", actor()).put("user", user("name"));
      case 3002 -> {
        event.put("user", user("principal")).put("service", named("chitin"));
        if (entry.text("session") != null) {
          event.put("session", JsonValue.object().put("uid", entry.text("session")).build());
        }
        event.put("src_endpoint", endpoint("peer"));
      }
      case 3004 ->
          event
              .put("actor", actor())
              .put(
                  "entity",
                  JsonValue.object()
                      .put("name", entry.text("secret", entry.text("tool", entry.kind())))
                      .put("type", entry.kind())
                      .build());
      case 4002 -> {
        event
            .put("src_endpoint", device())
            .put(
                "dst_endpoint",
                place(entry.text("host", "-"))
                    .put("uid", entry.text("address"))
                    .put("port", entry.number("port"))
                    .build())
            .put(
                "http_request",
                JsonValue.object()
                    .put("http_method", entry.text("method", "GET"))
                    .put("url", JsonValue.object().put("path", entry.text("path", "/")).build())
                    .put("length", entry.number("sent_bytes"))
                    .build())
            .put("http_response", response());
      }
      case 5019 -> event.put("actor", actor()).put("device", device());
      case 6002 ->
          event.put(
              "app",
              JsonValue.object()
                  .put("name", "Chitin")
                  .put("vendor_name", "Chitin")
                  .put("version", entry.text("version"))
                  .build());
      case 6003 ->
          event
              .put("actor", actor())
              .put("src_endpoint", device())
              .put("api", JsonValue.object().put("operation", operation()).build());
      case 6005 ->
          event
              .put("actor", actor())
              .put("src_endpoint", device())
              .put(
                  "database", JsonValue.object().put("name", "vault").put("type_id", OTHER).build())
              .put("type_id", 1);
      default -> {
        // A class that this version of the export does not know keeps its members in unmapped.
      }
    }
  }

  private String tool() {
    return entry.text("tool", "-");
  }

  private String operation() {
    return entry.kind() + "." + entry.text("phase", entry.text("action", entry.text("tier", "-")));
  }

  /** Whoever did it, by the name that the entry has of him; the gateway where it names nobody. */
  private Obj actor() {
    String who = entry.text("principal", entry.text("actor", entry.text("decider", "")));
    JsonValue.Builder actor = JsonValue.object().put("app_name", "Chitin");
    if (!who.isEmpty()) {
      actor.put("user", JsonValue.object().put("uid", who).put("name", who).build());
    }
    if (entry.text("session") != null) {
      actor.put("session", JsonValue.object().put("uid", entry.text("session")).build());
    }
    return actor.build();
  }

  private Obj user(String member) {
    String who = entry.text(member, entry.text("key_id", "unknown"));
    return JsonValue.object().put("uid", who).put("name", who).build();
  }

  private Obj device() {
    return place(entry.text("node", "-")).put("type_id", 1).build();
  }

  private static JsonValue.Builder place(String name) {
    return JsonValue.object()
        .put("name", name)
        .put("hostname", HOSTNAME.matcher(name).matches() ? name : null);
  }

  /** Nothing where none came. */
  private @Nullable Obj response() {
    long code = entry.number("status");
    return code == 0
        ? null
        : JsonValue.object()
            .put("code", code)
            .put("length", entry.number("received_bytes"))
            .build();
  }

  private @Nullable Obj endpoint(String member) {
    String where = entry.text(member);
    return where == null ? null : JsonValue.object().put("uid", where).build();
  }

  private static Obj named(String name) {
    return JsonValue.object().put("name", name).build();
  }

  private Obj finding(String title) {
    return JsonValue.object()
        .put("title", title)
        .put("uid", entry.text("uid", "-"))
        .put("types", new Arr(List.of(new Str(entry.kind()))))
        .build();
  }
}
