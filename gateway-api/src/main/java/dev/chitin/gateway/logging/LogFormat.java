package dev.chitin.gateway.logging;

import ch.qos.logback.classic.LoggerContext;
import java.util.List;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** How lines of the log are written. */
public enum LogFormat {
  /** For people. */
  TEXT,
  /** One JSON object (RFC 8259) a line. */
  JSON;

  /** The names by which configuration and command line know them. */
  public static List<String> texts() {
    return List.of("text", "json");
  }

  public static LogFormat of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  /** Writes every line so from now on. */
  public void use() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context
        && context.getObject(FormatEncoder.NAME) instanceof FormatEncoder encoder) {
      encoder.use(this);
    }
  }
}
