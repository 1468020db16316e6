package dev.chitin.audit;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.AuditEvent.ToolExecution;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Events and waits that the tests of the log share. */
final class Events {
  static final Digest PLAN = Digest.ofUtf8("a plan");

  private Events() {}

  static CallRef call(String id) {
    return new CallRef(id, "tenant-1", "principal-1", "session-1", PLAN, "policy-1");
  }

  static ToolExecution authorized(String id) {
    return new ToolExecution("fs_read", true, call(id), new Phase.Authorized("decision-" + id));
  }

  static ToolExecution completed(String id) {
    return new ToolExecution(
        "fs_read", true, call(id), new Phase.Completed("succeeded", 0, 12, 0, 3, PLAN));
  }

  static AuditEvent note(String text) {
    return new AuditEvent.Lifecycle("start", "0.1.0", text);
  }

  static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(30));
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within 30 s", e);
    }
  }

  /** Every entry, parsed. */
  static List<Obj> entries(LogReader reader) {
    var all = new ArrayList<Obj>();
    for (List<LogEntry> page = reader.read(0, 1_000);
        !page.isEmpty();
        page = reader.read(all.size(), 1_000)) {
      page.forEach(entry -> all.add(parse(entry.json().borrow())));
    }
    return all;
  }

  static Obj parse(byte[] json) {
    try {
      return (Obj) StrictJson.parse(json);
    } catch (JsonSyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static String text(Obj entry, String name) {
    JsonValue value = entry.get(name);
    return value instanceof Str text ? text.value() : String.valueOf(value);
  }
}
