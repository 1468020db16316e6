package dev.chitin.audit.tree;

import java.io.IOException;

/**
 * Stored hashes of full subtrees. Hash {@code i} of level {@code l} is the tree hash of the entries
 * {@code [i·256^l, (i+1)·256^l)}, as in a tile of that level.
 */
@FunctionalInterface
public interface HashReader {

  /**
   * Reads neighbouring hashes of one level.
   *
   * @param level 0 to 7
   * @param first index of the first hash
   * @param count 1 to 256
   * @return {@code count} times {@link TreeHash#BYTES} bytes
   * @throws IOException when they are not all there
   */
  byte[] read(int level, long first, int count) throws IOException;
}
