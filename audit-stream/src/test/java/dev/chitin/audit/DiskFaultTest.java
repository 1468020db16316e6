package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.completed;
import static dev.chitin.audit.Events.entries;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static dev.chitin.audit.Events.text;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue.Obj;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the log does when the disk does not do its part. A test that fails leaves the disk stalled
 * and the log waiting for it, hence the threads of their own.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DiskFaultTest {
  @TempDir Path temp;
  private final FaultyStorage disk = new FaultyStorage();

  private AuditSettings settings() {
    return AuditSettings.of(temp.resolve("audit"), "n1", "0.1.0")
        .withSegmentBytes(1 << 20)
        .withAppendTimeout(Duration.ofMillis(100))
        .withMinFreeBytes(0);
  }

  private DurableAuditLog open() {
    return DurableAuditLog.open(settings(), disk);
  }

  private static void assertRefused(Future<?> answer, ProblemCode code) {
    assertThatThrownBy(() -> await(answer))
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }

  private static boolean isRefused(Future<?> answer, ProblemCode code) {
    return answer.cause() instanceof ChitinException refusal && refusal.code() == code;
  }

  @Test
  void nothingIsAnsweredBeforeTheSyncReturned() {
    try (var log =
        DurableAuditLog.open(settings().withAppendTimeout(Duration.ofSeconds(30)), disk)) {
      disk.stall();
      Future<Receipt> receipt = log.authorize(authorized("c"), soon());
      disk.awaitStalled();
      assertThat(receipt.isComplete()).isFalse();
      assertThat(log.reader().read(0, 10)).isEmpty();
      disk.resume();
      assertThat(await(receipt).position().index()).isZero();
      assertThat(log.reader().read(0, 10)).hasSize(1);
    }
  }

  @Test
  void aStalledDiskIsAStalledAnswerAndTheAuthorizationIsTakenBack() {
    try (var log = open()) {
      disk.stall();
      Future<Receipt> inFlight = log.authorize(authorized("in flight"), soon());
      disk.awaitStalled();
      Future<Receipt> queued = log.authorize(authorized("queued"), soon());
      Future<LogPosition> end = log.append(completed("other"), soon());
      assertRefused(inFlight, ProblemCode.AUDIT_STALLED);
      assertRefused(queued, ProblemCode.AUDIT_STALLED);
      assertRefused(end, ProblemCode.AUDIT_STALLED);
      disk.resume();
    }
    List<Obj> all = entries(new LogReader(settings().directory()));
    assertThat(all)
        .extracting(entry -> text(entry, "callId") + " " + text(entry, "phase"))
        .containsExactlyInAnyOrder("in flight Authorized", "in flight NotRun", "other Completed");
    assertThat(all)
        .filteredOn(entry -> text(entry, "phase").equals("NotRun"))
        .allSatisfy(entry -> assertThat(text(entry, "code")).isEqualTo("audit.stalled"));
    DurableAuditLog.open(settings()).close();
    assertThat(entries(new LogReader(settings().directory()))).hasSize(3);
  }

  @Test
  void aThreadThatStandsStillForAStalledDiskIsRefusedInTime() {
    try (var log = open()) {
      disk.stall();
      assertThatThrownBy(() -> log.record(note("x"), soon()))
          .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_STALLED));
      disk.resume();
      assertThat(log.record(note("y"), soon()).index()).isEqualTo(1);
    }
  }

  @Test
  void theDeadlineOfTheCallCountsWhenItIsEarlier() {
    try (var log =
        DurableAuditLog.open(settings().withAppendTimeout(Duration.ofSeconds(60)), disk)) {
      disk.stall();
      assertRefused(
          log.append(note("x"), Deadline.after(Duration.ofMillis(50))), ProblemCode.AUDIT_STALLED);
      assertRefused(
          log.append(note("x"), Deadline.after(Duration.ZERO)), ProblemCode.AUDIT_STALLED);
      disk.resume();
    }
  }

  @Test
  void whatIsTakenBackAtTheDeadlineOfTheCallSaysSo() {
    try (var log =
        DurableAuditLog.open(settings().withAppendTimeout(Duration.ofSeconds(60)), disk)) {
      disk.stall();
      Future<Receipt> late =
          log.authorize(authorized("late"), Deadline.after(Duration.ofMillis(50)));
      assertRefused(late, ProblemCode.AUDIT_STALLED);
      disk.resume();
    }
    assertThat(entries(new LogReader(settings().directory())))
        .filteredOn(entry -> text(entry, "phase").equals("NotRun"))
        .singleElement()
        .satisfies(entry -> assertThat(text(entry, "code")).isEqualTo("deadline.exceeded"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"write", "force"})
  void afterAFailedWriteOrSyncTheLogTakesNothingMore(String what) {
    var log = open();
    await(log.append(note("before"), soon()));
    if (what.equals("write")) {
      disk.failWrites("No space left on device");
    } else {
      disk.failForces("Input/output error");
    }
    assertRefused(log.append(note("lost"), soon()), ProblemCode.AUDIT_UNAVAILABLE);
    disk.mend();
    assertRefused(log.append(note("after"), soon()), ProblemCode.AUDIT_UNAVAILABLE);
    assertRefused(log.authorize(authorized("after"), soon()), ProblemCode.AUDIT_UNAVAILABLE);
    assertThat(log.failure()).isPresent();
    log.close();

    try (var again = open()) {
      await(again.append(note("repaired"), soon()));
      List<Obj> all = entries(again.reader());
      assertThat(text(all.getFirst(), "detail")).isEqualTo("before");
      assertThat(text(all.getLast(), "detail")).isEqualTo("repaired");
      assertThat(all).extracting(e -> text(e, "detail")).doesNotContain("after");
      assertThat(all).extracting(e -> text(e, "action")).contains("recover");
    }
    assertThat(LogVerifierFixture.verify(settings().directory()).fault()).isEmpty();
  }

  @Test
  void allThatWaitedWhenTheDiskFailedIsRefused() {
    var log = DurableAuditLog.open(settings().withAppendTimeout(Duration.ofSeconds(30)), disk);
    disk.stall();
    var waiting = new ArrayList<Future<?>>();
    waiting.add(log.append(note("in flight"), soon()));
    disk.awaitStalled();
    for (int i = 0; i < 100; i++) {
      waiting.add(log.append(note("queued"), soon()));
    }
    disk.failWrites("Input/output error");
    disk.resume();
    waiting.subList(1, 101).forEach(f -> assertRefused(f, ProblemCode.AUDIT_UNAVAILABLE));
    log.close();
  }

  @Test
  void aFullQueueRefusesAtOnceAndTakesAgainWhenItHasDrained() {
    var small = settings().withQueue(10, 1 << 20).withAppendTimeout(Duration.ofSeconds(30));
    try (var log = DurableAuditLog.open(small, disk)) {
      disk.stall();
      var taken = new ArrayList<Future<?>>();
      for (int i = 0; i < 10; i++) {
        taken.add(log.append(note("x"), soon()));
      }
      Future<LogPosition> refused = log.append(note("x"), soon());
      assertThat(refused.failed()).isTrue();
      assertRefused(refused, ProblemCode.AUDIT_UNAVAILABLE);
      assertThat(log.queueDepth()).isEqualTo(10);
      disk.resume();
      await(Future.all(taken));
      await(log.append(note("again"), soon()));
    }
  }

  @Test
  void theQueueIsBoundedInBytesToo() {
    var small = settings().withQueue(10_000, 1 << 16).withAppendTimeout(Duration.ofSeconds(30));
    try (var log = DurableAuditLog.open(small, disk)) {
      disk.stall();
      var refused = new ArrayList<Future<?>>();
      for (int i = 0; i < 1_000; i++) {
        Future<LogPosition> answer = log.append(note("x".repeat(400)), soon());
        if (answer.failed()) {
          refused.add(answer);
        }
      }
      assertThat(refused).hasSizeBetween(850, 950);
      refused.forEach(f -> assertRefused(f, ProblemCode.AUDIT_UNAVAILABLE));
      disk.resume();
    }
  }

  @Test
  void refusedEntriesDoNotPileUpBehindAStalledDisk() {
    var small = settings().withQueue(10, 1 << 20);
    try (var log = DurableAuditLog.open(small, disk)) {
      disk.stall();
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20; i++) {
          Future<LogPosition> answer = log.append(note("x"), soon());
          assertThatThrownBy(() -> await(answer)).isInstanceOf(ChitinException.class);
        }
      }
      assertThat(log.queueDepth()).isLessThanOrEqualTo(10);
      disk.resume();
    }
    assertThat(entries(new LogReader(settings().directory()))).hasSizeLessThanOrEqualTo(10);
  }

  @Test
  void withoutRoomForANewSegmentNothingIsAuthorizedAndWithRoomAgainItGoesOn() {
    try (var log = open()) {
      await(log.append(note("first"), soon()));
      disk.failCreation("No space left on device");
      boolean refused = false;
      for (int i = 0; i < 100_000 && !refused; i++) {
        Future<LogPosition> answer = log.append(note("x".repeat(400)), soon());
        await(answer.map(true).otherwise(false));
        // A busy disk may refuse one as stalled before there is no room.
        refused = isRefused(answer, ProblemCode.AUDIT_NO_SPACE);
      }
      assertThat(refused).isTrue();
      assertRefused(log.authorize(authorized("c"), soon()), ProblemCode.AUDIT_NO_SPACE);
      Future<Receipt> another = log.authorize(authorized("d"), soon());
      assertThatThrownBy(() -> await(another)).hasMessageContaining("next segment");
      assertThat(log.failure()).isEmpty();
      disk.mend();
      Future<LogPosition> again;
      do {
        again = log.append(note("x"), soon());
        await(again.map(true).otherwise(false));
      } while (again.failed());
    }
    assertThat(LogVerifierFixture.verify(settings().directory()).fault()).isEmpty();
  }

  /** A command that opens the log for one entry does not wait for megabytes of zeros. */
  @Test
  void theNextSegmentIsMadeWhenAQuarterOfTheLastIsWritten() {
    for (int i = 0; i < 3; i++) {
      try (var log = open()) {
        await(log.append(note("one"), soon()));
      }
    }
    assertThat(disk.takeSegments()).as("the first and no other").isEqualTo(1);
    try (var log = open()) {
      for (int written = 0; written < (1 << 20) / 4; written += 400) {
        await(log.append(note("x".repeat(400)), soon()));
      }
      disk.awaitSegment();
    }
  }

  @Test
  void aNewLogWithoutRoomDoesNotOpen() {
    disk.failCreation("No space left on device");
    assertThatThrownBy(this::open)
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_UNAVAILABLE));
    disk.mend();
    open().close();
  }

  @Test
  void tooLittleFreeSpaceRefusesCallsAndStrangersButRecordsEndsOfCalls() {
    try (var log = DurableAuditLog.open(settings().withMinFreeBytes(Long.MAX_VALUE), disk)) {
      await(log.append(completed("running"), soon()));
      assertRefused(log.authorize(authorized("new"), soon()), ProblemCode.AUDIT_NO_SPACE);
      for (AuditEvent strangers :
          List.of(
              new AuditEvent.AuthFailure("auth.missing", "none", null, "192.0.2.1", 1),
              new AuditEvent.RateLimitExceeded("address", "192.0.2.1", 60, 1, 9))) {
        assertRefused(log.append(strangers, soon()), ProblemCode.AUDIT_NO_SPACE);
      }
      await(log.append(completed("running"), soon()));
    }
  }

  @Test
  void interruptsOfTheWriterDoNotCloseItsFile() {
    try (var log =
        DurableAuditLog.open(settings().withAppendTimeout(Duration.ofSeconds(30)), disk)) {
      await(log.append(note("x"), soon()));
      Thread writer = requireNonNull(disk.forcer());
      for (int i = 0; i < 500; i++) {
        writer.interrupt();
        await(log.append(note("x"), soon()));
      }
      assertThat(log.failure()).isEmpty();
    }
    assertThat(LogVerifierFixture.verify(settings().directory()).entries()).isEqualTo(501);
  }

  @Test
  void aDiskThatDropsWritesIsCaughtByReadingBack() {
    try (var log = open()) {
      disk.dropWrites();
      await(log.append(note("x"), soon()));
      assertThat(log.reader().read(0, 1)).isEmpty();
    }
  }

  /** What is open could still be written, where nobody looks for it. */
  @Test
  void aDirectoryThatIsGoneOrAnotherTakesNoCallsUntilItIsBack() throws Exception {
    try (var log = open()) {
      await(log.authorize(authorized("a"), soon()));
      Path directory = settings().directory();
      Path away = directory.resolveSibling("away");
      Files.move(directory, away);
      Awaiting.until(() -> log.impediments().equals(List.of(ProblemCode.AUDIT_UNAVAILABLE)));
      assertRefused(log.authorize(authorized("b"), soon()), ProblemCode.AUDIT_UNAVAILABLE);
      DurableAuditLog.open(settings()).close();
      assertRefused(log.authorize(authorized("c"), soon()), ProblemCode.AUDIT_UNAVAILABLE);
      Files.move(directory, directory.resolveSibling("another"));
      Files.move(away, directory);
      Awaiting.until(() -> log.impediments().isEmpty());
      await(log.authorize(authorized("d"), soon()));
    }
    assertThat(LogVerifierFixture.verify(settings().directory()).fault()).isEmpty();
  }
}
