package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenedKeysTest {
  private final OpenedKeys opened = new OpenedKeys();
  private final List<Byte> unwrapped = new ArrayList<>();

  @AfterEach
  void close() {
    opened.close();
  }

  /** A record whose key id begins with {@code id}; {@code keys} stands for what it wraps. */
  private static byte[] record(int id, int keys) {
    byte[] record = new byte[SubjectFile.RECORD];
    record[SubjectFile.LOOKUP] = (byte) id;
    record[SubjectFile.RECORD - 1] = (byte) keys;
    return record;
  }

  private Consumer<MemorySegment> unwrap(byte[] record) {
    byte keys = record[SubjectFile.RECORD - 1];
    return into -> {
      unwrapped.add(keys);
      into.fill(keys);
    };
  }

  private Optional<byte[]> use(byte[] record) {
    return opened.use(record, unwrap(record), keys -> keys.toArray(ValueLayout.JAVA_BYTE));
  }

  private static byte[] all(int keys) {
    byte[] all = new byte[OpenedKeys.LENGTH];
    Arrays.fill(all, (byte) keys);
    return all;
  }

  @Test
  void keysAreUnwrappedOnce() {
    for (int i = 0; i < 3; i++) {
      assertThat(use(record(1, 10))).contains(all(10));
      assertThat(use(record(2, 20))).contains(all(20));
    }
    assertThat(unwrapped).containsExactly((byte) 10, (byte) 20);
    assertThat(opened.holds(record(1, 10))).isTrue();
  }

  /** Places are fewer than ids, and ids may begin alike. */
  @Test
  void noRecordIsGivenTheKeysOfAnother() {
    for (int round = 0; round < 2; round++) {
      for (int id = 0; id < 256; id++) {
        assertThat(use(record(id, id))).contains(all(id));
        assertThat(use(record(id, id ^ 1))).contains(all(id ^ 1));
      }
    }
    assertThat(use(record(7, 1))).contains(all(1));
    assertThat(use(record(7, 2))).contains(all(2));
    assertThat(opened.holds(record(7, 1))).isFalse();
  }

  @Test
  void forgottenKeysAreWiped() {
    byte[] record = record(3, 30);
    MemorySegment keys = opened.use(record, unwrap(record), place -> place).orElseThrow();
    assertThat(keys.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(all(30));
    opened.forget(record(3, 31));
    assertThat(keys.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(all(30));
    opened.forget(record);
    assertThat(keys.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(all(0));
    assertThat(opened.holds(record)).isFalse();
    assertThat(use(record)).contains(all(30));
  }

  @Test
  void whatCannotBeUnwrappedIsNotHeld() {
    use(record(4, 40));
    byte[] damaged = record(4, 41);
    Consumer<MemorySegment> fails =
        into -> {
          throw new IllegalStateException("damaged");
        };
    assertThatThrownBy(() -> opened.use(damaged, fails, keys -> keys)).hasMessage("damaged");
    assertThat(opened.holds(damaged)).isFalse();
    assertThat(opened.holds(record(4, 40))).isFalse();
    assertThat(use(record(4, 40))).contains(all(40));
  }

  @Test
  void nobodyWaitsForWhoIsAtWork() {
    byte[] record = record(5, 50);
    Optional<Optional<byte[]>> meanwhile =
        opened.use(
            record,
            unwrap(record),
            keys -> CompletableFuture.supplyAsync(() -> use(record)).join());
    assertThat(meanwhile).contains(Optional.empty());
  }
}
