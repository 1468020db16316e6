package dev.chitin.audit.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What rules remember stays within its bound, and the right one is forgotten. */
class BoundedMemoryTest {
  private static final int MOST = 3;

  private static void fill(BoundedMemory<String, Integer> memory) {
    for (int i = 0; i < MOST; i++) {
      memory.put("k" + i, i);
    }
  }

  private static byte[] written(BoundedMemory<String, Integer> memory) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    memory.write(
        out,
        (key, value) -> {
          out.writeUTF(key);
          out.writeInt(value);
        });
    return bytes.toByteArray();
  }

  private static void read(BoundedMemory<String, Integer> memory, byte[] bytes) throws IOException {
    var in = new DataInputStream(new ByteArrayInputStream(bytes));
    memory.read(in, () -> Map.entry(in.readUTF(), in.readInt()));
  }

  @Test
  void neverHoldsMoreThanItsBoundHoweverKeysCome() {
    BoundedMemory<String, Integer> used = BoundedMemory.byUse(MOST);
    BoundedMemory<String, Integer> arrived = BoundedMemory.byArrival(MOST);
    for (int i = 0; i < 1_000; i++) {
      used.put("put" + i, i);
      used.computeIfAbsent("computed" + i, key -> 1);
      arrived.put("put" + i, i);
      arrived.computeIfAbsent("computed" + i, key -> 1);
      assertThat(used.size()).isLessThanOrEqualTo(MOST);
      assertThat(arrived.size()).isLessThanOrEqualTo(MOST);
    }
    assertThat(used.size()).isEqualTo(MOST);
    assertThat(arrived.size()).isEqualTo(MOST);
    assertThat(used.get("computed999")).isEqualTo(1);
    assertThat(arrived.get("put999")).isEqualTo(999);
  }

  @Test
  void forgetsWhatWasUsedLongestAgo() {
    BoundedMemory<String, Integer> memory = BoundedMemory.byUse(MOST);
    fill(memory);
    assertThat(memory.get("k0")).isZero();
    assertThat(memory.computeIfAbsent("k1", key -> 99)).isEqualTo(1);

    memory.put("new", 4);

    assertThat(memory.get("k2")).as("not used since it came").isNull();
    assertThat(memory.get("k0")).isZero();
    assertThat(memory.get("k1")).isEqualTo(1);
  }

  @Test
  void forgetsWhatCameFirstThoughItWasUsed() {
    BoundedMemory<String, Integer> memory = BoundedMemory.byArrival(MOST);
    fill(memory);
    assertThat(memory.get("k0")).isZero();
    assertThat(memory.put("k0", 7)).isZero();

    memory.put("new", 4);

    assertThat(memory.get("k0")).isNull();
    assertThat(memory.get("k1")).isEqualTo(1);
  }

  @Test
  void whatIsRemovedAndPutAgainIsTheNewest() {
    BoundedMemory<String, Integer> memory = BoundedMemory.byArrival(MOST);
    fill(memory);
    memory.remove("k0");
    memory.put("k0", 7);

    memory.put("new", 4);

    assertThat(memory.get("k1")).isNull();
    assertThat(memory.get("k0")).isEqualTo(7);
  }

  @Test
  void isReadAsItWasWrittenWithTheSameOneForgottenNext() throws IOException {
    BoundedMemory<String, Integer> memory = BoundedMemory.byUse(MOST);
    fill(memory);
    memory.get("k0");
    BoundedMemory<String, Integer> copy = BoundedMemory.byUse(MOST);
    copy.put("before", 1);

    read(copy, written(memory));
    copy.put("new", 4);

    assertThat(copy.get("before")).isNull();
    assertThat(copy.get("k1")).isNull();
    assertThat(copy.get("k0")).isZero();
    assertThat(copy.get("k2")).isEqualTo(2);
  }

  @Test
  void refusesToReadMoreThanItsBoundAndKeepsWhatItHas() throws IOException {
    BoundedMemory<String, Integer> larger = BoundedMemory.byUse(MOST + 1);
    fill(larger);
    larger.put("one more", 4);
    byte[] tooMany = written(larger);
    byte[] negative = {-1, -1, -1, -1};
    BoundedMemory<String, Integer> memory = BoundedMemory.byUse(MOST);
    memory.put("kept", 1);

    assertThatThrownBy(() -> read(memory, tooMany)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read(memory, negative)).isInstanceOf(IOException.class);

    assertThat(memory.get("kept")).isEqualTo(1);
  }
}
