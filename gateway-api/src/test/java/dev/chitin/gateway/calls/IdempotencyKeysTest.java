package dev.chitin.gateway.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdempotencyKeysTest {
  private static final JsonValue.Obj BODY = JsonValue.object().put("n", 1).build();
  private static final JsonValue.Obj END = JsonValue.object().put("status", "exit 0").build();

  @TempDir private Path directory = Path.of("");
  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong clock = new AtomicLong(1_000_000_000_000L);

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private IdempotencyKeys open() {
    return new IdempotencyKeys(
        vertx,
        IdempotencyJournal.open(
            directory.resolve("journal"),
            clock.get() - Duration.ofHours(IdempotencyTable.KEPT_HOURS).toMillis()),
        clock::get);
  }

  private static IdempotencyClaim claim(
      IdempotencyKeys keys, String owner, String key, JsonValue body, String callId) {
    return keys.claim(owner, key, body, new TrackedCall(callId, "tool", owner, 0));
  }

  private static IdempotencyClaim.First use(
      IdempotencyKeys keys, String owner, String key, String callId) {
    var first = (IdempotencyClaim.First) claim(keys, owner, key, BODY, callId);
    keys.keep(first).await();
    return first;
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toMillis());
  }

  @Test
  void aKeyIsFirstOnceAndThenNamesTheFirstCall() {
    try (IdempotencyKeys keys = open()) {
      IdempotencyClaim.First first = use(keys, "a", "k", "call_1");
      assertThat(claim(keys, "a", "k", BODY, "call_2"))
          .isEqualTo(new IdempotencyClaim.Running("call_1"));
      assertThat(claim(keys, "b", "k", BODY, "call_3")).isInstanceOf(IdempotencyClaim.First.class);
      assertThatThrownBy(() -> claim(keys, "a", "k", JsonValue.Obj.EMPTY, "call_4"))
          .hasMessageContaining("idempotency.mismatch");
      keys.ended(first, END);
      assertThat(claim(keys, "a", "k", BODY, "call_5"))
          .isEqualTo(new IdempotencyClaim.Over("call_1", END));
    }
  }

  @Test
  void aStartKnowsHowCallsEndedAndWhichHaveNoEnd() {
    try (IdempotencyKeys keys = open()) {
      keys.ended(use(keys, "a", "ended", "call_1"), END);
      use(keys, "a", "open", "call_2");
    }
    try (IdempotencyKeys keys = open()) {
      assertThat(claim(keys, "a", "ended", BODY, "call_3"))
          .isEqualTo(new IdempotencyClaim.Over("call_1", END));
      assertThat(claim(keys, "a", "open", BODY, "call_4"))
          .isEqualTo(new IdempotencyClaim.Unknown("call_2"));
    }
  }

  @Test
  void aKeyOfAStartBeforeIsForgottenAfterItsTimeThoughYoungerOnesStand() {
    Duration hour = Duration.ofHours(1);
    try (IdempotencyKeys keys = open()) {
      for (int i = 0; i < 20; i++) {
        use(keys, "a", "k" + i, "call_" + i);
        pass(hour);
      }
    }
    try (IdempotencyKeys keys = open()) {
      pass(hour.multipliedBy(IdempotencyTable.KEPT_HOURS - 10L));
      for (int i = 0; i < 20; i++) {
        assertThat(claim(keys, "a", "k" + i, BODY, "call_x"))
            .as("key of hour %d", i)
            .isInstanceOf(i <= 10 ? IdempotencyClaim.First.class : IdempotencyClaim.Unknown.class);
      }
    }
  }

  @Test
  void aClockThatWasSetBackKeepsNoKeyForLonger() {
    try (IdempotencyKeys keys = open()) {
      use(keys, "a", "k", "call_1");
    }
    pass(Duration.ofDays(-400));
    try (IdempotencyKeys keys = open()) {
      pass(Duration.ofHours(IdempotencyTable.KEPT_HOURS));
      assertThat(claim(keys, "a", "k", BODY, "call_2")).isInstanceOf(IdempotencyClaim.First.class);
    }
  }

  @Test
  void aKeyThatIsGivenBackIsFirstAgainAfterAStartAsWell() {
    try (IdempotencyKeys keys = open()) {
      keys.release(use(keys, "a", "k", "call_1"));
      assertThat(claim(keys, "a", "k", BODY, "call_2")).isInstanceOf(IdempotencyClaim.First.class);
    }
    try (IdempotencyKeys keys = open()) {
      assertThat(claim(keys, "a", "k", BODY, "call_3")).isInstanceOf(IdempotencyClaim.First.class);
    }
  }

  @Test
  void aKeyThatWasRefusedBeforeItsCallNeverReachesTheDisk() throws Exception {
    try (IdempotencyKeys keys = open()) {
      for (int i = 0; i < 60; i++) {
        keys.release((IdempotencyClaim.First) claim(keys, "a", "k", BODY, "call_" + i));
      }
    }
    assertThat(directory.resolve("journal")).isEmptyFile();
  }

  @Test
  void theFileHoldsAtMostTwiceWhatLivesAndLosesNothingOfIt() throws Exception {
    Path journal = directory.resolve("journal");
    try (IdempotencyKeys keys = open()) {
      keys.ended(use(keys, "a", "first", "call_1"), END);
      for (int i = 0; i < IdempotencyJournal.FEW_LINES; i++) {
        keys.release(use(keys, "a", "k", "call_" + i));
        keys.release(use(keys, "b", "k", "call_" + i));
      }
      use(keys, "a", "last", "call_2");
      assertThat(Files.readAllLines(journal)).hasSizeLessThan(IdempotencyJournal.FEW_LINES + 3);
    }
    try (IdempotencyKeys keys = open()) {
      assertThat(claim(keys, "a", "first", BODY, "call_3"))
          .isEqualTo(new IdempotencyClaim.Over("call_1", END));
      assertThat(claim(keys, "a", "k", BODY, "call_4")).isInstanceOf(IdempotencyClaim.First.class);
      assertThat(claim(keys, "a", "last", BODY, "call_5"))
          .isEqualTo(new IdempotencyClaim.Unknown("call_2"));
    }
  }

  @Test
  void aTornLineIsLeftOutAndTheRestIsKnown() throws Exception {
    try (IdempotencyKeys keys = open()) {
      use(keys, "a", "k", "call_1");
    }
    Path journal = directory.resolve("journal");
    String line = Files.readString(journal);
    assertThat(line).doesNotContain("k ").endsWith("call_1\n");
    String torn = line.replace("call_1\n", "call_1 {\"status\":\"ex");
    Files.writeString(journal, torn, StandardOpenOption.APPEND);
    try (IdempotencyKeys keys = open()) {
      assertThat(claim(keys, "a", "k", BODY, "call_2"))
          .isEqualTo(new IdempotencyClaim.Unknown("call_1"));
    }
  }

  @Test
  void beyondTheBoundANewKeyIsRefusedAndNoOldOneIsForgotten() {
    try (IdempotencyKeys keys = open()) {
      for (int i = 0; i < IdempotencyTable.MOST_OF_ONE; i++) {
        var first = (IdempotencyClaim.First) claim(keys, "a", "k" + i, BODY, "call_" + i);
        if (i == 0) {
          keys.keep(first).await();
        } else {
          keys.keep(first).onFailure(failure -> fail("not kept", failure));
        }
      }
      assertBounded(keys, new IdempotencyClaim.Running("call_0"));
    }
    try (IdempotencyKeys keys = open()) {
      assertBounded(keys, new IdempotencyClaim.Unknown("call_0"));
    }
  }

  @Test
  void atTheBoundOfAllItIsNotSaidThatTheyAreTheCallers() {
    var table = new IdempotencyTable(clock::get, List.of());
    for (int i = 0; i < IdempotencyTable.MOST; i++) {
      table.claim("k" + i, "body", "owner" + i / IdempotencyTable.MOST_OF_ONE, "call_" + i);
    }
    assertThatThrownBy(() -> table.claim("more", "body", "newcomer", "call_x"))
        .hasMessageContaining("idempotency.full")
        .hasMessageContaining("All " + IdempotencyTable.MOST + " places")
        .hasMessageNotContaining("your");
    assertThatThrownBy(() -> table.claim("more", "body", "owner0", "call_x"))
        .hasMessageContaining("of your idempotency keys");
  }

  private static void assertBounded(IdempotencyKeys keys, IdempotencyClaim old) {
    assertThatThrownBy(() -> claim(keys, "a", "more", BODY, "call_x"))
        .hasMessageContaining("idempotency.full");
    assertThat(claim(keys, "a", "k0", BODY, "call_y")).isEqualTo(old);
    assertThat(claim(keys, "b", "more", BODY, "call_z")).isInstanceOf(IdempotencyClaim.First.class);
  }

  /** As on a disk that is full: the call does not run, and its key is nobody's. */
  @Test
  void aKeyThatCannotBeWrittenIsRefusedForNow() {
    var journal = IdempotencyJournal.open(directory.resolve("journal"), 0);
    var keys = new IdempotencyKeys(vertx, journal, clock::get);
    journal.close();
    var first = (IdempotencyClaim.First) claim(keys, "a", "k", BODY, "call_1");
    assertThatThrownBy(() -> keys.keep(first).await())
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> assertThat(refusal.code()).isEqualTo(ProblemCode.GATEWAY_OVERLOADED));
    assertThat(claim(keys, "a", "k", BODY, "call_2")).isInstanceOf(IdempotencyClaim.First.class);
  }
}
