package dev.chitin.audit.tree;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Roots of full subtrees that took many hashes to make, for a bounded number of them; those that
 * were asked for longest ago are forgotten first. A full subtree never changes. Without it a proof
 * makes every root beside its path anew: 247 hashes for each level of tiles. Safe for use by
 * several threads.
 */
public final class SubtreeRoots {
  /** Those of less height are many, and made from few hashes. */
  private static final int LEAST_HEIGHT = StoredTree.TILE_HEIGHT + 4;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Place, byte[]> roots;

  private record Place(int height, long index) {}

  /**
   * @param most how many are remembered, of about 150 bytes each
   */
  public SubtreeRoots(int most) {
    roots =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Place, byte[]> eldest) {
            return size() > most;
          }
        };
  }

  Optional<byte[]> find(int height, long index) {
    if (!isKept(height)) {
      return Optional.empty();
    }
    lock.lock();
    try {
      return Optional.ofNullable(roots.get(new Place(height, index))).map(byte[]::clone);
    } finally {
      lock.unlock();
    }
  }

  void add(int height, long index, byte[] root) {
    if (!isKept(height)) {
      return;
    }
    lock.lock();
    try {
      roots.put(new Place(height, index), root.clone());
    } finally {
      lock.unlock();
    }
  }

  /** Roots of whole tiles are stored as they are. */
  private static boolean isKept(int height) {
    return height >= LEAST_HEIGHT && height % StoredTree.TILE_HEIGHT >= 4;
  }
}
