package dev.chitin.audit.log;

import java.io.IOException;

/** Gives the tiles that somebody stored. */
@FunctionalInterface
interface TileSource {

  /** The hashes of a tile that are there; fewer than a full one at the end, maybe none. */
  byte[] tile(int level, long index) throws IOException;

  /** What the tile is called where it lies, for a fault. */
  default String name(int level, long index) {
    return "hashes-" + level;
  }

  /** Where hash {@code place} of a tile lies in that file. */
  default long offset(long index, int place) {
    return (index * 256 + place) * 32;
  }
}
