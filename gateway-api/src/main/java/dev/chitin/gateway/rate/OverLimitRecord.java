package dev.chitin.gateway.rate;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Deadline;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records who was over a limit: one event for each key and second, with a count, and one for all
 * keys beyond {@value #MOST_KEYS}, so that nobody fills the disk by asking too often.
 */
public final class OverLimitRecord implements RateLimits.OverLimit, AutoCloseable {
  /** Keys that are told apart within one second. */
  static final int MOST_KEYS = 64;

  private static final Logger LOG = LoggerFactory.getLogger(OverLimitRecord.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long PERIOD_MILLIS = 1_000;
  private static final String OTHERS = "(others)";

  private final Vertx vertx;
  private final AuditLog audit;
  private final long timer;
  private final AtomicLong total = new AtomicLong();
  private Map<Over, Long> counts = new HashMap<>();

  private record Over(RateLimits.Tier tier, String key, RateLimit limit) {}

  /** Writes once a second until it is closed. */
  public OverLimitRecord(Vertx vertx, AuditLog audit) {
    this.vertx = vertx;
    this.audit = audit;
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> write());
  }

  @Override
  public void refused(RateLimits.Tier tier, String key, RateLimit limit) {
    total.incrementAndGet();
    synchronized (this) {
      var over = new Over(tier, key, limit);
      boolean full = counts.size() >= MOST_KEYS && !counts.containsKey(over);
      counts.merge(full ? new Over(tier, OTHERS, limit) : over, 1L, Long::sum);
    }
  }

  /** Requests that were over, since the start. */
  public long total() {
    return total.get();
  }

  private synchronized Map<Over, Long> taken() {
    Map<Over, Long> taken = counts;
    counts = new HashMap<>();
    return taken;
  }

  private void write() {
    taken()
        .forEach(
            (over, count) ->
                audit
                    .append(
                        new AuditEvent.RateLimitExceeded(
                            over.tier().name().toLowerCase(Locale.ROOT),
                            over.key(),
                            over.limit().requestsPerMinute(),
                            over.limit().burst(),
                            count),
                        Deadline.after(PATIENCE))
                    .onFailure(failure -> LOG.warn("a rate limit's record was lost", failure)));
  }

  /** Writes what is left. */
  @Override
  public void close() {
    vertx.cancelTimer(timer);
    write();
  }
}
