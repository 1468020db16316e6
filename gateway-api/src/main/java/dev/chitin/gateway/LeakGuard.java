package dev.chitin.gateway;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.scrub.LiveSecrets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * Stands between every logger and its output: what the line finally says, whatever it was made of
 * (message, arguments, exception, name of the thread), goes out without the secrets that are in
 * use. That one is found is a defect elsewhere, but for requests to model providers, whose texts
 * are others': it is counted, recorded and logged.
 */
final class LeakGuard implements AutoCloseable {
  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(LeakGuard.class);
  private static final Duration RECORD = Duration.ofSeconds(5);

  /** How the places begin where a secret would have gone to a model provider. */
  private static final String TO_MODELS = "llm.";

  private final List<Guarded> guarded = new ArrayList<>();

  private LeakGuard() {}

  /** Guards every output of every logger that there is now, until it is closed. */
  static LeakGuard install(LiveSecrets live, AuditLog audit) {
    var guard = new LeakGuard();
    live.onAlarm(place -> alarm(place, audit));
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!(factory instanceof LoggerContext context)) {
      throw new IllegalStateException("the logs are not Logback's, and cannot be guarded");
    }
    for (Logger logger : context.getLoggerList()) {
      for (Iterator<Appender<ILoggingEvent>> i = logger.iteratorForAppenders(); i.hasNext(); ) {
        if (i.next() instanceof OutputStreamAppender<ILoggingEvent> appender) {
          guard.guard(appender, live);
        } else {
          throw new IllegalStateException("an appender of the log cannot be guarded");
        }
      }
    }
    return guard;
  }

  private void guard(OutputStreamAppender<ILoggingEvent> appender, LiveSecrets live) {
    Encoder<ILoggingEvent> plain = appender.getEncoder();
    var clean = new CleanEncoder(plain, live);
    clean.setContext(appender.getContext());
    clean.start();
    appender.setEncoder(clean);
    guarded.add(new Guarded(appender, plain));
  }

  private static void alarm(String place, AuditLog audit) {
    if (place.startsWith(TO_MODELS)) {
      LOG.warn(
          "a secret in use was kept from a model provider ({}): whoever sent it, or a file that a"
              + " tool read, has it in clear; find out which, and rotate the secret",
          place);
    } else {
      LOG.error("a secret was about to be written to {}: this is a defect of Chitin", place);
    }
    audit
        .append(
            new AuditEvent.CredentialAccess(
                place, false, "leak", "unknown", null, ProblemCode.INTERNAL.code()),
            Deadline.after(RECORD))
        .onFailure(failure -> LOG.error("a leak could not be recorded: {}", failure.toString()));
  }

  private record Guarded(
      OutputStreamAppender<ILoggingEvent> appender, Encoder<ILoggingEvent> plain) {}

  /** Encodes as another encoder does, and cleans what it gives. */
  private static final class CleanEncoder extends EncoderBase<ILoggingEvent> {
    private final Encoder<ILoggingEvent> plain;
    private final LiveSecrets live;

    CleanEncoder(Encoder<ILoggingEvent> plain, LiveSecrets live) {
      this.plain = plain;
      this.live = live;
    }

    @Override
    public byte[] headerBytes() {
      return plain.headerBytes();
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      return live.clean("log", plain.encode(event));
    }

    @Override
    public byte[] footerBytes() {
      return plain.footerBytes();
    }
  }

  /** Gives the outputs back their own encoders. */
  @Override
  public void close() {
    guarded.forEach(g -> g.appender().setEncoder(g.plain()));
  }
}
