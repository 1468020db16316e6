package dev.chitin.audit.log;

import dev.chitin.audit.LogFault;
import dev.chitin.audit.tree.Frontier;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.audit.tree.TileBuilder;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Digest;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Builds the tree from the entries anew and holds each stored hash, and certain roots, against it.
 */
final class TreeCheck {
  private static final int WIDTH = StoredTree.TILE_WIDTH;

  private final TileSource stored;
  private final boolean complete;
  private final Set<Long> watched;
  private final Map<Long, Digest> roots = new HashMap<>();
  private final Frontier frontier = new Frontier(new TreeHash());
  private final TileBuilder builder = new TileBuilder(this::compare);
  private final byte[][] tiles = new byte[TileBuilder.LEVELS][0];
  private final long[] tileIndexes = new long[TileBuilder.LEVELS];
  private @Nullable LogFault fault;

  /**
   * @param complete whether each hash has to be there
   * @param watched sizes whose roots are asked for later
   */
  TreeCheck(TileSource stored, boolean complete, Set<Long> watched) {
    this.stored = stored;
    this.complete = complete;
    this.watched = watched;
    watch();
  }

  /** Adds the next entry's leaf hash. */
  void add(byte[] leaf) throws IOException {
    frontier.append(leaf);
    builder.add(leaf);
    watch();
  }

  private void watch() {
    if (watched.contains(frontier.size())) {
      roots.put(frontier.size(), Digest.ofBytes(frontier.root()));
    }
  }

  /** The root of that size, if it was watched for and the tree got there. */
  Optional<Digest> root(long size) {
    return Optional.ofNullable(roots.get(size));
  }

  long size() {
    return frontier.size();
  }

  Digest root() {
    return Digest.ofBytes(frontier.root());
  }

  /** The first stored hash that is not that of the entries. */
  Optional<LogFault> fault() {
    return Optional.ofNullable(fault);
  }

  /** Whether the stored leaf hash of entry {@code index} is there and is another one. */
  boolean contradicts(long index, byte[] leaf) throws IOException {
    Optional<byte[]> known = stored(0, index);
    return known.isPresent() && !Arrays.equals(known.get(), leaf);
  }

  private void compare(int level, long index, byte[] hash) throws IOException {
    if (fault != null) {
      return;
    }
    Optional<byte[]> known = stored(level, index);
    if (known.isPresent() ? !Arrays.equals(known.get(), hash) : complete) {
      String what =
          known.isEmpty()
              ? "the tile ends before this hash of level " + level
              : level == 0
                  ? "the stored hash is not that of the entry"
                  : "the stored hash of level " + level + " is not that of its entries";
      int place = (int) (index % WIDTH);
      fault =
          new LogFault(
              index << (8 * level),
              stored.name(level, index / WIDTH),
              stored.offset(index / WIDTH, place),
              what);
    }
  }

  private Optional<byte[]> stored(int level, long index) throws IOException {
    byte[] tile = tiles[level];
    if (tile.length == 0 || tileIndexes[level] != index / WIDTH) {
      tile = stored.tile(level, index / WIDTH);
      tiles[level] = tile;
      tileIndexes[level] = index / WIDTH;
    }
    int at = (int) (index % WIDTH) * TreeHash.BYTES;
    return at + TreeHash.BYTES <= tile.length
        ? Optional.of(Arrays.copyOfRange(tile, at, at + TreeHash.BYTES))
        : Optional.empty();
  }
}
