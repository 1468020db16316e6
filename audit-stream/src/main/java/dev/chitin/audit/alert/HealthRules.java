package dev.chitin.audit.alert;

import java.time.Duration;
import java.util.function.Consumer;

/** What entries do not tell of the log: its room, and whether it is cosigned. */
final class HealthRules {
  private static final long WINDOW_SECONDS = Duration.ofHours(1).toSeconds();
  private static final String SUBJECT = "log";

  private final AlertSettings settings;
  private long cosigned = -1;
  private long behindSince;

  HealthRules(AlertSettings settings) {
    this.settings = settings;
  }

  /**
   * @param millis the time now, milliseconds since 1970
   */
  void look(LogHealth health, long millis, Consumer<Alert> found) {
    if (health.freeBytes() < settings.leastFreeBytes()) {
      found.accept(alert(AlertRule.LOG_SPACE, health.freeBytes() >> 20, health));
    }
    boolean behind = health.witnessed() && health.checkpointSize() > health.cosignedSize();
    if (!behind || health.cosignedSize() != cosigned || millis < behindSince) {
      cosigned = health.cosignedSize();
      behindSince = millis;
    } else if (millis - behindSince >= settings.witnessPatience().toMillis()) {
      found.accept(
          alert(AlertRule.WITNESS_LAG, health.checkpointSize() - health.cosignedSize(), health));
    }
  }

  private static Alert alert(AlertRule rule, long count, LogHealth health) {
    return new Alert(rule, SUBJECT, count, WINDOW_SECONDS, Math.max(0, health.size() - 1));
  }
}
