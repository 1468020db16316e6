package dev.chitin.audit.tree;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hashes of a Merkle tree (RFC 6962 section 2.1). Not safe for use by several threads. */
public final class TreeHash {
  /** Length of every hash. */
  public static final int BYTES = 32;

  private static final byte LEAF = 0;
  private static final byte NODE = 1;

  private final MessageDigest sha;

  public TreeHash() {
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** SHA-256(0x00 ‖ entry). */
  public byte[] leaf(byte[] entry) {
    sha.update(LEAF);
    return sha.digest(entry);
  }

  /** SHA-256(0x01 ‖ left ‖ right), the two hashes read from their arrays at the given offsets. */
  public byte[] node(byte[] left, int leftOffset, byte[] right) {
    sha.update(NODE);
    sha.update(left, leftOffset, BYTES);
    return sha.digest(right);
  }

  /**
   * SHA-256(0x01 ‖ two neighbouring hashes at {@code pair}), written to {@code at} of {@code to}.
   */
  void nodeInto(byte[] from, int pair, byte[] to, int at) {
    sha.update(NODE);
    sha.update(from, pair, 2 * BYTES);
    try {
      sha.digest(to, at, BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException("there is room for a hash", e);
    }
  }

  /** The root of the tree without leaves: the hash of nothing. */
  public byte[] empty() {
    return sha.digest();
  }
}
