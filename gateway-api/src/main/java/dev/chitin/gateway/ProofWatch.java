package dev.chitin.gateway;

import dev.chitin.gateway.Doctor.Report;
import dev.chitin.gateway.Doctor.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the controls proven again when what they rest on is gone, and for as long as the newest proof
 * is not sound: a gateway that was mended is ready again by itself. Looks every {@value
 * #PERIOD_MILLIS} ms, and proves at once when that comes or goes, else in ever longer pauses, a
 * minute at most.
 */
final class ProofWatch implements AutoCloseable {
  static final long PERIOD_MILLIS = 5_000;

  /** Looks between two proofs, at most: a minute. */
  private static final int MOST_PAUSE = 11;

  private static final Logger LOG = LoggerFactory.getLogger(ProofWatch.class);

  private final Vertx vertx;
  private final Readiness readiness;
  private final Doctor doctor;
  private final Supplier<List<String>> absent;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final long timer;

  // What follows changes under the flag alone.
  private volatile Set<String> failing = Set.of();
  private volatile List<String> missing = List.of();
  private volatile int pause;
  private final AtomicInteger waited = new AtomicInteger();
  private volatile Report last = new Report(List.of());

  /**
   * @param absent what of that which the controls rest on is gone or cannot be used; blocks
   */
  ProofWatch(Vertx vertx, Readiness readiness, Doctor doctor, Supplier<List<String>> absent) {
    this.vertx = vertx;
    this.readiness = readiness;
    this.doctor = doctor;
    this.absent = absent;
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> look());
  }

  /** Looks once; fails never: what cannot be proven is told. */
  Future<Void> look() {
    if (readiness.isDraining() || !looking.compareAndSet(false, true)) {
      return Future.succeededFuture();
    }
    return vertx
        .executeBlocking(absent::get, false)
        .compose(missing -> prove(Objects.requireNonNull(missing)))
        .onSuccess(this::tell)
        .onFailure(failure -> LOG.error("the controls could not be proven again", failure))
        .<Void>mapEmpty()
        .otherwiseEmpty()
        .onComplete(done -> looking.set(false));
  }

  /**
   * Each proof is an attack and a record of the log: while none helps they come ever less often.
   */
  private Future<Report> prove(List<String> nowMissing) {
    boolean changed = !nowMissing.equals(missing);
    missing = nowMissing;
    if (nowMissing.isEmpty() && readiness.isProven()) {
      pause = 0;
      return Future.succeededFuture(new Report(List.of()));
    }
    if (!changed && waited.incrementAndGet() <= pause) {
      return Future.succeededFuture(last);
    }
    waited.set(0);
    pause = changed ? 0 : Math.min(MOST_PAUSE, 2 * pause + 1);
    return doctor.examine();
  }

  /** Each change once. */
  private void tell(Report report) {
    last = report;
    Set<String> now = report.controls(Verdict.INERT);
    if (now.equals(failing)) {
      return;
    }
    failing = now;
    if (report.sound()) {
      LOG.info("the controls hold their proof again");
    } else {
      LOG.error(
          "not ready: a control does not hold its own proof: {}",
          String.join("; ", report.texts(Verdict.INERT)));
    }
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
