package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.RetentionPolicy;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log prunes itself as the operator says, and what goes wrong harms nothing. */
class RetentionTest {
  private static final String VAULT = "0".repeat(32);
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir Path temporary;
  private Vertx vertx;
  private DurableAuditLog log;
  private LogKey key;
  private LogJournal journal;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final AtomicInteger marks = new AtomicInteger();

  @BeforeEach
  void open() throws Exception {
    vertx = Vertx.vertx();
    AuditSettings settings =
        AuditSettings.of(temporary.resolve("audit"), "test", "0")
            .withSegmentBytes(1 << 20)
            .withMinFreeBytes(0)
            .withCheckpointInterval(Duration.ofMillis(10));
    log = DurableAuditLog.open(settings);
    key = LogKey.open(settings.origin(), temporary.resolve("log.key"), temporary.resolve("home"));
    log.signWith(key);
    journal = new LogJournal(log, temporary.resolve("vault.position"));
    journal.append(mark(1));
    fill(6_000);
  }

  @AfterEach
  void close() {
    log.close();
    key.close();
    vertx.close().await();
  }

  private static Mark mark(long epoch) {
    return new Mark(Action.CLOSED, VAULT, epoch, Digest.ofUtf8("m" + epoch), null, null);
  }

  private void fill(int entries) throws Exception {
    var all = new ArrayList<Future<?>>();
    for (int i = 0; i < entries; i++) {
      all.add(
          log.append(
              new AuditEvent.Lifecycle("start", "0", "x".repeat(400)),
              Deadline.after(Duration.ofSeconds(30))));
    }
    done(Future.all(all));
    log.proof(log.publication().size() - 1, Deadline.after(Duration.ofSeconds(30)));
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private Future<?> marked() {
    return vertx.executeBlocking(
        () -> {
          journal.append(mark(1 + marks.incrementAndGet()));
          return 0;
        });
  }

  private Retention retention(@Nullable Path archive, Supplier<Future<?>> mark, Duration later) {
    var retention =
        new Retention(
            vertx,
            log,
            new RetentionPolicy(WEEK, 0, archive),
            mark,
            Clock.fixed(Instant.now().plus(later), ZoneOffset.UTC));
    retention.count(metrics);
    return retention;
  }

  private double metric(String name) {
    return metrics.get(name).functionCounter().count();
  }

  private static int turns(Retention retention) throws Exception {
    int turns = 0;
    while (done(retention.turn())) {
      turns++;
    }
    return turns;
  }

  @Test
  void whatIsYoungStaysAndTheVaultIsNotAsked() throws Exception {
    try (Retention retention = retention(null, this::marked, WEEK.minusHours(1))) {
      assertThat(done(retention.turn())).isFalse();
    }
    assertThat(marks).hasValue(0);
    assertThat(log.published().minimum()).isZero();
  }

  @Test
  void theVaultsLastMarkOutlivesThePruning() throws Exception {
    Path archive = temporary.resolve("archive");
    try (Retention retention = retention(archive, this::marked, WEEK.plusHours(1))) {
      assertThat(turns(retention)).isEqualTo(1);
    }
    assertThat(log.published().minimum()).isPositive();
    assertThat(Files.exists(archive.resolve("tile/entries/000"))).isTrue();
    assertThat(marks).hasValue(1);
    // Also when the hint is gone, and all that was said before the pruning with it.
    Files.delete(temporary.resolve("vault.position"));
    assertThat(journal.last()).contains(mark(2));
    assertThat(metric("chitin.audit.retention.prunings")).isEqualTo(1);
    assertThat(metrics.get("chitin.audit.minimum").gauge().value())
        .isEqualTo((double) log.published().minimum());
  }

  /** While the vault makes its mark the log goes on, by whole segments. */
  @Test
  void whatComesAfterTheMarkWasAskedForIsNotPrunedWithIt() throws Exception {
    long size = log.published().size();
    Supplier<Future<?>> slow =
        () ->
            marked()
                .compose(
                    marked ->
                        vertx.executeBlocking(
                            () -> {
                              fill(6_000);
                              return 0;
                            }));
    try (Retention retention = retention(null, slow, WEEK.plusHours(1))) {
      assertThat(done(retention.turn())).isTrue();
    }
    assertThat(log.published().minimum()).isPositive().isLessThanOrEqualTo(size);
    assertThat(journal.last()).contains(mark(2));
  }

  @Test
  void withoutTheVaultsMarkNothingGoes() throws Exception {
    var writable = new AtomicInteger();
    Supplier<Future<?>> mark =
        () ->
            writable.get() == 0
                ? Future.failedFuture(
                    Problem.of(ProblemCode.VAULT_UNAVAILABLE, "nobody knows").toException())
                : marked();
    try (Retention retention = retention(null, mark, WEEK.plusHours(1))) {
      assertThat(done(retention.turn())).isFalse();
      assertThat(done(retention.turn())).isFalse();
      assertThat(log.published().minimum()).isZero();
      assertThat(metric("chitin.audit.retention.failures")).isEqualTo(2);
      assertThat(metrics.get("chitin.audit.retention.failing").gauge().value()).isEqualTo(1);
      writable.set(1);
      assertThat(done(retention.turn())).isTrue();
      assertThat(metrics.get("chitin.audit.retention.failing").gauge().value()).isZero();
    }
  }

  @Test
  void anArchiveThatTakesNothingKeepsTheEntriesUntilItDoes() throws Exception {
    Path archive = Files.writeString(temporary.resolve("archive"), "a file");
    try (Retention retention = retention(archive, this::marked, WEEK.plusHours(1))) {
      assertThat(done(retention.turn())).isFalse();
      assertThat(log.published().minimum()).isZero();
      assertThat(log.published().entry(0)).isPresent();
      Files.delete(archive);
      assertThat(done(retention.turn())).isTrue();
      assertThat(log.published().minimum()).isPositive();
    }
  }

  @Test
  void noTurnBeginsWhileAnotherRuns() throws Exception {
    Promise<Void> slow = Promise.promise();
    var asked = new AtomicInteger();
    Promise<Void> reached = Promise.promise();
    Supplier<Future<?>> mark =
        () -> {
          asked.incrementAndGet();
          reached.complete();
          return slow.future();
        };
    try (Retention retention = retention(null, mark, WEEK.plusHours(1))) {
      Future<Boolean> first = retention.turn();
      done(reached.future());
      assertThat(done(retention.turn())).isFalse();
      slow.complete();
      assertThat(done(first)).isTrue();
    }
    assertThat(asked).hasValue(1);
  }
}
