package dev.chitin.audit.tree;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of a tile or an entry bundle (C2SP tlog-tiles): {@code tile/<L>/<N>[.p/<W>]} or
 * {@code tile/entries/<N>[.p/<W>]}, with N in groups of three digits, all but the last after an
 * {@code x}.
 *
 * @param level 0 to 63, or {@link #ENTRIES}
 * @param index N, from 0
 * @param width hashes or entries in it, 1 to 256; less than 256 is partial
 */
public record TileAddress(int level, long index, int width) {
  /** The level of entry bundles. */
  public static final int ENTRIES = -1;

  private static final Pattern FORM =
      Pattern.compile(
          "tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5}[0-9]{3})"
              + "(?:\\.p/([1-9][0-9]{0,2}))?");

  public TileAddress {
    if (level < ENTRIES || level > 63 || index < 0 || width < 1 || width > StoredTree.TILE_WIDTH) {
      throw new IllegalArgumentException("no tile: " + level + ", " + index + ", " + width);
    }
  }

  /** Reads a path; empty for every spelling but the one that {@link #path()} gives. */
  public static Optional<TileAddress> parse(String path) {
    Matcher form = FORM.matcher(path);
    if (!form.matches()) {
      return Optional.empty();
    }
    int level = form.group(1).equals("entries") ? ENTRIES : Integer.parseInt(form.group(1));
    long index = Long.parseLong(form.group(2).replace("/", "").replace("x", ""));
    String partial = form.group(3);
    int width = partial == null ? StoredTree.TILE_WIDTH : Integer.parseInt(partial);
    if (width > StoredTree.TILE_WIDTH) {
      return Optional.empty();
    }
    var address = new TileAddress(level, index, width);
    return address.path().equals(path) ? Optional.of(address) : Optional.empty();
  }

  /**
   * The tile of {@code level} that holds hash or entry {@code item}, as wide as {@code count} lets.
   */
  public static TileAddress holding(int level, long item, long count) {
    long index = item / StoredTree.TILE_WIDTH;
    long left = count - index * StoredTree.TILE_WIDTH;
    return new TileAddress(level, index, (int) Math.min(left, StoredTree.TILE_WIDTH));
  }

  /** How many hashes or entries the level has in a tree of {@code size} leaves. */
  public static long count(int level, long size) {
    if (level == ENTRIES) {
      return size;
    }
    return level >= TileBuilder.LEVELS ? 0 : size >>> (StoredTree.TILE_HEIGHT * level);
  }

  /** The index of its first hash or entry. */
  public long first() {
    return index * StoredTree.TILE_WIDTH;
  }

  /** Whether a tree of {@code size} leaves has all of it. */
  public boolean isIn(long size) {
    long count = count(level, size);
    return index < count && width <= count - first();
  }

  public String path() {
    var number = new StringBuilder("%03d".formatted(index % 1_000));
    for (long rest = index / 1_000; rest > 0; rest /= 1_000) {
      number.insert(0, "x%03d/".formatted(rest % 1_000));
    }
    String name = level == ENTRIES ? "entries" : Integer.toString(level);
    String partial = width == StoredTree.TILE_WIDTH ? "" : ".p/" + width;
    return "tile/" + name + "/" + number + partial;
  }
}
