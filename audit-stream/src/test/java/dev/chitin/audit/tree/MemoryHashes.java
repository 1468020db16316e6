package dev.chitin.audit.tree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Hashes of all levels in memory, for entry i = {"i":i}. */
final class MemoryHashes implements HashReader {
  private final List<List<byte[]>> levels = new ArrayList<>();
  private final TileBuilder builder =
      new TileBuilder((level, index, hash) -> levels.get(level).add(hash.clone()));

  MemoryHashes() {
    for (int i = 0; i < TileBuilder.LEVELS; i++) {
      levels.add(new ArrayList<>());
    }
  }

  static MemoryHashes of(int size) throws java.io.IOException {
    var hashes = new MemoryHashes();
    for (int i = 0; i < size; i++) {
      hashes.add(i);
    }
    return hashes;
  }

  static byte[] leaf(long i) {
    return new TreeHash().leaf(("{\"i\":" + i + "}").getBytes(StandardCharsets.US_ASCII));
  }

  void add(long i) throws java.io.IOException {
    builder.add(leaf(i));
  }

  List<byte[]> level(int level) {
    return levels.get(level);
  }

  @Override
  public byte[] read(int level, long first, int count) {
    byte[] row = new byte[count * TreeHash.BYTES];
    for (int i = 0; i < count; i++) {
      System.arraycopy(
          levels.get(level).get((int) first + i), 0, row, i * TreeHash.BYTES, TreeHash.BYTES);
    }
    return row;
  }
}
