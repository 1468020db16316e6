package dev.chitin.audit.alert;

import dev.chitin.bus.Digest;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * What somebody is used to, as fingerprints. For a time after its first appearance an owner is
 * learned of; after it, what was not seen before is new, once. Owners and pairs are bounded: those
 * that came longest ago are forgotten first, and an owner that was forgotten is learned anew.
 */
final class Habits {
  static final int MOST_OWNERS = 16_384;
  static final int MOST_PAIRS = 65_536;
  private static final int MOST_FINGERPRINTS = 1_024;

  private final long learningMillis;

  /** Of texts that were met lately. */
  private final BoundedMemory<String, Long> fingerprints = BoundedMemory.byUse(MOST_FINGERPRINTS);

  private final BoundedMemory<Long, Long> owners = BoundedMemory.byUse(MOST_OWNERS);
  private final BoundedMemory<Long, Long> pairs = BoundedMemory.byUse(MOST_PAIRS);

  Habits(long learningMillis) {
    this.learningMillis = learningMillis;
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

  private long fingerprint(String text) {
    return fingerprints.computeIfAbsent(
        text, first -> ByteBuffer.wrap(Digest.ofUtf8(first).borrow()).getLong());
  }

  void write(DataOutputStream out) throws IOException {
    write(out, owners);
    write(out, pairs);
  }

  private static void write(DataOutputStream out, BoundedMemory<Long, Long> memory)
      throws IOException {
    memory.write(
        out,
        (fingerprint, millis) -> {
          out.writeLong(fingerprint);
          out.writeLong(millis);
        });
  }

  void read(DataInputStream in) throws IOException {
    owners.read(in, () -> Map.entry(in.readLong(), in.readLong()));
    pairs.read(in, () -> Map.entry(in.readLong(), in.readLong()));
  }
}
