package dev.chitin.audit.tree;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The right edge of a growing Merkle tree (RFC 6962 section 2.1): for each bit of the size the root
 * of one full subtree, which is all that appending and the root need. At most 64 hashes.
 *
 * <p>Not safe for use by several threads.
 */
public final class Frontier {
  private final TreeHash hash;
  private final byte[] subtrees = new byte[Long.SIZE * TreeHash.BYTES];
  private long size;

  /** The empty tree. */
  public Frontier(TreeHash hash) {
    this.hash = hash;
  }

  /** The same tree, to grow apart from this one. */
  public Frontier copy() {
    var copy = new Frontier(hash);
    copy.become(this);
    return copy;
  }

  /** Takes over what {@code other} holds. */
  public void become(Frontier other) {
    size = other.size;
    System.arraycopy(other.subtrees, 0, subtrees, 0, subtrees.length);
  }

  /** How many leaves there are. */
  public long size() {
    return size;
  }

  /** Adds the leaf with hash {@code leaf}. */
  public void append(byte[] leaf) {
    byte[] node = leaf;
    int level = 0;
    for (long carry = size; (carry & 1) == 1; carry >>>= 1) {
      node = hash.node(subtrees, level * TreeHash.BYTES, node);
      level++;
    }
    System.arraycopy(node, 0, subtrees, level * TreeHash.BYTES, TreeHash.BYTES);
    size++;
  }

  /** The tree's root. */
  public byte[] root() {
    if (size == 0) {
      return hash.empty();
    }
    int level = Long.numberOfTrailingZeros(size);
    byte[] root = subtree(level);
    for (level++; level < Long.SIZE; level++) {
      if ((size >>> level & 1) == 1) {
        root = hash.node(subtrees, level * TreeHash.BYTES, root);
      }
    }
    return root;
  }

  private byte[] subtree(int level) {
    return Arrays.copyOfRange(subtrees, level * TreeHash.BYTES, (level + 1) * TreeHash.BYTES);
  }

  /** Bytes that {@link #write} takes. */
  public int encodedLength() {
    return Long.BYTES + Long.bitCount(size) * TreeHash.BYTES;
  }

  /** Writes the size and the subtree roots, smallest first. */
  public void write(ByteBuffer out) {
    out.putLong(size);
    for (int level = 0; level < Long.SIZE; level++) {
      if ((size >>> level & 1) == 1) {
        out.put(subtrees, level * TreeHash.BYTES, TreeHash.BYTES);
      }
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws java.nio.BufferUnderflowException when {@code in} holds less
   */
  public static Frontier read(TreeHash hash, ByteBuffer in) {
    var frontier = new Frontier(hash);
    frontier.size = in.getLong();
    for (int level = 0; level < Long.SIZE; level++) {
      if ((frontier.size >>> level & 1) == 1) {
        in.get(frontier.subtrees, level * TreeHash.BYTES, TreeHash.BYTES);
      }
    }
    return frontier;
  }
}
