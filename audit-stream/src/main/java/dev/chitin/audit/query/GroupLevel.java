package dev.chitin.audit.query;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
 * <pre>
 * head[44] ‖ (u64 first ‖ u64 last)[blocks] ‖ (u64[blocks / 64] ‖ u32 CRC32C)[{@value TermSet#BITS}]
 * </pre>
 *
 * The checksum of a row is over the head's, the row's number and the row, so that no row is taken
 * for another one. One thread at a time makes groups; any may ask.
 */
final class GroupLevel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupLevel.class);
  private static final int TIMES = 2 * Long.BYTES;

  private final FileChannel file;
  private final int width;
  private final GroupRows rows;
  private final SortedSet<Long> unsound = new ConcurrentSkipListSet<>();
  private volatile long groups;

  private GroupLevel(FileChannel file, int width) {
    this.file = file;
    this.width = width;
    this.rows = new GroupRows(width);
  }

  /**
   * Opens the file of one level.
   *
   * @param width blocks of each group, a multiple of 64
   */
  static GroupLevel open(Path path, int width) throws IOException {
    FileChannel file =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    var level = new GroupLevel(file, width);
    try {
      level.groups = file.size() / level.bytes();
      return level;
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
    file.truncate(0);
  }

  /** The group to make next: one that was found not to be sound, or the one behind the last. */
  long due() {
    return unsound.isEmpty() ? groups : unsound.first();
  }

  private long bytes() {
    return GroupHead.BYTES + (long) TIMES * width + rows.bytes();
  }

  private long timesAt(long group) {
    return group * bytes() + GroupHead.BYTES;
  }

  private long rowsAt(long group) {
    return timesAt(group) + (long) TIMES * width;
  }

  /** The head of a group; empty when there is none or it is not sound. */
  Optional<GroupHead> head(long group) throws IOException {
    if (group >= groups || unsound.contains(group)) {
      return Optional.empty();
    }
    ByteBuffer bytes = ByteBuffer.allocate(GroupHead.BYTES);
    Optional<GroupHead> head =
        read(bytes, group * bytes()) ? GroupHead.read(bytes, width, group) : Optional.empty();
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
      Optional<ByteBuffer> times = times(head);
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
      if (question.touches(times.getLong(TIMES * i), times.getLong(TIMES * i + Long.BYTES))) {
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
        int bit = TermSet.bit(value.hash(), probe);
        ByteBuffer row = ByteBuffer.allocate(rows.stride());
        if (!read(row, rowsAt(head.group()) + (long) bit * rows.stride())
            || !rows.isSound(row, 0, head, bit)) {
          return false;
        }
        for (int i = 0; i < holders.length; i++) {
          holders[i] &= row.getLong(Long.BYTES * i);
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

  private Optional<ByteBuffer> times(GroupHead head) throws IOException {
    ByteBuffer times = ByteBuffer.allocate(TIMES * width);
    return read(times, timesAt(head.group())) && GroupHead.crc(times.duplicate()) == head.times()
        ? Optional.of(times)
        : Optional.empty();
  }

  /**
   * Makes a group of the first level.
   *
   * @param parts the summaries of its blocks; blocks without one are always to be read
   */
  void make(long group, List<Optional<BlockSummary>> parts) throws IOException {
    ByteBuffer times = ByteBuffer.allocate(TIMES * width);
    int[] checksums = new int[parts.size()];
    long[] columns = new long[TermSet.BITS];
    for (int i = 0; i < checksums.length; i++) {
      Optional<BlockSummary> part = parts.get(i);
      times.putLong(part.map(BlockSummary::firstMillis).orElse(0L));
      times.putLong(part.map(BlockSummary::lastMillis).orElse(Long.MAX_VALUE));
      checksums[i] = part.map(BlockSummary::checksum).orElse(0);
      GroupRows.addColumn(columns, i, part);
    }
    GroupHead head = head(group, times.flip(), checksums);
    write(rows.of(columns, head), rowsAt(group));
    finish(head, times);
  }

  /** Makes a group of groups; false when one of those is not sound. */
  boolean make(long group, GroupLevel below) throws IOException {
    int count = width / below.width;
    GroupHead[] parts = new GroupHead[count];
    int[] checksums = new int[count];
    ByteBuffer times = ByteBuffer.allocate(TIMES * width);
    for (int i = 0; i < count; i++) {
      Optional<GroupHead> part = below.head(group * count + i);
      Optional<ByteBuffer> partTimes =
          part.isPresent() ? below.times(part.get()) : Optional.empty();
      if (part.isEmpty() || partTimes.isEmpty()) {
        part.ifPresent(unfit -> below.suspect(unfit.group()));
        return false;
      }
      parts[i] = part.get();
      checksums[i] = parts[i].checksum();
      times.put(partTimes.get());
    }
    GroupHead head = head(group, times.flip(), checksums);
    for (int first = 0; first < TermSet.BITS; first += GroupRows.CHUNK) {
      ByteBuffer chunk = rows.chunk();
      for (int i = 0; i < count; i++) {
        ByteBuffer from = below.rows.chunk();
        boolean read =
            below.read(from, below.rowsAt(parts[i].group()) + (long) first * below.rows.stride());
        if (!read || !rows.copy(below.rows, from, parts[i], first, i, chunk)) {
          below.suspect(parts[i].group());
          return false;
        }
      }
      rows.seal(chunk, first, head);
      write(chunk, rowsAt(group) + (long) first * rows.stride());
    }
    finish(head, times);
    return true;
  }

  private GroupHead head(long group, ByteBuffer times, int[] parts) {
    long first = Long.MAX_VALUE;
    long last = 0;
    for (int i = 0; i < width; i++) {
      first = Math.min(first, times.getLong(TIMES * i));
      last = Math.max(last, times.getLong(TIMES * i + Long.BYTES));
    }
    return new GroupHead(
        width, group, first, last, GroupHead.crc(parts), GroupHead.crc(times.duplicate()));
  }

  /** The head last: before it stands, nothing of the group counts. */
  private void finish(GroupHead head, ByteBuffer times) throws IOException {
    write(times, timesAt(head.group()));
    write(head.bytes(), head.group() * bytes());
    unsound.remove(head.group());
    groups = Math.max(groups, head.group() + 1);
  }

  /** Fills {@code bytes}; false at the end of the file. */
  private boolean read(ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      if (file.read(bytes, at + bytes.position()) < 0) {
        return false;
      }
    }
    bytes.flip();
    return true;
  }

  private void write(ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes, at + bytes.position());
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
