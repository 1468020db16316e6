package dev.chitin.gateway.telemetry;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Leads what a library says through {@code java.util.logging} into our logs, where secrets are
 * taken out; on its own it would write to stderr.
 */
final class JulBridge extends Handler {
  // Held: java.util.logging forgets loggers that nobody holds, and their handlers with them.
  private final @Nullable Logger source;

  private JulBridge(@Nullable Logger source) {
    this.source = source;
  }

  static JulBridge none() {
    return new JulBridge(null);
  }

  static JulBridge install(String name) {
    Logger source = Logger.getLogger(name);
    var bridge = new JulBridge(source);
    source.setUseParentHandlers(false);
    source.addHandler(bridge);
    return bridge;
  }

  @Override
  public void publish(LogRecord line) {
    var log = LoggerFactory.getLogger(String.valueOf(line.getLoggerName()));
    int level = line.getLevel().intValue();
    if (level >= Level.SEVERE.intValue()) {
      log.error("{}", line.getMessage(), line.getThrown());
    } else if (level >= Level.WARNING.intValue()) {
      log.warn("{}", line.getMessage(), line.getThrown());
    } else {
      log.debug("{}", line.getMessage());
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    if (source != null) {
      source.removeHandler(this);
    }
  }
}
