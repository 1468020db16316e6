package dev.chitin.bus;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Against the examples of FIPS 180-4, however often and from wherever it is asked. */
class DigestTest {
  private static final String OF_ABC =
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  private static final String OF_NOTHING =
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  @Test
  void itIsThatOfAllPartsTogether() {
    assertThat(Digest.of()).hasToString(OF_NOTHING);
    assertThat(Digest.of(ascii("abc"))).hasToString(OF_ABC);
    assertThat(Digest.of(ascii("a"), ascii(""), ascii("bc"))).hasToString(OF_ABC);
    assertThat(Digest.ofUtf8("abc")).hasToString(OF_ABC);
  }

  @Test
  @SuppressWarnings("NullAway") // what must not be given is given on purpose
  void oneThatFailedHalfWayLeavesNothingBehind() {
    byte[] missing = null;
    assertThatThrownBy(() -> Digest.of(ascii("half"), missing))
        .isInstanceOf(NullPointerException.class);
    assertThat(Digest.of(ascii("abc"))).hasToString(OF_ABC);
  }

  @Test
  void threadsDoNotDisturbEachOther() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Digest>> all = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        all.add(threads.submit(() -> Digest.of(ascii("a"), ascii("bc"))));
      }
      for (Future<Digest> one : all) {
        assertThat(one.get()).hasToString(OF_ABC);
      }
    }
  }
}
