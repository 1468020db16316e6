package dev.chitin.audit.export;

import dev.chitin.audit.LogEntry;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.StrictJson;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** A format in which other systems take entries; each gives one line without its end. */
public enum EntryFormat {
  /** The Open Cybersecurity Schema Framework, 1.8.0, as JSON. */
  OCSF("ocsf", (index, entry) -> CanonicalJson.inOrder(OcsfEvent.of(index, entry))),
  /** RFC 5424. */
  SYSLOG("syslog", SyslogLine::of),
  /** A log record of the OpenTelemetry protocol, as JSON. */
  OTLP("otlp", (index, entry) -> CanonicalJson.inOrder(OtlpRecord.of(index, entry)));

  private final String text;

  @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
  private final BiFunction<Long, Obj, String> write;

  EntryFormat(String text, BiFunction<Long, Obj, String> write) {
    this.text = text;
    this.write = write;
  }

  /**
   * The entry in this format.
   *
   * @throws IllegalArgumentException when its bytes are no object
   */
  public String format(LogEntry entry) {
    try {
      JsonValue value = StrictJson.parse(entry.json().borrow());
      if (value instanceof Obj members) {
        return write.apply(entry.index(), members);
      }
      throw new IllegalArgumentException("entry " + entry.index() + " is no object");
    } catch (JsonSyntaxException e) {
      throw new IllegalArgumentException("entry " + entry.index() + " is no JSON", e);
    }
  }

  /** The format of that name. */
  public static Optional<EntryFormat> of(String text) {
    return Arrays.stream(values()).filter(format -> format.text.equals(text)).findFirst();
  }

  /** Every format's name. */
  public static List<String> texts() {
    return Arrays.stream(values()).map(format -> format.text).toList();
  }
}
