package dev.chitin.vault.scrub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated // It looks at what the whole process has of secret memory.
class LiveSecretsTest {

  private static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes(UTF_8));
  }

  @Test
  void aLeakIsTakenOutToTheEndOfItsWordAndRaisesAnAlarm() {
    try (var live = new LiveSecrets()) {
      List<String> alarms = new ArrayList<>();
      live.onAlarm(alarms::add);
      String secret = "fake-secret-" + "x".repeat(300);
      live.remember("t a 1", bytes(secret));
      assertThat(live.clean("log", "token=" + secret + ", next"))
          .isEqualTo("token=[chitin:redacted], next");
      String basic = Base64.getEncoder().encodeToString(("user:" + secret).getBytes(UTF_8));
      assertThat(live.clean("answer", "Basic " + basic + " end"))
          .endsWith("[chitin:redacted] end")
          .doesNotContain(basic.substring(20, 40));
      assertThat(alarms).containsExactly("log", "answer");
      assertThat(live.alarms()).isEqualTo(2);
      String innocent = "nothing here";
      assertThat(live.clean("log", innocent)).isSameAs(innocent);
    }
  }

  @Test
  void anAlarmThatLeaksItselfDoesNotRaiseAnother() {
    try (var live = new LiveSecrets()) {
      List<String> alarms = new ArrayList<>();
      live.onAlarm(place -> alarms.add(live.clean(place, "again fake-secret-1234")));
      live.remember("t a 1", bytes("fake-secret-1234"));
      live.clean("log", "fake-secret-1234");
      assertThat(alarms).containsExactly("again [chitin:redacted]");
    }
  }

  @Test
  void theOldestMakesRoomAndNoMemoryIsKept() {
    long before = SecretMemory.use().usedBytes();
    try (var live = new LiveSecrets()) {
      for (int i = 0; i <= LiveSecrets.MOST; i++) {
        live.remember("t s" + i + " 1", bytes("fake-secret-number-" + i + "-end"));
      }
      assertThat(live.knows("t s0 1")).isFalse();
      assertThat(live.clean("log", "fake-secret-number-0-end"))
          .isEqualTo("fake-secret-number-0-end");
      assertThat(live.clean("log", "fake-secret-number-256-end")).isEqualTo("[chitin:redacted]");
      live.forget("t s256 ");
      assertThat(live.clean("log", "fake-secret-number-256-end"))
          .isEqualTo("fake-secret-number-256-end");
    }
    assertThat(SecretMemory.use().usedBytes()).isEqualTo(before);
  }
}
