package dev.chitin.audit.alert;

import dev.chitin.bus.Digest;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What somebody is used to, as fingerprints. For a time after its first appearance an owner is
 * learned of; after it, what was not seen before is new, once. Owners and pairs are bounded: those
 * that came longest ago are forgotten first, and an owner that was forgotten is learned anew.
 */
final class Habits {
  static final int MOST_OWNERS = 16_384;
  static final int MOST_PAIRS = 65_536;

  private final long learningMillis;
  private final Map<Long, Long> owners = bounded(MOST_OWNERS);
  private final Map<Long, Long> pairs = bounded(MOST_PAIRS);

  Habits(long learningMillis) {
    this.learningMillis = learningMillis;
  }

  private static Map<Long, Long> bounded(int most) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
        return size() > most;
      }
    };
  }

  /** Whether {@code owner} is known well enough and never had to do with {@code thing}. */
  boolean isNew(String owner, String thing, long millis) {
    long since = owners.computeIfAbsent(fingerprint(owner), first -> millis);
    boolean first = pairs.put(fingerprint(owner + '\n' + thing), millis) == null;
    return first && millis - since >= learningMillis;
  }

  int size() {
    return owners.size() + pairs.size();
  }

  private static long fingerprint(String text) {
    return ByteBuffer.wrap(Digest.ofUtf8(text).borrow()).getLong();
  }

  void write(DataOutputStream out) throws IOException {
    write(out, owners);
    write(out, pairs);
  }

  private static void write(DataOutputStream out, Map<Long, Long> map) throws IOException {
    out.writeInt(map.size());
    for (Map.Entry<Long, Long> entry : map.entrySet()) {
      out.writeLong(entry.getKey());
      out.writeLong(entry.getValue());
    }
  }

  void read(DataInputStream in) throws IOException {
    read(in, owners, MOST_OWNERS);
    read(in, pairs, MOST_PAIRS);
  }

  private static void read(DataInputStream in, Map<Long, Long> map, int most) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > most) {
      throw new IOException("more than there can be");
    }
    map.clear();
    for (int i = 0; i < count; i++) {
      map.put(in.readLong(), in.readLong());
    }
  }
}
