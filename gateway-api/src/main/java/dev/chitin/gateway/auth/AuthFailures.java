package dev.chitin.gateway.auth;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.bus.Deadline;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts refused credentials by kind, and records those that somebody is to blame for: the first
 * {@value #AT_ONCE} within ten seconds each at once, further ones at the end of these ten seconds,
 * one event with a count for all that are the same, and one for all beyond {@value #MOST_KINDS}. So
 * nobody fills the disk by asking. Thread safe.
 */
public final class AuthFailures implements AutoCloseable {
  static final int AT_ONCE = 64;
  static final int MOST_KINDS = 64;

  private static final Logger LOG = LoggerFactory.getLogger(AuthFailures.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long PERIOD_MILLIS = 10_000;
  private static final Failure OTHERS = new Failure("auth.invalid", "none", null, "(others)");

  private final Map<AuthFailureKind, LongAdder> counts =
      Arrays.stream(AuthFailureKind.values())
          .collect(Collectors.toUnmodifiableMap(kind -> kind, kind -> new LongAdder()));
  private final Vertx vertx;
  private final AuditLog audit;
  private final long timer;
  private Map<Failure, Long> gathered = new HashMap<>();
  private int said;

  private record Failure(String reason, String method, @Nullable String keyId, String peer) {}

  /** Records until it is closed. */
  public AuthFailures(Vertx vertx, AuditLog audit) {
    this.vertx = vertx;
    this.audit = audit;
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> tell());
  }

  /**
   * A request did not get in.
   *
   * @param peer the address that it came from
   */
  public void refused(Verdict.Refused refused, String peer) {
    Objects.requireNonNull(counts.get(refused.kind())).increment();
    if (refused.isFault()) {
      add(new Failure(refused.problem().code().code(), refused.method(), refused.keyId(), peer));
    }
  }

  private void add(Failure failure) {
    synchronized (this) {
      if (said >= AT_ONCE) {
        boolean full = gathered.size() >= MOST_KINDS && !gathered.containsKey(failure);
        gathered.merge(full ? OTHERS : failure, 1L, Long::sum);
        return;
      }
      said++;
    }
    record(failure, 1);
  }

  private synchronized Map<Failure, Long> taken() {
    Map<Failure, Long> taken = gathered;
    gathered = new HashMap<>();
    said = 0;
    return taken;
  }

  /** Records what was gathered; a new period begins. */
  void tell() {
    taken().forEach(this::record);
  }

  private void record(Failure failure, long count) {
    audit
        .append(
            new AuditEvent.AuthFailure(
                failure.reason(), failure.method(), failure.keyId(), failure.peer(), count),
            Deadline.after(PATIENCE))
        .onFailure(
            lost -> LOG.warn("an authentication failure was not recorded: {}", lost.getMessage()));
  }

  /** How many of that kind, since the start. */
  public long of(AuthFailureKind kind) {
    return Objects.requireNonNull(counts.get(kind)).sum();
  }

  /** Records what is left. */
  @Override
  public void close() {
    vertx.cancelTimer(timer);
    tell();
  }
}
