package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NoncesTest {
  private static final int THREADS = 4;
  private static final int EACH = 20_000;

  private final Nonces nonces = new Nonces();

  private String next() {
    byte[] nonce = new byte[12];
    nonces.next(nonce, 0);
    return HexFormat.of().formatHex(nonce);
  }

  @Test
  void noneIsGivenTwiceWhoeverAsks() throws Exception {
    Set<String> given = ConcurrentHashMap.newKeySet();
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      for (Future<?> one :
          IntStream.range(0, THREADS)
              .mapToObj(
                  thread ->
                      threads.submit(
                          () -> IntStream.range(0, EACH).forEach(i -> given.add(next()))))
              .toList()) {
        one.get();
      }
    }
    assertThat(given).hasSize(THREADS * EACH);
  }

  @Test
  void itIsWrittenWhereItWasAskedForAndNowhereElse() {
    byte[] all = new byte[36];
    nonces.next(all, 12);
    assertThat(Arrays.copyOf(all, 12)).containsOnly(0);
    assertThat(Arrays.copyOfRange(all, 12, 24)).isNotEqualTo(new byte[12]);
    assertThat(Arrays.copyOfRange(all, 24, 36)).containsOnly(0);
  }

  @Test
  void anotherGivesOthers() {
    String first = next();
    byte[] other = new byte[12];
    new Nonces().next(other, 0);
    assertThat(HexFormat.of().formatHex(other)).isNotEqualTo(first);
  }
}
