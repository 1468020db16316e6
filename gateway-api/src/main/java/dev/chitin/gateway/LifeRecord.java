package dev.chitin.gateway;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the log says of the gateway's own life: its start, its stop, and each hour between them. */
final class LifeRecord {
  private static final Logger LOG = LoggerFactory.getLogger(LifeRecord.class);
  private static final Duration HEARTBEAT = Duration.ofHours(1);
  private static final Duration RECORD = Duration.ofSeconds(5);

  private final Foundation foundation;
  private final Digest configuration;

  /**
   * @param configuration digest of the settings that it runs with
   */
  LifeRecord(Foundation foundation, Digest configuration) {
    this.foundation = foundation;
    this.configuration = configuration;
  }

  /** Blocks until the start is on disk. */
  void started() {
    record("start");
  }

  /** The last records; a log or a vault that takes none is closed all the same. Blocks. */
  void stopped() {
    try {
      record("stop");
      foundation.vaultAdministration().markClosed().await();
    } catch (RuntimeException e) {
      LOG.error("the stop could not be recorded", e);
    }
  }

  private void record(String action) {
    foundation
        .audit()
        .append(
            new AuditEvent.Lifecycle(
                action,
                Version.CURRENT,
                foundation.logKeys().newest().toString(),
                null,
                configuration,
                null),
            Deadline.after(RECORD))
        .await();
  }

  /** An entry an hour, so that silence shows; until what is returned is closed. */
  AutoCloseable heartbeat() {
    long timer =
        foundation
            .vertx()
            .setPeriodic(
                HEARTBEAT.toMillis(),
                hour ->
                    foundation
                        .audit()
                        .append(new AuditEvent.LogEvent("heartbeat", null), Deadline.after(RECORD))
                        .onFailure(failure -> LOG.warn("no heartbeat in the audit log", failure)));
    return () -> foundation.vertx().cancelTimer(timer);
  }
}
