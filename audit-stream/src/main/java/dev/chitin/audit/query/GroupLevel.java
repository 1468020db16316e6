package dev.chitin.audit.query;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One level of groups in a file of its own. A group is its head, the times of its blocks, and their
 * sets of terms with rows and columns exchanged (bit-sliced signatures, Wong et al. 1985): row
 * {@code i} holds bit {@code i} of each block's set, so that a search reads as many rows as a term
 * has bits.
 *
 * <p>One thread at a time makes groups; any may ask.
 */
final class GroupLevel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupLevel.class);

  private final GroupFile file;
  private final int width;
  private final SortedSet<Long> unsound = new ConcurrentSkipListSet<>();
  private volatile long groups;

  private GroupLevel(GroupFile file) throws IOException {
    this.file = file;
    this.width = file.rows().width();
    this.groups = file.groups();
  }

  /**
   * Opens the file of one level.
   *
   * @param width blocks of each group, a multiple of 64
   */
  static GroupLevel open(Path path, int width) throws IOException {
    GroupFile file = GroupFile.open(path, new GroupRows(width));
    try {
      return new GroupLevel(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  int width() {
    return width;
  }

  /** How many groups there are, sound or not. */
  long groups() {
    return groups;
  }

  /** Keeps at most {@code most} groups. */
  void keep(long most) {
    groups = Math.min(groups, most);
  }

  void clear() throws IOException {
    groups = 0;
    unsound.clear();
    file.clear();
  }

  /** The group to make next: one that was found not to be sound, or the one behind the last. */
  long due() {
    return unsound.isEmpty() ? groups : unsound.first();
  }

  /** The head of a group; empty when there is none or it is not sound. */
  Optional<GroupHead> head(long group) throws IOException {
    if (group >= groups || unsound.contains(group)) {
      return Optional.empty();
    }
    Optional<GroupHead> head = file.head(group);
    if (head.isEmpty()) {
      suspect(group);
    }
    return head;
  }

  /** Whether a group was made of parts that have these checksums. */
  boolean isMadeOf(long group, int[] parts) throws IOException {
    return head(group).filter(head -> head.parts() == GroupHead.crc(parts)).isPresent();
  }

  private void suspect(long group) {
    if (unsound.add(group)) {
      LOG.warn(
          "group {} of {} blocks in the audit log's index is damaged; made anew", group, width);
    }
  }

  /** Which blocks of the group may hold what is asked for; empty when it is not sound. */
  Optional<long[]> ask(long group, BlockQuestion question) throws IOException {
    Optional<GroupHead> head = head(group);
    if (head.isEmpty()) {
      return Optional.empty();
    }
    Optional<long[]> answer = ask(head.get(), question);
    if (answer.isEmpty()) {
      suspect(group);
    }
    return answer;
  }

  private Optional<long[]> ask(GroupHead head, BlockQuestion question) throws IOException {
    long[] answer = new long[width / Long.SIZE];
    if (!question.touches(head.first(), head.last())) {
      return Optional.of(answer);
    }
    Arrays.fill(answer, -1);
    if (!question.covers(head.first(), head.last())) {
      Optional<ByteBuffer> times = file.times(head);
      if (times.isEmpty()) {
        return Optional.empty();
      }
      touched(times.get(), question, answer);
    }
    for (List<BlockQuestion.Value> term : question.terms()) {
      if (!keep(answer, head, term)) {
        return Optional.empty();
      }
    }
    return Optional.of(answer);
  }

  private void touched(ByteBuffer times, BlockQuestion question, long[] answer) {
    Arrays.fill(answer, 0);
    for (int i = 0; i < width; i++) {
      int at = GroupFile.TIMES * i;
      if (question.touches(times.getLong(at), times.getLong(at + Long.BYTES))) {
        answer[i / Long.SIZE] |= 1L << i;
      }
    }
  }

  /** Keeps the blocks that may hold one of the values; false when a row is not sound. */
  private boolean keep(long[] answer, GroupHead head, List<BlockQuestion.Value> values)
      throws IOException {
    long[] any = new long[answer.length];
    for (BlockQuestion.Value value : values) {
      long[] holders = answer.clone();
      for (int probe = 0; probe < TermSet.PROBES && !isEmpty(holders); probe++) {
        Optional<ByteBuffer> row = file.row(head, TermSet.bit(value.hash(), probe));
        if (row.isEmpty()) {
          return false;
        }
        for (int i = 0; i < holders.length; i++) {
          holders[i] &= row.get().getLong(Long.BYTES * i);
        }
      }
      for (int i = 0; i < any.length; i++) {
        any[i] |= holders[i];
      }
    }
    System.arraycopy(any, 0, answer, 0, any.length);
    return true;
  }

  private static boolean isEmpty(long[] bits) {
    for (long word : bits) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Makes a group of the first level.
   *
   * @param parts the summaries of its blocks; blocks without one are always to be read
   */
  void make(long group, List<Optional<BlockSummary>> parts) throws IOException {
    ByteBuffer times = ByteBuffer.allocate(GroupFile.TIMES * width);
    int[] checksums = new int[parts.size()];
    long[] columns = new long[TermSet.BITS];
    for (int i = 0; i < checksums.length; i++) {
      Optional<BlockSummary> part = parts.get(i);
      times.putLong(part.map(BlockSummary::firstMillis).orElse(0L));
      times.putLong(part.map(BlockSummary::lastMillis).orElse(Long.MAX_VALUE));
      checksums[i] = part.map(BlockSummary::checksum).orElse(0);
      GroupRows.addColumn(columns, i, part);
    }
    GroupHead head = GroupHead.of(width, group, times.flip(), checksums);
    file.writeRows(group, 0, file.rows().of(columns, head));
    finish(head, times);
  }

  /** Makes a group of groups; false when one of those is not sound. */
  boolean make(long group, GroupLevel below) throws IOException {
    int count = width / below.width;
    GroupHead[] parts = new GroupHead[count];
    int[] checksums = new int[count];
    ByteBuffer times = ByteBuffer.allocate(GroupFile.TIMES * width);
    for (int i = 0; i < count; i++) {
      Optional<GroupHead> part = below.head(group * count + i);
      Optional<ByteBuffer> partTimes =
          part.isPresent() ? below.file.times(part.get()) : Optional.empty();
      if (part.isEmpty() || partTimes.isEmpty()) {
        part.ifPresent(unfit -> below.suspect(unfit.group()));
        return false;
      }
      parts[i] = part.get();
      checksums[i] = parts[i].checksum();
      times.put(partTimes.get());
    }
    GroupHead head = GroupHead.of(width, group, times.flip(), checksums);
    for (int first = 0; first < TermSet.BITS; first += GroupRows.CHUNK) {
      ByteBuffer chunk = file.rows().chunk();
      for (int i = 0; i < count; i++) {
        Optional<ByteBuffer> from = below.file.chunk(parts[i], first);
        if (from.isEmpty()
            || !file.rows().copy(below.file.rows(), from.get(), parts[i], first, i, chunk)) {
          below.suspect(parts[i].group());
          return false;
        }
      }
      file.rows().seal(chunk, first, head);
      file.writeRows(group, first, chunk);
    }
    finish(head, times);
    return true;
  }

  private void finish(GroupHead head, ByteBuffer times) throws IOException {
    file.finish(head, times);
    unsound.remove(head.group());
    groups = Math.max(groups, head.group() + 1);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
