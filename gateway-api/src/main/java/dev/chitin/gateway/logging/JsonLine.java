package dev.chitin.gateway.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * One log line as one line of JSON: {@code time}, {@code level}, {@code logger}, {@code thread},
 * {@code message}, the pairs that the line was given, and {@code error} with the stack of an
 * exception. Whatever a text holds, the line has no other control character than its end.
 */
final class JsonLine {
  private final StringBuilder line = new StringBuilder(256);

  private JsonLine() {}

  static byte[] of(ILoggingEvent event) {
    var json = new JsonLine();
    json.line.append('{');
    json.member("time", String.valueOf(instant(event)));
    json.member("level", String.valueOf(event.getLevel()));
    json.member("logger", event.getLoggerName());
    json.member("thread", event.getThreadName());
    json.member("message", event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        json.pair(pair.key, pair.value);
      }
    }
    if (event.getThrowableProxy() != null) {
      json.member("error", ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    return json.line.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static Instant instant(ILoggingEvent event) {
    Instant instant = event.getInstant();
    return instant == null ? Instant.ofEpochMilli(event.getTimeStamp()) : instant;
  }

  private void pair(String name, @Nullable Object value) {
    if (value instanceof Long || value instanceof Integer || value instanceof Boolean) {
      name(name);
      line.append(value);
    } else {
      member(name, value == null ? null : value.toString());
    }
  }

  private void member(String name, @Nullable String value) {
    if (value != null) {
      name(name);
      text(value);
    }
  }

  private void name(String name) {
    if (line.length() > 1) {
      line.append(',');
    }
    text(name);
    line.append(':');
  }

  private void text(String value) {
    line.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> line.append("\\\"");
        case '\\' -> line.append("\\\\");
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (mustEscape(value, i)) {
            line.append(String.format("\\u%04x", (int) c));
          } else {
            line.append(c);
          }
        }
      }
    }
    line.append('"');
  }

  /** Control characters, what ends a line for some readers, and halves of a surrogate pair. */
  private static boolean mustEscape(String value, int i) {
    char c = value.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return i == 0 || !Character.isHighSurrogate(value.charAt(i - 1));
    }
    return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
  }
}
