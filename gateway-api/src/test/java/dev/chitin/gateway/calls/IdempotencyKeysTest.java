package dev.chitin.gateway.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.json.JsonValue;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdempotencyKeysTest {
  private static final JsonValue.Obj BODY = JsonValue.object().put("n", 1).build();

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
            clock.get() - Duration.ofHours(IdempotencyKeys.KEPT_HOURS).toMillis()),
        clock::get);
  }

  private static IdempotencyKeys.Claim claim(
      IdempotencyKeys keys, String owner, String key, JsonValue body, String callId) {
    return keys.claim(owner, key, body, new TrackedCall(callId, "tool", owner, 0)).await();
  }

  @Test
  void aKeyIsFirstOnceAndThenNamesTheFirstCall() {
    try (IdempotencyKeys keys = open()) {
      assertThat(claim(keys, "a", "k", BODY, "call_1"))
          .isInstanceOf(IdempotencyKeys.Claim.First.class);
      assertThat(claim(keys, "a", "k", BODY, "call_2"))
          .isEqualTo(new IdempotencyKeys.Claim.Again("call_1"));
      assertThat(claim(keys, "b", "k", BODY, "call_3"))
          .isInstanceOf(IdempotencyKeys.Claim.First.class);
      assertThatThrownBy(() -> claim(keys, "a", "k", JsonValue.Obj.EMPTY, "call_4"))
          .hasMessageContaining("idempotency.mismatch");
    }
  }

  @Test
  void aStartKnowsWhatWasUsedBeforeAndForgetsItAfterItsTime() {
    try (IdempotencyKeys keys = open()) {
      claim(keys, "a", "k", BODY, "call_1");
    }
    try (IdempotencyKeys keys = open()) {
      assertThat(claim(keys, "a", "k", BODY, "call_2"))
          .isEqualTo(new IdempotencyKeys.Claim.Again("call_1"));
      clock.addAndGet(Duration.ofHours(IdempotencyKeys.KEPT_HOURS).toMillis() + 1);
      assertThat(claim(keys, "a", "other", BODY, "call_3"))
          .isInstanceOf(IdempotencyKeys.Claim.First.class);
      assertThat(claim(keys, "a", "k", BODY, "call_4"))
          .isInstanceOf(IdempotencyKeys.Claim.First.class);
    }
  }

  @Test
  void aKeyThatIsGivenBackIsFirstAgain() {
    try (IdempotencyKeys keys = open()) {
      claim(keys, "a", "k", BODY, "call_1");
      keys.release("a", "tool", "k");
      assertThat(claim(keys, "a", "k", BODY, "call_2"))
          .isInstanceOf(IdempotencyKeys.Claim.First.class);
    }
  }

  @Test
  void aTornLineIsLeftOutAndTheRestIsKnown() throws Exception {
    try (IdempotencyKeys keys = open()) {
      claim(keys, "a", "k", BODY, "call_1");
    }
    Path journal = directory.resolve("journal");
    assertThat(Files.readString(journal)).doesNotContain("k ").endsWith("call_1\n");
    Files.writeString(journal, "1000000000000 abc", StandardOpenOption.APPEND);
    try (IdempotencyKeys keys = open()) {
      assertThat(claim(keys, "a", "k", BODY, "call_2"))
          .isEqualTo(new IdempotencyKeys.Claim.Again("call_1"));
    }
  }

  @Test
  void beyondTheBoundANewKeyIsRefusedAndNoOldOneIsForgotten() {
    try (IdempotencyKeys keys = open()) {
      for (int i = 0; i < IdempotencyKeys.MOST_OF_ONE; i++) {
        claim(keys, "a", "k" + i, BODY, "call_" + i);
      }
      assertThatThrownBy(() -> claim(keys, "a", "more", BODY, "call_x"))
          .hasMessageContaining("idempotency.full");
      assertThat(claim(keys, "a", "k0", BODY, "call_y"))
          .isEqualTo(new IdempotencyKeys.Claim.Again("call_0"));
      assertThat(claim(keys, "b", "more", BODY, "call_z"))
          .isInstanceOf(IdempotencyKeys.Claim.First.class);
    }
  }
}
