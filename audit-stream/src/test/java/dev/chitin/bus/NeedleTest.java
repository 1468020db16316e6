package dev.chitin.bus;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class NeedleTest {

  @Test
  void itIsFoundWhereStringsFindIt() {
    var random = new Random(7);
    int found = 0;
    for (int i = 0; i < 50_000; i++) {
      // Few letters, so that much of a needle is often there without the rest.
      String hay = letters(random, random.nextInt(40));
      String needle = letters(random, 1 + random.nextInt(6));
      int at = Needle.of(needle).indexIn(hay.getBytes(ISO_8859_1));
      assertThat(at).as("%s in %s", needle, hay).isEqualTo(hay.indexOf(needle));
      found += at >= 0 ? 1 : 0;
    }
    assertThat(found).isBetween(1_000, 49_000);
  }

  private static String letters(Random random, int count) {
    var text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) ('a' + random.nextInt(3)));
    }
    return text.toString();
  }

  @Test
  void bytesBeyondAsciiAreLookedForAsUtf8() {
    byte[] hay = "{\"name\":\"żółw\"}".getBytes(UTF_8);
    assertThat(Needle.of("żółw").isIn(hay)).isTrue();
    assertThat(Needle.of("żółta").isIn(hay)).isFalse();
  }

  @Test
  void nothingIsNoNeedle() {
    assertThatThrownBy(() -> Needle.of("")).isInstanceOf(IllegalArgumentException.class);
  }
}
