package dev.chitin.audit.query;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A way through the blocks in one direction, past those of which a group knows that they hold
 * nothing of what is asked for. Blocks; for one thread.
 */
final class BlockWalk {
  private final BlockGroups groups;
  private final BlockQuestion question;
  private final boolean newestFirst;

  /** For each level the group that was asked last, and what it said; null when it was not sound. */
  private final long[] asked;

  private final long[] @Nullable [] answers;

  BlockWalk(BlockGroups groups, BlockQuestion question, boolean newestFirst) {
    this.groups = groups;
    this.question = question;
    this.newestFirst = newestFirst;
    this.asked = new long[groups.levels()];
    this.answers = new long[groups.levels()][];
    Arrays.fill(asked, -1);
  }

  /**
   * The first block from {@code block} on that may hold something.
   *
   * @return at most or at least {@code block}, by the direction; -1 when there is none before it
   */
  long next(long block) throws IOException {
    long at = block;
    while (at >= 0) {
      long passed = past(at);
      if (passed == at) {
        return at;
      }
      at = passed;
    }
    return -1;
  }

  /** {@code block}, or the next to look at as the widest sound group around it says. */
  private long past(long block) throws IOException {
    for (int level = groups.levels() - 1; level >= 0; level--) {
      int width = groups.width(level);
      long group = block / width;
      long[] answer = answer(level, group);
      if (answer != null) {
        int next = next(answer, (int) (block % width));
        if (next >= 0) {
          return group * width + next;
        }
        return newestFirst ? group * width - 1 : (group + 1) * width;
      }
    }
    return block;
  }

  private long @Nullable [] answer(int level, long group) throws IOException {
    if (asked[level] != group) {
      Optional<long[]> answer = groups.ask(level, group, question);
      answers[level] = answer.orElse(null);
      asked[level] = group;
    }
    return answers[level];
  }

  /** The first bit set from {@code from} on, in the direction of the walk; -1 for none. */
  private int next(long[] bits, int from) {
    int word = from / Long.SIZE;
    long rest = bits[word] & (newestFirst ? -1L >>> (Long.SIZE - 1 - from % 64) : -1L << from % 64);
    while (rest == 0) {
      word += newestFirst ? -1 : 1;
      if (word < 0 || word == bits.length) {
        return -1;
      }
      rest = bits[word];
    }
    return word * Long.SIZE
        + (newestFirst
            ? Long.SIZE - 1 - Long.numberOfLeadingZeros(rest)
            : Long.numberOfTrailingZeros(rest));
  }
}
