package dev.chitin.gateway.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/**
 * What one class writes to the log of one thing while this is open; tests beside it, that have the
 * class write of other things, do not count.
 */
public final class LoggedLines implements AutoCloseable {
  private final Logger logger;
  private final Appender appender;

  private LoggedLines(Logger logger, String about) {
    this.logger = logger;
    this.appender = new Appender(about);
  }

  private static final class Appender extends AppenderBase<ILoggingEvent> {
    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final String about;

    Appender(String about) {
      this.about = about;
    }

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getFormattedMessage().contains(about)) {
        events.add(event);
      }
    }
  }

  /** Begins to listen to what {@code source} says of {@code about}, a part of its messages. */
  public static LoggedLines of(Class<?> source, String about) {
    var lines = new LoggedLines(logger(source), about);
    lines.appender.start();
    lines.logger.addAppender(lines.appender);
    return lines;
  }

  /** While another test has logging begin there is a stand-in for it. */
  private static Logger logger(Class<?> source) {
    var found = LoggerFactory.getLogger(source);
    while (!(found instanceof Logger)) {
      Thread.onSpinWait();
      found = LoggerFactory.getLogger(source);
    }
    return (Logger) found;
  }

  /** Every line so far, the first one first. */
  public List<ILoggingEvent> all() {
    return List.copyOf(appender.events);
  }

  /** The messages so far, the first one first. */
  public List<String> messages() {
    return all().stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  /** The messages of one level so far, the first one first. */
  public List<String> messages(Level level) {
    return all().stream()
        .filter(event -> event.getLevel().equals(level))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
  }
}
