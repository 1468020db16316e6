package dev.chitin.audit.alert;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a rule remembers of its subjects: a bounded number of them, so that nobody fills the memory
 * by making subjects up. At the bound the oldest is forgotten for each that comes. For one thread.
 */
final class BoundedMemory<K, V> {
  private final int most;
  private final Map<K, V> map;

  /** Writes one entry. */
  @FunctionalInterface
  interface Writer<K, V> {
    void write(K key, V value) throws IOException;
  }

  /** Reads one entry as {@link Writer} left it. */
  @FunctionalInterface
  interface Reader<K, V> {
    Map.Entry<K, V> read() throws IOException;
  }

  private BoundedMemory(int most, boolean byUse) {
    this.most = most;
    this.map =
        new LinkedHashMap<>(16, 0.75f, byUse) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
          }
        };
  }

  /**
   * The oldest is the one whose last use, a read or a write, is longest ago.
   *
   * @param most keys that are remembered
   */
  static <K, V> BoundedMemory<K, V> byUse(int most) {
    return new BoundedMemory<>(most, true);
  }

  /**
   * The oldest is the one that came first, whatever is read or written of it since.
   *
   * @param most keys that are remembered
   */
  static <K, V> BoundedMemory<K, V> byArrival(int most) {
    return new BoundedMemory<>(most, false);
  }

  @Nullable V get(K key) {
    return map.get(key);
  }

  /** The value of {@code key}; one that is not known is made and remembered. */
  V computeIfAbsent(K key, Function<K, V> first) {
    return map.computeIfAbsent(key, first);
  }

  /** Gives the value before, or null. */
  @Nullable V put(K key, V value) {
    return map.put(key, value);
  }

  void remove(K key) {
    map.remove(key);
  }

  /** How many keys are remembered. */
  int size() {
    return map.size();
  }

  /** Writes the number of entries as u32, then each, the oldest first. */
  void write(DataOutputStream out, Writer<K, V> writer) throws IOException {
    out.writeInt(map.size());
    for (Map.Entry<K, V> entry : map.entrySet()) {
      writer.write(entry.getKey(), entry.getValue());
    }
  }

  /**
   * Replaces all by what {@link #write} wrote.
   *
   * @throws IOException when it cannot be read, or is more than the bound
   */
  void read(DataInputStream in, Reader<K, V> reader) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > most) {
      throw new IOException("more than there can be");
    }
    map.clear();
    for (int i = 0; i < count; i++) {
      Map.Entry<K, V> entry = reader.read();
      map.put(entry.getKey(), entry.getValue());
    }
  }
}
