package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Report;
import dev.chitin.gateway.Doctor.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When the controls are proven again, and how often. */
class ProofWatchTest {
  private static final Report BROKEN =
      new Report(List.of(new Finding("sandbox.memory", Verdict.INERT, "not limited")));

  private final Vertx vertx = Vertx.vertx();
  private final Readiness readiness = new Readiness(List::of);
  private final AtomicBoolean there = new AtomicBoolean(true);
  private final AtomicInteger proofs = new AtomicInteger();
  private ProofWatch watch;

  @BeforeEach
  void start() {
    readiness.proven(new Report(List.of()));
    watch = new ProofWatch(vertx, readiness, this::examine, there::get);
  }

  @AfterEach
  void stop() {
    watch.close();
    vertx.close().await();
  }

  private Future<Report> examine() {
    proofs.incrementAndGet();
    Report report = there.get() ? new Report(List.of()) : BROKEN;
    readiness.proven(report);
    return Future.succeededFuture(report);
  }

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      watch.look().await();
    }
  }

  @Test
  void whatHoldsIsNotAttackedAgain() {
    look(5);
    assertThat(proofs).hasValue(0);
  }

  @Test
  void whatIsGoneIsProvenAtOnceThenEverLessOftenAndAtOnceWhenItIsBack() {
    there.set(false);
    look(1);
    assertThat(proofs).hasValue(1);
    assertThat(readiness.isProven()).isFalse();
    look(100);
    assertThat(proofs).as("after 1, 3, 7, then 11 looks without one").hasValue(12);
    there.set(true);
    int before = proofs.get();
    look(1);
    assertThat(proofs).hasValue(before + 1);
    assertThat(readiness.isProven()).isTrue();
    look(20);
    assertThat(proofs).hasValue(before + 1);
  }
}
