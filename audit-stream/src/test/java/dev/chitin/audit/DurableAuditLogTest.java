package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.completed;
import static dev.chitin.audit.Events.entries;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static dev.chitin.audit.Events.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue.Obj;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log promises to its callers, on a disk that works. */
class DurableAuditLogTest {
  @TempDir Path temp;

  private AuditSettings settings() {
    return AuditSettings.of(temp.resolve("audit"), "n1", "0.1.0")
        .withSegmentBytes(1 << 20)
        .withMinFreeBytes(0);
  }

  @Test
  void anAnsweredEventIsAtItsIndexWithItsLeafHash() {
    try (var log = DurableAuditLog.open(settings())) {
      for (int i = 0; i < 10; i++) {
        LogPosition position = await(log.append(note("event " + i), soon()));
        LogEntry entry = log.reader().read(position.index(), 1).getFirst();
        assertThat(position.index()).isEqualTo(i);
        assertThat(text(Events.parse(entry.json().borrow()), "detail")).isEqualTo("event " + i);
        assertThat(position.leafHash()).isEqualTo(Digest.of(new byte[] {0}, entry.json().borrow()));
      }
    }
  }

  @Test
  void entriesCarryTheCommonMembersAndThoseOfTheCall() {
    try (var log = DurableAuditLog.open(settings())) {
      await(log.authorize(authorized("c1"), soon()));
      Obj entry = entries(log.reader()).getFirst();
      assertThat(entry.members())
          .containsKeys("v", "uid", "time", "tool", "allowed", "phase", "decision_id");
      assertThat(text(entry, "node")).isEqualTo("n1");
      assertThat(text(entry, "boot")).isEqualTo(log.bootId());
      assertThat(text(entry, "kind")).isEqualTo("ToolExecution");
      assertThat(text(entry, "callId")).isEqualTo("c1");
      assertThat(text(entry, "tenant")).isEqualTo("tenant-1");
      assertThat(text(entry, "principal")).isEqualTo(FieldSealer.WITHHELD);
      assertThat(text(entry, "session")).isEqualTo("session-1");
      assertThat(text(entry, "plan_digest")).isEqualTo(Events.PLAN.toString());
      assertThat(text(entry, "policy_version")).isEqualTo("policy-1");
      assertThat(text(entry, "uid")).matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab].*");
    }
  }

  @Test
  void aCleanStopLeavesNothingToReport() {
    for (int boot = 0; boot < 3; boot++) {
      try (var log = DurableAuditLog.open(settings())) {
        await(log.append(note("boot"), soon()));
      }
    }
    assertThat(entries(new LogReader(settings().directory())))
        .hasSize(3)
        .allSatisfy(entry -> assertThat(text(entry, "action")).isEqualTo("start"));
    assertIntact(3);
  }

  @Test
  void aCallWithoutAnEndIsClosedByTheNextStart() {
    try (var log = DurableAuditLog.open(settings())) {
      await(log.authorize(authorized("ended"), soon()));
      await(log.authorize(authorized("open \"with\" \u0007 escapes"), soon()));
      await(log.append(completed("ended"), soon()));
    }
    DurableAuditLog.open(settings()).close();
    List<Obj> all = entries(new LogReader(settings().directory()));
    assertThat(all).hasSize(4);
    assertThat(text(all.get(3), "phase")).isEqualTo("OutcomeUnknown");
    assertThat(text(all.get(3), "callId")).isEqualTo("open \"with\" \u0007 escapes");
    assertThat(text(all.get(3), "plan_digest")).isEqualTo(Events.PLAN.toString());
    DurableAuditLog.open(settings()).close();
    assertIntact(4);
  }

  @Test
  void aCallThatWasOpenSegmentsAgoIsClosedByTheNextStart() {
    try (var log = DurableAuditLog.open(settings())) {
      await(log.authorize(authorized("old"), soon()));
      fill(log, 4_000, "filler ".repeat(60));
    }
    assertThat(LogVerifierFixture.segments(settings().directory())).hasSizeGreaterThan(2);
    DurableAuditLog.open(settings()).close();
    List<Obj> all = entries(new LogReader(settings().directory()));
    assertThat(text(all.getLast(), "phase")).isEqualTo("OutcomeUnknown");
    assertThat(text(all.getLast(), "callId")).isEqualTo("old");
    assertIntact(4_002);
  }

  @Test
  void segmentsRollWithoutAGap() {
    try (var log = DurableAuditLog.open(settings())) {
      fill(log, 10_000, "x".repeat(300));
    }
    List<Obj> all = entries(new LogReader(settings().directory()));
    assertThat(all).hasSize(10_000);
    assertIntact(10_000);
    try (var log = DurableAuditLog.open(settings())) {
      assertThat(await(log.append(note("on"), soon())).index()).isEqualTo(10_000);
    }
  }

  @Test
  void hostileStringsGiveOneBoundedCanonicalEntry() {
    List<String> hostile =
        List.of(
            "line\r\nbreak",
            "\u001b[31mred\u001b[0m",
            "nul\u0000",
            "]]>",
            "\u202Eevil",
            "lone \uD800 high",
            "lone \uDC00 low",
            "\uD83D\uDE00",
            "\u0001".repeat(1 << 20),
            "\uD83D\uDE00".repeat(1 << 19),
            "");
    try (var log = DurableAuditLog.open(settings())) {
      for (String s : hostile) {
        await(log.append(new AuditEvent.AuthFailure(s, s, s, s, 1), soon()));
        var ref = new AuditEvent.CallRef(s, s, s, s, Events.PLAN, s);
        var denied = new AuditEvent.Phase.Denied(s, s);
        await(log.append(new AuditEvent.ToolExecution(s, false, ref, denied), soon()));
        await(log.append(new AuditEvent.CredentialAccess(s, false, s, s, ref, s), soon()));
      }
      List<LogEntry> all = log.reader().read(0, 100);
      assertThat(all).hasSize(hostile.size() * 3);
      for (LogEntry entry : all) {
        byte[] json = entry.json().borrow();
        assertThat(json.length).isLessThanOrEqualTo(32_768);
        assertThat(CanonicalJson.bytes(Events.parse(json))).isEqualTo(json);
        for (byte b : json) {
          assertThat(b & 0xFF).isGreaterThanOrEqualTo(0x20);
        }
      }
    }
    assertIntact(hostile.size() * 3L);
  }

  @Test
  void aNumberBeyondDoublesIsAString() {
    try (var log = DurableAuditLog.open(settings())) {
      var end = new AuditEvent.Phase.Completed("killed", null, Long.MAX_VALUE, 1, 2, Events.PLAN);
      await(log.append(new AuditEvent.ToolExecution("t", true, Events.call("c"), end), soon()));
      Obj entry = entries(log.reader()).getFirst();
      assertThat(text(entry, "stdout_bytes")).isEqualTo(Long.toString(Long.MAX_VALUE));
      assertThat(entry.get("exit_code")).isNull();
    }
  }

  @Test
  void onlyAuthorizeRecordsAnAuthorization() {
    try (var log = DurableAuditLog.open(settings())) {
      assertThatThrownBy(() -> await(log.append(authorized("c"), soon())))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> await(log.authorize(completed("c"), soon())))
          .isInstanceOf(IllegalArgumentException.class);
      var refused =
          new AuditEvent.ToolExecution(
              "t", false, Events.call("c"), new AuditEvent.Phase.Authorized("d"));
      assertThatThrownBy(() -> await(log.authorize(refused, soon())))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(log.reader().read(0, 1)).isEmpty();
    }
  }

  @Test
  void threadsThatStandStillGetTheirOwnPositionsAndKeepTheirInterrupts() throws Exception {
    try (var log = DurableAuditLog.open(settings());
        ExecutorService threads = Executors.newFixedThreadPool(16)) {
      List<Callable<Boolean>> writers =
          IntStream.range(0, 200)
              .<Callable<Boolean>>mapToObj(
                  i ->
                      () -> {
                        if (i % 3 == 0) {
                          Thread.currentThread().interrupt();
                        }
                        LogPosition at = log.record(note("event " + i), soon());
                        boolean kept = Thread.interrupted() == (i % 3 == 0);
                        Obj entry =
                            Events.parse(
                                log.reader().read(at.index(), 1).getFirst().json().borrow());
                        return kept && text(entry, "detail").equals("event " + i);
                      })
              .toList();
      for (java.util.concurrent.Future<Boolean> done : threads.invokeAll(writers)) {
        assertThat(done.get()).isTrue();
      }
      assertThatThrownBy(() -> log.record(authorized("c"), soon()))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertIntact(200);
  }

  @Test
  void anEventLoopIsNotBlocked() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (var log = DurableAuditLog.open(settings())) {
      Promise<LogPosition> answer = Promise.promise();
      vertx.runOnContext(
          loop -> {
            try {
              answer.complete(log.record(note("x"), soon()));
            } catch (RuntimeException e) {
              answer.fail(e);
            }
          });
      assertThatThrownBy(() -> await(answer.future())).isInstanceOf(IllegalStateException.class);
      assertThat(log.reader().read(0, 1)).isEmpty();
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void keysThatNeverComeHoldNoThreadBeyondItsTime() {
    var never =
        new TestSealer(true) {
          @Override
          public synchronized Future<Void> prepare(Subject subject, Deadline deadline) {
            return Promise.<Void>promise().future();
          }
        };
    var opened = new AuditEvent.Session("opened", "s", "tenant-1", "somebody", null);
    try (var log = DurableAuditLog.open(settings())) {
      log.sealWith(never);
      assertThatThrownBy(() -> log.record(opened, Deadline.after(Duration.ofMillis(100))))
          .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_STALLED));
      log.sealWith(new TestSealer(true));
      assertThat(log.record(opened, soon()).index()).isZero();
      assertThat(text(entries(log.reader()).getFirst(), "principal")).startsWith("h1:");
    }
  }

  @Test
  void aSecondWriterIsRefusedByName() {
    try (var log = DurableAuditLog.open(settings())) {
      for (int attempt = 0; attempt < 3; attempt++) {
        assertThatThrownBy(() -> DurableAuditLog.open(settings()))
            .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
            .satisfies(
                e -> {
                  assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_UNAVAILABLE);
                  assertThat(e.problem().detail()).contains(settings().directory().toString());
                });
      }
      await(log.append(note("still here"), soon()));
    }
    DurableAuditLog.open(settings()).close();
  }

  @Test
  void aLogOfAnotherNameIsRefused() {
    DurableAuditLog.open(settings()).close();
    assertThatThrownBy(() -> DurableAuditLog.open(settings().withOrigin("other/log")))
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.CONFIG_INVALID));
  }

  @Test
  void aClosedLogTakesNothing() {
    var log = DurableAuditLog.open(settings());
    log.close();
    List<ThrowingCallable> ways =
        List.of(
            () -> await(log.append(note("late"), soon())), () -> log.record(note("late"), soon()));
    for (ThrowingCallable way : ways) {
      assertThatThrownBy(way)
          .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_UNAVAILABLE));
    }
    assertIntact(0);
  }

  @Test
  void filesAreTheOwnersAlone() throws IOException {
    try (var log = DurableAuditLog.open(settings())) {
      await(log.append(note("x"), soon()));
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(settings().directory())))
          .isEqualTo("rwx------");
      try (Stream<Path> files = Files.list(settings().directory())) {
        assertThat(files)
            .isNotEmpty()
            .allSatisfy(
                file ->
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
      }
    }
  }

  @Test
  void answersComeInTheOrderOfTheLog() {
    try (var log = DurableAuditLog.open(settings())) {
      var seen = Collections.synchronizedList(new ArrayList<Long>());
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < 5_000; i++) {
        all.add(log.append(note("n"), soon()).onSuccess(p -> seen.add(p.index())));
      }
      await(Future.all(all));
      assertThat(seen).hasSize(5_000).isSorted();
    }
  }

  private static void fill(DurableAuditLog log, int count, String text) {
    var all = new ArrayList<Future<?>>();
    for (int i = 0; i < count; i++) {
      all.add(log.append(note(text), soon()));
    }
    await(Future.all(all));
  }

  private void assertIntact(long entries) {
    LogVerification result = LogVerifierFixture.verify(settings().directory());
    assertThat(result.fault()).isEmpty();
    assertThat(result.entries()).isEqualTo(entries);
    assertThat(result.unfinishedBytes()).isZero();
  }
}
