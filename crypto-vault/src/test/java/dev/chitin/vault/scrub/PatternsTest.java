package dev.chitin.vault.scrub;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class PatternsTest {
  private static int size(Arena arena, String text) {
    MemorySegment secret = arena.allocate(text.length());
    for (int i = 0; i < text.length(); i++) {
      secret.set(ValueLayout.JAVA_BYTE, i, (byte) text.charAt(i));
    }
    return Patterns.none(Patterns.newKey(arena)).with(secret).size();
  }

  /**
   * What stands in a text where a secret might begin is compared with each form that begins so:
   * whoever repeats the beginning of a key makes the search as slow as there are such forms.
   */
  @Test
  void formsThatDoNotDifferAreOne() {
    try (Arena arena = Arena.ofConfined()) {
      assertThat(size(arena, "ck_fake0letters0and0digits0alone"))
          .as(
              "plain; hexadecimal, all percent and all unicode in two cases; base64 in three places")
          .isEqualTo(1 + 6 + 3);
      assertThat(size(arena, "a fake\u00e9 \"secret\" /with <all>\n*+=~?"))
          .as("one that each form writes in its own way, base64 for URLs too")
          .isGreaterThan(16);
    }
  }
}
