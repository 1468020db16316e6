package dev.chitin.audit;

import static dev.chitin.audit.Events.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.query.EventFilter;
import dev.chitin.audit.query.EventIndex;
import dev.chitin.audit.query.EventPage;
import dev.chitin.audit.query.EventQuery;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Searches through a log that is long enough for a group of blocks in its index. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GroupedQueryTest {
  private static final int GROUP = 64 * 1_024;
  private static final int ENTRIES = GROUP + 3_000;
  private static final int BLOCKS = ENTRIES / 1_024;

  private DurableAuditLog log;
  private Path directory;
  private Path group;

  @BeforeAll
  void fill(@TempDir Path temporary) {
    AuditSettings settings =
        AuditSettings.of(temporary.resolve("log"), "n1", "0")
            .withSegmentBytes(8 << 20)
            .withQueue(1 << 17, 1L << 28);
    directory = settings.directory();
    group = directory.resolve("events.index-0");
    log = DurableAuditLog.open(settings);
    List<Future<?>> last = new ArrayList<>();
    for (int i = 0; i < ENTRIES; i++) {
      var call = new CallRef("c" + i, "t" + i % 3, "p", null, Events.PLAN, "v");
      last.add(
          log.append(
              new AuditEvent.ToolExecution("tool", true, call, new Phase.NotRun("c")), soon()));
      if (last.size() > 10_000) {
        last.forEach(Events::await);
        last.clear();
      }
    }
    last.forEach(Events::await);
  }

  @AfterAll
  void close() {
    log.close();
  }

  private EventIndex index() throws Exception {
    EventIndex index = EventIndex.open(directory);
    while (index.follow(64)) {
      assertThat(index.blocks()).isLessThanOrEqualTo(BLOCKS);
    }
    return index;
  }

  private EventQuery query(EventIndex index, EventFilter filter) throws Exception {
    return new EventQuery(directory, index, filter, 100, true);
  }

  private void finds(EventIndex index) throws Exception {
    for (int i = 5; i < ENTRIES; i += 1_500) {
      EventPage page = query(index, EventFilter.ALL.call("c" + i)).page(OptionalLong.empty());
      assertThat(page.complete()).isTrue();
      assertThat(page.found()).as("c%d", i).hasSize(1);
    }
    EventPage none =
        query(index, EventFilter.ALL.call("c7").tenant("t2")).page(OptionalLong.empty());
    assertThat(none.found()).as("c7 is of another tenant").isEmpty();
    assertThat(none.complete()).isTrue();
  }

  @Test
  void aSearchLooksAtTheGroupAndAtFewBlocks() throws Exception {
    try (EventIndex index = index()) {
      EventQuery query = query(index, EventFilter.ALL.call("c17"));
      assertThat(query.page(OptionalLong.empty()).found()).hasSize(1);
      assertThat(query.summaries()).as("those behind the group, and the one").isLessThan(5);
      EventQuery old = query(index, EventFilter.ALL.between(0, 1));
      assertThat(old.page(OptionalLong.empty()).found()).isEmpty();
      assertThat(old.summaries()).as("those behind the group").isLessThan(4);
      finds(index);
    }
  }

  @Test
  void aDamagedGroupHidesNothingAndIsMadeAnew() throws Exception {
    index().close();
    byte[] whole = Files.readAllBytes(group);
    byte[] damaged = whole.clone();
    int rows = 44 + 16 * 64;
    Arrays.fill(damaged, rows, damaged.length, (byte) 0);
    Files.write(group, damaged);
    try (EventIndex index = EventIndex.open(directory)) {
      finds(index);
      assertThat(query(index, EventFilter.ALL.call("c17")).page(OptionalLong.empty()).found())
          .hasSize(1);
      while (index.follow(64)) {
        finds(index);
      }
    }
    assertThat(Files.readAllBytes(group)).isEqualTo(whole);
    Files.delete(group);
    try (EventIndex index = EventIndex.open(directory)) {
      finds(index);
    }
    index().close();
    assertThat(Files.readAllBytes(group)).as("made anew from the summaries").isEqualTo(whole);
  }

  @Test
  void aSummaryThatIsDamagedWhenItsGroupIsMadeIsMadeAnewBefore() throws Exception {
    index().close();
    byte[] whole = Files.readAllBytes(group);
    Path file = directory.resolve("events.index");
    byte[] summaries = Files.readAllBytes(file);
    byte[] zeroed = summaries.clone();
    Arrays.fill(zeroed, 100, 20_000, (byte) 0);
    Files.write(file, zeroed);
    Files.delete(group);
    try (EventIndex index = index()) {
      finds(index);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(summaries);
    assertThat(Files.readAllBytes(group)).isEqualTo(whole);
  }
}
