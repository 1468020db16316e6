package dev.chitin.audit.tree;

import dev.chitin.bus.Digest;
import java.util.List;

/** Checks proofs with nothing but hashes (RFC 9162 sections 2.1.3.2 and 2.1.4.2). */
public final class Proofs {
  private Proofs() {}

  /** Whether {@code proof} shows that entry {@code index} of the tree has that leaf hash. */
  public static boolean includes(
      long index, Digest leaf, List<Digest> proof, long size, Digest root) {
    if (index < 0 || index >= size) {
      return false;
    }
    var hash = new TreeHash();
    long node = index;
    long last = size - 1;
    byte[] sum = leaf.borrow();
    for (Digest sibling : proof) {
      if (last == 0) {
        return false;
      }
      if ((node & 1) == 1 || node == last) {
        sum = hash.node(sibling.borrow(), 0, sum);
        int up = (node & 1) == 1 ? 0 : Math.min(Long.numberOfTrailingZeros(node), 63);
        node >>>= up;
        last >>>= up;
      } else {
        sum = hash.node(sum, 0, sibling.borrow());
      }
      node >>>= 1;
      last >>>= 1;
    }
    return last == 0 && Digest.ofBytes(sum).equals(root);
  }

  /** Whether {@code proof} shows that the first tree is a prefix of the second. */
  public static boolean consistent(
      long size, Digest root, long laterSize, Digest laterRoot, List<Digest> proof) {
    if (size < 0 || size > laterSize) {
      return false;
    }
    if (size == laterSize || size == 0) {
      boolean sameTree = size == laterSize ? root.equals(laterRoot) : isEmptyRoot(root);
      return proof.isEmpty() && sameTree;
    }
    boolean whole = Long.bitCount(size) == 1;
    if (proof.isEmpty() && !whole) {
      return false;
    }
    byte[] start = whole ? root.borrow() : proof.getFirst().borrow();
    return climb(
        size, root, laterSize, laterRoot, start, proof.subList(whole ? 0 : 1, proof.size()));
  }

  private static boolean climb(
      long size, Digest root, long laterSize, Digest laterRoot, byte[] start, List<Digest> rest) {
    var hash = new TreeHash();
    int up = Long.numberOfTrailingZeros(size);
    long node = (size - 1) >>> up;
    long last = (laterSize - 1) >>> up;
    byte[] earlier = start;
    byte[] later = start;
    for (Digest sibling : rest) {
      if (last == 0) {
        return false;
      }
      if ((node & 1) == 1 || node == last) {
        earlier = hash.node(sibling.borrow(), 0, earlier);
        later = hash.node(sibling.borrow(), 0, later);
        int more = (node & 1) == 1 ? 0 : Math.min(Long.numberOfTrailingZeros(node), 63);
        node >>>= more;
        last >>>= more;
      } else {
        later = hash.node(later, 0, sibling.borrow());
      }
      node >>>= 1;
      last >>>= 1;
    }
    return last == 0
        && Digest.ofBytes(earlier).equals(root)
        && Digest.ofBytes(later).equals(laterRoot);
  }

  private static boolean isEmptyRoot(Digest root) {
    return root.equals(Digest.ofBytes(new TreeHash().empty()));
  }
}
