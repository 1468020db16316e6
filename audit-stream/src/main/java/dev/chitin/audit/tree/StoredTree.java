package dev.chitin.audit.tree;

import dev.chitin.bus.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Roots and proofs of a tree whose hashes are stored (RFC 6962 sections 2.1, 2.1.1 and 2.1.2). A
 * proof of a tree of n leaves reads about log2(n) places. Not safe for use by several threads.
 */
public final class StoredTree {
  /** Tree levels between two levels of tiles. */
  public static final int TILE_HEIGHT = 8;

  /** Hashes of a full tile. */
  public static final int TILE_WIDTH = 1 << TILE_HEIGHT;

  private final HashReader stored;
  private final SubtreeRoots known;
  private final TreeHash hash = new TreeHash();

  public StoredTree(HashReader stored) {
    this(stored, new SubtreeRoots(0));
  }

  /**
   * @param known roots of large subtrees of this very tree, which other threads may share
   */
  public StoredTree(HashReader stored, SubtreeRoots known) {
    this.stored = stored;
    this.known = known;
  }

  /** The root over the first {@code size} leaves. */
  public Digest root(long size) throws IOException {
    return Digest.ofBytes(size == 0 ? hash.empty() : range(0, size));
  }

  /**
   * The audit path of leaf {@code index} in the tree of {@code size} leaves, its sibling first.
   *
   * @throws IllegalArgumentException unless 0 ≤ index &lt; size
   */
  public List<Digest> inclusion(long index, long size) throws IOException {
    if (index < 0 || index >= size) {
      throw new IllegalArgumentException("entry " + index + " of " + size);
    }
    var path = new ArrayList<Digest>();
    path(index, 0, size, path);
    return path;
  }

  private void path(long index, long from, long to, List<Digest> out) throws IOException {
    if (to - from == 1) {
      return;
    }
    long middle = from + split(to - from);
    if (index < middle) {
      path(index, from, middle, out);
      out.add(Digest.ofBytes(range(middle, to)));
    } else {
      path(index, middle, to, out);
      out.add(Digest.ofBytes(range(from, middle)));
    }
  }

  /**
   * Proof that the tree of {@code from} leaves is a prefix of that of {@code to}; empty when either
   * is trivially so.
   *
   * @throws IllegalArgumentException unless 0 ≤ from ≤ to
   */
  public List<Digest> consistency(long from, long to) throws IOException {
    if (from < 0 || from > to) {
      throw new IllegalArgumentException("from " + from + " to " + to);
    }
    var proof = new ArrayList<Digest>();
    if (from > 0 && from < to) {
      subproof(from, 0, to, true, proof);
    }
    return proof;
  }

  private void subproof(long prefix, long from, long to, boolean known, List<Digest> out)
      throws IOException {
    if (prefix == to - from) {
      if (!known) {
        out.add(Digest.ofBytes(range(from, to)));
      }
      return;
    }
    long left = split(to - from);
    if (prefix <= left) {
      subproof(prefix, from, from + left, known, out);
      out.add(Digest.ofBytes(range(from + left, to)));
    } else {
      subproof(prefix - left, from + left, to, false, out);
      out.add(Digest.ofBytes(range(from, from + left)));
    }
  }

  /** The largest power of two below {@code n}. */
  private static long split(long n) {
    return Long.highestOneBit(n - 1);
  }

  private byte[] range(long from, long to) throws IOException {
    long n = to - from;
    if (Long.bitCount(n) == 1) {
      return full(Long.numberOfTrailingZeros(n), from / n);
    }
    long left = split(n);
    return hash.node(range(from, from + left), 0, range(from + left, to));
  }

  /** The root of the full subtree of that height, from the level of tiles at or below it. */
  private byte[] full(int height, long index) throws IOException {
    Optional<byte[]> root = known.find(height, index);
    if (root.isPresent()) {
      return root.get();
    }
    int above = height % TILE_HEIGHT;
    byte[] row = stored.read(height / TILE_HEIGHT, index << above, 1 << above);
    byte[] made = root(hash, row, 1 << above);
    known.add(height, index, made);
    return made;
  }

  /** The root over {@code count} hashes, a power of two; overwrites {@code row}. */
  static byte[] root(TreeHash hash, byte[] row, int count) {
    for (int n = count; n > 1; n /= 2) {
      for (int i = 0; i < n / 2; i++) {
        hash.nodeInto(row, 2 * i * TreeHash.BYTES, row, i * TreeHash.BYTES);
      }
    }
    return Arrays.copyOf(row, TreeHash.BYTES);
  }
}
