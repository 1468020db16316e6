package dev.chitin.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** One list of fields has one MAC, and no other list of such fields has the same. */
class BootMacTest {
  private final BootMac macs = new BootMac("test.v1");

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theSameFieldsHaveTheSameMacOnEveryThread() throws Exception {
    Consumer<BootMac.Fields> fields =
        f -> f.text("a").text(null).number(7).fixed(utf8("0123456789abcdef")).text("ü".repeat(900));
    byte[] expected = macs.over(fields);
    assertThat(expected).hasSize(32);
    Callable<byte[]> again =
        () -> {
          macs.over(f -> f.text("something longer or shorter in between"));
          return macs.over(fields);
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<byte[]>> others = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        others.add(threads.submit(again));
      }
      for (Future<byte[]> other : others) {
        assertThat(other.get()).isEqualTo(expected);
      }
    }
  }

  @Test
  void listsThatReadAlikeDiffer() {
    List<Consumer<BootMac.Fields>> lists =
        List.of(
            f -> {},
            f -> f.text(null),
            f -> f.text(""),
            f -> f.text("").text(""),
            f -> f.text("ab"),
            f -> f.text("a").text("b"),
            f -> f.text("b").text("a"),
            f -> f.number(1),
            f -> f.number(1L << 56),
            f -> f.text("ab").text(null),
            f -> f.text("ab").number(2));
    assertThat(lists.stream().map(list -> Bytes.adopt(macs.over(list))).distinct())
        .hasSize(lists.size());
  }

  @Test
  void eachHasItsOwnKey() {
    Consumer<BootMac.Fields> fields = f -> f.text("a");
    assertThat(new BootMac("test.v1").over(fields)).isNotEqualTo(macs.over(fields));
  }

  @Test
  void domainsUnderOneKeyAreApart() {
    Consumer<BootMac.Fields> fields = f -> f.text("a");
    byte[] one = new BootMac("test.v1", key()).over(fields);
    assertThat(new BootMac("test.v1", key()).over(fields)).isEqualTo(one);
    assertThat(new BootMac("test.v2", key()).over(fields)).isNotEqualTo(one);
    assertThat(new BootMac("test.v", key()).over(f -> f.fixed(utf8("1")).text("a")))
        .isNotEqualTo(one);
  }

  /** What is said of the encoding, put together by hand. */
  @Test
  void itIsTheHmacOfTheEncodingAsItIsSaid() throws Exception {
    Mac hmac = Mac.getInstance("HmacSHA256");
    hmac.init(new SecretKeySpec(key(), "HmacSHA256"));
    hmac.update(utf8("test.v1\0"));
    hmac.update(utf8("0123456789abcdef"));
    hmac.update(new byte[] {0, 0, 0, 0, 0, 0, 0, 3});
    hmac.update(new byte[] {'a', (byte) 0xC3, (byte) 0xBC});
    hmac.update(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
    hmac.update(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    assertThat(
            new BootMac("test.v1", key())
                .over(
                    f ->
                        f.fixed(utf8("0123456789abcdef"))
                            .text("aü")
                            .text(null)
                            .number(0x0102030405060708L)))
        .isEqualTo(hmac.doFinal());
  }

  @Test
  void theKeyIsWipedWhereItCameFrom() {
    byte[] key = key();
    assertThat(new BootMac("test.v1", key).over(f -> {})).hasSize(32);
    assertThat(key).containsOnly(0);
  }

  private static byte[] key() {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) 7);
    return key;
  }

  /** What a writer left behind when it failed is not in the next MAC. */
  @Test
  void aWriterThatFailsLeavesNothing() {
    byte[] expected = macs.over(f -> f.text("a"));
    try {
      macs.over(
          f -> {
            f.text("half");
            throw new IllegalStateException("on purpose");
          });
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("on purpose");
    }
    assertThat(macs.over(f -> f.text("a"))).isEqualTo(expected);
  }
}
