package dev.chitin.gateway;

import dev.chitin.gateway.Doctor.Report;
import dev.chitin.gateway.Doctor.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the controls proven again when what they rest on is gone, and for as long as the newest proof
 * is not sound: a gateway that was mended is ready again by itself. Looks every {@value
 * #PERIOD_MILLIS} ms.
 */
final class ProofWatch implements AutoCloseable {
  static final long PERIOD_MILLIS = 5_000;

  private static final Logger LOG = LoggerFactory.getLogger(ProofWatch.class);

  private final Vertx vertx;
  private final Readiness readiness;
  private final Doctor doctor;
  private final BooleanSupplier present;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final long timer;
  private volatile boolean sound = true;

  /**
   * @param present whether what native tools run in is there; blocks
   */
  ProofWatch(Vertx vertx, Readiness readiness, Doctor doctor, BooleanSupplier present) {
    this.vertx = vertx;
    this.readiness = readiness;
    this.doctor = doctor;
    this.present = present;
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> look());
  }

  private void look() {
    if (readiness.isDraining() || !looking.compareAndSet(false, true)) {
      return;
    }
    vertx
        .executeBlocking(present::getAsBoolean, false)
        .compose(
            there ->
                there && readiness.isProven()
                    ? Future.succeededFuture(new Report(List.of()))
                    : doctor.examine())
        .onSuccess(this::tell)
        .onFailure(failure -> LOG.error("the controls could not be proven again", failure))
        .onComplete(done -> looking.set(false));
  }

  /** Each change once. */
  private void tell(Report report) {
    if (report.sound() == sound) {
      return;
    }
    sound = report.sound();
    if (sound) {
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
