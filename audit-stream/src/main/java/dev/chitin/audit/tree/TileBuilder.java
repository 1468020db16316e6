package dev.chitin.audit.tree;

import java.io.IOException;

/**
 * Turns a sequence of leaf hashes into the hashes of all levels of tiles: each hash of each level
 * once, in the order of its level. Holds one unfinished tile for each level, so its memory does not
 * grow with the tree. Not safe for use by several threads.
 */
public final class TileBuilder {
  /** Levels that a tree of less than 2^63 leaves has. */
  public static final int LEVELS = 8;

  private static final int TILE_BYTES = StoredTree.TILE_WIDTH * TreeHash.BYTES;

  /** Takes each finished hash. */
  @FunctionalInterface
  public interface Sink {

    /** Hash {@code index} of {@code level}; the 32 bytes of {@code hash} are the sink's. */
    void accept(int level, long index, byte[] hash) throws IOException;
  }

  private final TreeHash hash = new TreeHash();
  private final Sink sink;
  private final byte[][] open = new byte[LEVELS][];
  private final long[] counts = new long[LEVELS];

  /** The empty tree. */
  public TileBuilder(Sink sink) {
    this.sink = sink;
  }

  /** Goes on from {@code size} leaves, whose unfinished tiles are read from {@code stored}. */
  public static TileBuilder resume(long size, HashReader stored, Sink sink) throws IOException {
    var builder = new TileBuilder(sink);
    for (int level = 0; level < LEVELS; level++) {
      long count = size >>> (StoredTree.TILE_HEIGHT * level);
      int width = (int) (count % StoredTree.TILE_WIDTH);
      builder.counts[level] = count;
      if (width > 0) {
        byte[] row = stored.read(level, count - width, width);
        System.arraycopy(row, 0, builder.tile(level), 0, row.length);
      }
    }
    return builder;
  }

  /** How many leaves there are. */
  public long size() {
    return counts[0];
  }

  /** Adds a leaf; the array is the sink's from now on. */
  public void add(byte[] leaf) throws IOException {
    byte[] next = leaf;
    for (int level = 0; ; level++) {
      long index = counts[level]++;
      int place = (int) (index % StoredTree.TILE_WIDTH);
      byte[] tile = tile(level);
      System.arraycopy(next, 0, tile, place * TreeHash.BYTES, TreeHash.BYTES);
      sink.accept(level, index, next);
      if (place < StoredTree.TILE_WIDTH - 1) {
        return;
      }
      next = StoredTree.root(hash, tile, StoredTree.TILE_WIDTH);
    }
  }

  private byte[] tile(int level) {
    byte[] tile = open[level];
    if (tile == null) {
      tile = new byte[TILE_BYTES];
      open[level] = tile;
    }
    return tile;
  }
}
