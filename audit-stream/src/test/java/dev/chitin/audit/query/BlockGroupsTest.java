package dev.chitin.audit.query;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.log.EntryReader.Place;
import dev.chitin.bus.Bytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Groups say of blocks what their summaries say, and nothing when they are not sound. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BlockGroupsTest {
  private static final List<Integer> WIDTHS = List.of(64, 128, 256);
  private static final int BLOCKS = 300;
  private static final int LOST = 100;

  private final List<Optional<BlockSummary>> summaries = new ArrayList<>();
  private final List<BlockQuestion> questions = new ArrayList<>();

  @BeforeAll
  void summarize() {
    for (int i = 0; i < BLOCKS; i++) {
      summaries.add(i == LOST ? Optional.empty() : Optional.of(summary(i, 1)));
    }
    EventFilter all = EventFilter.ALL;
    for (EventFilter filter :
        List.of(
            all,
            all.call("c17"),
            all.call("c299"),
            all.call("nobody"),
            all.tool(List.of("t3", "h3", "t5")),
            all.tenant("n1").tool(List.of("t2")),
            all.between(50_000, 60_000),
            all.between(0, 10).kind("K"),
            all.between(129_000, Long.MAX_VALUE).tenant("n2"),
            all.between(1_000_000, 2_000_000))) {
      questions.add(BlockQuestion.of(filter));
    }
  }

  private static BlockSummary summary(int block, int version) {
    long time = block % 37 == 0 ? 5 : 1_000L * block;
    String json =
        "{\"callId\":\"c%d\",\"kind\":\"K\",\"tenant\":\"n%d\",\"time\":%d,\"tool\":\"%s%d\"}"
            .formatted(block, block % 3, time, block % 2 == 0 ? "t" : "h", block % 7);
    var entry = new LogEntry(block, Bytes.adopt(json.getBytes(UTF_8)));
    return BlockSummary.of(
        block, List.of(entry), new Place(0, Bytes.adopt(new byte[16]), version, block));
  }

  private BlockGroups made(Path directory) throws Exception {
    BlockGroups groups = BlockGroups.open(directory.resolve("index"), WIDTHS);
    make(groups);
    return groups;
  }

  private void make(BlockGroups groups) throws Exception {
    while (groups.make(BLOCKS, block -> summaries.get((int) block))) {
      assertThat(groups.levels()).isPositive();
    }
  }

  private List<Long> walked(BlockGroups groups, BlockQuestion question, boolean newest)
      throws Exception {
    var walk = new BlockWalk(groups, question, newest);
    var found = new TreeSet<Long>();
    long at = walk.next(newest ? BLOCKS - 1 : 0);
    while (at >= 0 && at < BLOCKS) {
      assertThat(found.add(at)).isTrue();
      at = walk.next(newest ? at - 1 : at + 1);
    }
    return List.copyOf(found);
  }

  private List<Long> expected(BlockQuestion question, int grouped) {
    List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < BLOCKS; i++) {
      if (i >= grouped || summaries.get(i).map(s -> s.mayMatch(question)).orElse(true)) {
        blocks.add((long) i);
      }
    }
    return blocks;
  }

  /** Nothing that a summary would have a search read is passed over. */
  private void hidesNothing(BlockGroups groups, String what) throws Exception {
    for (BlockQuestion question : questions) {
      for (boolean newest : new boolean[] {false, true}) {
        assertThat(walked(groups, question, newest))
            .as("%s: %s", what, question)
            .containsAll(expected(question, BLOCKS));
      }
    }
  }

  @Test
  void groupsSayWhatTheSummariesSay(@TempDir Path directory) throws Exception {
    try (BlockGroups groups = made(directory)) {
      for (BlockQuestion question : questions) {
        for (boolean newest : new boolean[] {false, true}) {
          assertThat(walked(groups, question, newest))
              .as("%s", question)
              .isEqualTo(expected(question, BLOCKS / 64 * 64));
        }
      }
      BlockQuestion lost = BlockQuestion.of(EventFilter.ALL.call("c" + LOST));
      assertThat(walked(groups, lost, true)).contains((long) LOST);
    }
  }

  @Test
  void aDamagedGroupHidesNothingAndIsMadeAnew(@TempDir Path directory) throws Exception {
    made(directory).close();
    var random = new Random(7);
    for (int level = 0; level < WIDTHS.size(); level++) {
      Path file = directory.resolve("index-" + level);
      byte[] whole = Files.readAllBytes(file);
      var rows = new GroupRows(WIDTHS.get(level));
      int rowsAt = GroupHead.BYTES + 16 * WIDTHS.get(level);
      for (int round = 0; round < 6; round++) {
        byte[] damaged = whole.clone();
        for (int i = 0; i < rowsAt; i++) {
          if (round == 0 || (round == 1 && i >= GroupHead.BYTES)) {
            damaged[i] = 0;
          }
        }
        if (round == 2) { // All the bits are gone, and the checksums are not.
          for (int i = 0; i < TermSet.BITS; i++) {
            int at = rowsAt + i * rows.stride();
            Arrays.fill(damaged, at, at + rows.stride() - 4, (byte) 0);
          }
        }
        if (round == 3) { // Never written at all.
          Arrays.fill(damaged, rowsAt, rowsAt + (int) rows.bytes(), (byte) 0);
        }
        if (round == 4) { // Whole rows, each in the place of the next.
          System.arraycopy(
              whole, rowsAt, damaged, rowsAt + rows.stride(), (int) rows.bytes() - rows.stride());
        }
        if (round == 5) {
          for (int i = 0; i < 100_000; i++) {
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
          }
        }
        Files.write(file, damaged);
        // Without the levels above it, which would be asked first.
        List<Integer> upTo = WIDTHS.subList(0, level + 1);
        try (BlockGroups groups = BlockGroups.open(directory.resolve("index"), upTo)) {
          hidesNothing(groups, "level " + level + ", damage " + round);
          make(groups);
        }
        assertThat(Files.readAllBytes(file)).as("damage %d", round).hasSameSizeAs(whole);
        try (BlockGroups groups = BlockGroups.open(directory.resolve("index"), upTo)) {
          for (BlockQuestion question : questions) {
            assertThat(walked(groups, question, true))
                .as("level %d, damage %d, made anew", level, round)
                .isEqualTo(expected(question, BLOCKS / 64 * 64));
          }
        }
      }
    }
  }

  @Test
  void noByteOfAHeadMayBeAnother(@TempDir Path directory) throws Exception {
    made(directory).close();
    Path file = directory.resolve("index-0");
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < GroupHead.BYTES; i++) {
      for (int bit : new int[] {1, 0x40, 0x80}) {
        byte[] damaged = whole.clone();
        damaged[i] ^= (byte) bit;
        Files.write(file, damaged);
        try (BlockGroups groups = BlockGroups.open(directory.resolve("index"), List.of(64))) {
          assertThat(groups.ask(0, 0, questions.getFirst())).as("byte %d", i).isEmpty();
          hidesNothing(groups, "byte " + i);
        }
      }
    }
  }

  @Test
  void aFileThatIsCutIsAskedForWhatItStillHas(@TempDir Path directory) throws Exception {
    made(directory).close();
    for (int level = 0; level < WIDTHS.size(); level++) {
      Path file = directory.resolve("index-" + level);
      byte[] whole = Files.readAllBytes(file);
      try (BlockGroups groups = BlockGroups.open(directory.resolve("index"), WIDTHS)) {
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        hidesNothing(groups, "cut while open");
        make(groups);
      }
      try (BlockGroups groups = BlockGroups.open(directory.resolve("index"), WIDTHS)) {
        hidesNothing(groups, "cut before");
      }
      Files.write(file, whole);
    }
  }

  @Test
  void groupsOfOtherSummariesAreDropped(@TempDir Path directory) throws Exception {
    made(directory).close();
    try (BlockGroups groups = BlockGroups.open(directory.resolve("index"), WIDTHS)) {
      groups.check(BLOCKS, block -> summaries.get((int) block));
      BlockQuestion nobody = BlockQuestion.of(EventFilter.ALL.call("nobody"));
      assertThat(groups.ask(0, 0, nobody)).isPresent();
      assertThat(groups.ask(2, 0, nobody)).isPresent();
      groups.check(70, block -> summaries.get((int) block));
      assertThat(groups.ask(0, 0, nobody)).as("of fewer summaries").isPresent();
      assertThat(groups.ask(0, 1, nobody)).isEmpty();
      assertThat(groups.ask(2, 0, nobody)).isEmpty();
    }
    try (BlockGroups groups = BlockGroups.open(directory.resolve("index"), WIDTHS)) {
      groups.check(BLOCKS, block -> Optional.of(summary((int) block, 2)));
      for (int level = 0; level < WIDTHS.size(); level++) {
        assertThat(groups.ask(level, 0, questions.get(3))).as("another segment").isEmpty();
      }
    }
  }
}
