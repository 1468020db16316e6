package dev.chitin.gateway;

import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.RetentionPolicy;
import dev.chitin.bus.Deadline;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prunes the log as the operator's {@code audit.retention} says, a few segments at a time, on a
 * thread of its own: no commit ever waits for it. The vault first says in the log where it stands,
 * since its older marks may go. What fails removes nothing that is not recorded and is tried again
 * at the next turn. Safe for use from any thread.
 */
final class Retention implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
  private static final Duration TURN = Duration.ofSeconds(10);
  private static final Duration RECORD = Duration.ofSeconds(10);

  private final DurableAuditLog log;
  private final RetentionPolicy policy;
  private final Supplier<Future<?>> mark;
  private final Clock clock;
  private final Vertx vertx;
  private final WorkerExecutor thread;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final LongAdder prunings = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private volatile boolean failing;
  private long timer = -1;

  /**
   * @param mark has the vault say in the log where it stands
   * @param clock what ages are counted to
   */
  Retention(
      Vertx vertx,
      DurableAuditLog log,
      RetentionPolicy policy,
      Supplier<Future<?>> mark,
      Clock clock) {
    this.vertx = vertx;
    this.log = log;
    this.policy = policy;
    this.mark = mark;
    this.clock = clock;
    this.thread =
        vertx.createSharedWorkerExecutor("chitin-audit-retention", 1, 10, TimeUnit.MINUTES);
  }

  /** Takes a turn every ten seconds, when the operator wants anything to go. */
  static Retention start(Foundation foundation, RetentionPolicy policy) {
    var retention =
        new Retention(
            foundation.vertx(),
            foundation.log(),
            policy,
            foundation.vaultAdministration()::markClosed,
            Clock.systemUTC());
    if (policy.prunes()) {
      retention.timer = foundation.vertx().setPeriodic(TURN.toMillis(), due -> retention.turn());
    }
    return retention;
  }

  /**
   * One turn; none begins while another runs.
   *
   * @return whether anything went; never fails
   */
  Future<Boolean> turn() {
    if (!busy.compareAndSet(false, true)) {
      return Future.succeededFuture(false);
    }
    return thread
        .executeBlocking(() -> log.retention().due(policy, clock.instant()))
        .compose(due -> due.isPresent() ? prune(due) : Future.succeededFuture(false))
        .onSuccess(done -> failing = false)
        .recover(
            failure -> {
              failures.increment();
              if (!failing) {
                LOG.warn("the audit log was not pruned; it is tried again", failure);
              }
              failing = true;
              return Future.succeededFuture(false);
            })
        .onComplete(done -> busy.set(false));
  }

  /** Nothing from {@code due} on goes, and the mark comes after it. */
  private Future<Boolean> prune(OptionalLong due) {
    return mark.get()
        .compose(
            marked ->
                thread.executeBlocking(
                    () ->
                        log.retention()
                            .prune(due.getAsLong(), policy.archive(), Deadline.after(RECORD))))
        .map(
            minimum -> {
              prunings.increment();
              LOG.info("the audit log begins with entry {} now", minimum);
              return true;
            });
  }

  /** Adds what is counted. */
  void count(MeterRegistry registry) {
    Gauge.builder("chitin.audit.minimum", log, Retention::minimum)
        .description("The first entry of the log that was not pruned.")
        .register(registry);
    FunctionCounter.builder("chitin.audit.retention.prunings", prunings, LongAdder::sum)
        .description("Times that entries went by audit.retention.")
        .register(registry);
    FunctionCounter.builder("chitin.audit.retention.failures", failures, LongAdder::sum)
        .description("Turns of audit.retention that failed; each is tried again.")
        .register(registry);
    Gauge.builder("chitin.audit.retention.failing", this, r -> r.failing ? 1 : 0)
        .description("1 while the log cannot be pruned as audit.retention says.")
        .register(registry);
  }

  private static double minimum(DurableAuditLog log) {
    try {
      return log.published().minimum();
    } catch (IOException e) {
      LOG.warn("the audit log's minimum cannot be read", e);
      return Double.NaN;
    }
  }

  /** Waits for a turn that runs. */
  @Override
  public void close() {
    vertx.cancelTimer(timer);
    thread.close().await();
  }
}
