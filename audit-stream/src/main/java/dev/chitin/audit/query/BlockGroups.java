package dev.chitin.audit.query;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Groups of blocks, in levels: a group of the first level is made of the summaries of {@value
 * #NARROWEST} blocks, one of the next of sixteen groups of the level before. One look at a group
 * says which of its blocks may hold something, so that a search of n blocks looks at about n /
 * 16,384 groups and a few of each level below. Groups are derived, as the summaries are, and never
 * synced: one that is not sound is not asked, and made anew from what is below it.
 */
final class BlockGroups implements AutoCloseable {
  /** Blocks of one group of each level. */
  static final List<Integer> WIDTHS = List.of(64, 1_024, 16_384);

  private static final Logger LOG = LoggerFactory.getLogger(BlockGroups.class);
  private static final int NARROWEST = 64;

  private final List<GroupLevel> levels;

  /** Where summaries come from; empty where one is not sound, and its entries have to be read. */
  @FunctionalInterface
  interface Summaries {
    Optional<BlockSummary> of(long block) throws IOException;
  }

  private BlockGroups(List<GroupLevel> levels) {
    this.levels = List.copyOf(levels);
  }

  /**
   * Opens the files of all levels.
   *
   * @param index the file of the summaries, beside which they stand
   * @param widths of the levels: the first 64, the others multiples of those before
   */
  static BlockGroups open(Path index, List<Integer> widths) throws IOException {
    if (widths.getFirst() != NARROWEST) {
      throw new IllegalArgumentException("the first level has " + NARROWEST + " blocks a group");
    }
    List<GroupLevel> levels = new ArrayList<>();
    try {
      for (int i = 0; i < widths.size(); i++) {
        levels.add(
            GroupLevel.open(index.resolveSibling(index.getFileName() + "-" + i), widths.get(i)));
      }
    } catch (IOException | RuntimeException e) {
      new BlockGroups(levels).close();
      throw e;
    }
    return new BlockGroups(levels);
  }

  /** Drops the groups that are not of the {@code blocks} summaries that there are. */
  void check(long blocks, Summaries summaries) throws IOException {
    for (int i = 0; i < levels.size(); i++) {
      GroupLevel level = levels.get(i);
      level.keep(blocks / level.width());
      long last = level.groups() - 1;
      if (last >= 0 && !level.isMadeOf(last, parts(i, last, summaries))) {
        LOG.warn("groups of the audit log's index are damaged or of another one; made anew");
        level.clear();
      }
    }
  }

  private int[] parts(int level, long group, Summaries summaries) throws IOException {
    int width = levels.get(level).width();
    int below = level == 0 ? 1 : levels.get(level - 1).width();
    int[] checksums = new int[width / below];
    for (int i = 0; i < checksums.length; i++) {
      long part = group * checksums.length + i;
      checksums[i] =
          level == 0
              ? summaries.of(part).map(BlockSummary::checksum).orElse(0)
              : levels.get(level - 1).head(part).map(GroupHead::checksum).orElse(0);
    }
    return checksums;
  }

  void clear() throws IOException {
    for (GroupLevel level : levels) {
      level.clear();
    }
  }

  /**
   * Makes one group that is due: one that was found not to be sound, or the next of a level.
   *
   * @return whether there was one to make and it was made
   */
  boolean make(long blocks, Summaries summaries) throws IOException {
    for (int i = 0; i < levels.size(); i++) {
      GroupLevel level = levels.get(i);
      long due = level.due();
      if ((due + 1) * level.width() <= blocks) {
        if (i > 0) {
          return level.make(due, levels.get(i - 1));
        }
        List<Optional<BlockSummary>> parts = new ArrayList<>();
        for (long block = due * NARROWEST; block < (due + 1) * NARROWEST; block++) {
          parts.add(summaries.of(block));
        }
        level.make(due, parts);
        return true;
      }
    }
    return false;
  }

  int levels() {
    return levels.size();
  }

  /** How many blocks a group of {@code level} has. */
  int width(int level) {
    return levels.get(level).width();
  }

  /**
   * Which blocks of a group may hold what is asked for.
   *
   * @return bit {@code i % 64} of word {@code i / 64} for its block {@code i}; empty when there is
   *     no such group, or it is not sound, and its parts have to be asked
   */
  Optional<long[]> ask(int level, long group, BlockQuestion question) throws IOException {
    return levels.get(level).ask(group, question);
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (GroupLevel level : levels) {
      try {
        level.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
