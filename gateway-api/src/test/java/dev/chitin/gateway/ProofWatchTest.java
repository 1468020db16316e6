package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Report;
import dev.chitin.gateway.Doctor.Verdict;
import dev.chitin.gateway.logging.LoggedLines;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When the controls are proven again, and how often. */
class ProofWatchTest {
  private final Vertx vertx = Vertx.vertx();
  private final Readiness readiness = new Readiness(List::of);
  private final LoggedLines logged = LoggedLines.of(ProofWatch.class, "proof");
  private volatile List<String> absent = List.of();
  private final AtomicInteger proofs = new AtomicInteger();
  private ProofWatch watch;

  @BeforeEach
  void start() {
    readiness.proven(new Report(List.of()));
    watch = new ProofWatch(vertx, readiness, this::examine, () -> absent);
  }

  @AfterEach
  void stop() {
    watch.close();
    logged.close();
    vertx.close().await();
  }

  private Future<Report> examine() {
    proofs.incrementAndGet();
    var report =
        new Report(
            absent.stream().map(name -> new Finding(name, Verdict.INERT, "is not there")).toList());
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
    absent = List.of("sandbox.memory");
    look(1);
    assertThat(proofs).hasValue(1);
    assertThat(readiness.isProven()).isFalse();
    look(100);
    assertThat(proofs).as("after 1, 3, 7, then 11 looks without one").hasValue(12);
    absent = List.of();
    int before = proofs.get();
    look(1);
    assertThat(proofs).hasValue(before + 1);
    assertThat(readiness.isProven()).isTrue();
    look(20);
    assertThat(proofs).hasValue(before + 1);
  }

  @Test
  void whatGoesBesideWhatIsGoneAlreadyIsProvenAndToldAtOnce() {
    absent = List.of("sandbox.memory");
    look(4);
    int before = proofs.get();
    absent = List.of("sandbox.memory", "vault.directory");
    look(1);
    assertThat(proofs).hasValue(before + 1);
    assertThat(logged.messages(Level.ERROR)).hasSize(2);
    assertThat(logged.messages(Level.ERROR).getLast()).contains("vault.directory: is not there");
    absent = List.of();
    look(2);
    assertThat(logged.messages(Level.INFO)).hasSize(1);
  }
}
