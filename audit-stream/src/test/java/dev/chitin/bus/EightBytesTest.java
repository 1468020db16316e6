package dev.chitin.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EightBytesTest {
  private final Random random = new Random(8);

  private byte[] bytes() {
    byte[] bytes = new byte[EightBytes.COUNT];
    random.nextBytes(bytes);
    if (random.nextBoolean()) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (0x20 + (bytes[i] & 0x3F)); // mostly printable, with many of them equal
      }
    }
    return bytes;
  }

  private interface Asked {
    boolean of(byte one);
  }

  private static int first(byte[] bytes, Asked asked) {
    for (int i = 0; i < bytes.length; i++) {
      if (asked.of(bytes[i])) {
        return i;
      }
    }
    return -1;
  }

  private static int first(long found) {
    return found == 0 ? -1 : EightBytes.first(found);
  }

  @Test
  void theFirstOfEachKindIsFound() {
    long quotes = EightBytes.of('"');
    int found = 0;
    for (int i = 0; i < 1_000_000; i++) {
      byte[] bytes = bytes();
      long eight = EightBytes.at(bytes, 0);
      int quote = first(bytes, one -> one == '"');
      assertThat(first(EightBytes.equal(eight, quotes))).isEqualTo(quote);
      assertThat(first(EightBytes.unprintable(eight))).isEqualTo(first(bytes, one -> one < 0x20));
      found += quote >= 0 ? 1 : 0;
    }
    assertThat(found).isGreaterThan(10_000);
  }

  @Test
  void wordsOfBothKindsJoinedGiveTheFirstOfEither() {
    byte[] text = "abcde\\\"f".getBytes(StandardCharsets.US_ASCII);
    long eight = EightBytes.at(text, 0);
    long either =
        EightBytes.equal(eight, EightBytes.of('"')) | EightBytes.equal(eight, EightBytes.of('\\'));
    assertThat(EightBytes.first(either)).isEqualTo(5);
  }
}
