package dev.chitin.audit;

import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent.CallRef;
import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.audit.query.EventFilter;
import dev.chitin.audit.query.EventIndex;
import dev.chitin.audit.query.EventPage;
import dev.chitin.audit.query.EventQuery;
import dev.chitin.bus.json.JsonValue.Int;
import dev.chitin.bus.json.JsonValue.Obj;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Searches give what a look at every entry gives, with the index or without. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EventQueryTest {
  private static final int CALLS = 3_000;

  private Path temporary;
  private Path directory;
  private DurableAuditLog log;
  private List<Obj> all;

  @BeforeAll
  void fill(@TempDir Path given) {
    temporary = given;
    AuditSettings settings =
        AuditSettings.of(temporary.resolve("log"), "n1", "0")
            .withSegmentBytes(1 << 20)
            .withClear(Set.of(GuardedField.values()));
    directory = settings.directory();
    log = DurableAuditLog.open(settings);
    List<Future<?>> last = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      var call = new CallRef("c" + i, "t" + i % 3, "p" + i % 50, null, Events.PLAN, "v");
      String tool = "tool" + i % 7;
      last.add(
          log.authorize(
              new AuditEvent.ToolExecution(tool, true, call, new Phase.Authorized("d")), soon()));
      last.add(
          log.append(
              i == 1_234
                  ? new AuditEvent.AuthFailure("auth.rare", "api_key", "k", "192.0.2.9", 1)
                  : new AuditEvent.ToolExecution(
                      tool, true, call, new Phase.NotRun("code" + i % 11)),
              soon()));
      if (last.size() > 1_000) {
        last.forEach(Events::await);
        last.clear();
      }
    }
    last.forEach(Events::await);
    all = Events.entries(log.reader());
    assertThat(LogVerifierFixture.segments(directory)).hasSizeGreaterThan(1);
  }

  @AfterAll
  void close() {
    log.close();
  }

  private EventIndex index() throws Exception {
    EventIndex index = EventIndex.open(directory);
    while (index.follow(1)) {
      // To the end.
    }
    return index;
  }

  private static boolean is(Obj entry, String member, String value) {
    return Events.text(entry, member).equals(value);
  }

  private static long time(Obj entry) {
    return entry.get("time") instanceof Int time ? time.value() : -1;
  }

  /** All pages, oldest first. */
  private List<Long> search(
      EventIndex index, EventFilter filter, int limit, boolean newest, long scan) throws Exception {
    List<Long> found = new ArrayList<>();
    OptionalLong cursor = OptionalLong.empty();
    boolean more = true;
    while (more) {
      EventPage page = new EventQuery(directory, index, filter, limit, newest, scan).page(cursor);
      assertThat(page.found()).hasSizeLessThanOrEqualTo(limit);
      page.found().forEach(entry -> found.add(entry.entry().index()));
      cursor = page.next();
      more = cursor.isPresent();
    }
    if (newest) {
      Collections.reverse(found);
    }
    return found;
  }

  private void same(EventIndex index) throws Exception {
    same(index, EventFilter.ALL, entry -> true);
    same(index, EventFilter.ALL.call("c17"), entry -> is(entry, "callId", "c17"));
    same(index, EventFilter.ALL.call("nobody"), entry -> false);
    same(index, EventFilter.ALL.kind("AuthFailure"), entry -> is(entry, "kind", "AuthFailure"));
    same(
        index,
        EventFilter.ALL.tenant("t1").principal(List.of("p4")).tool(List.of("tool3")),
        entry ->
            is(entry, "tenant", "t1")
                && is(entry, "principal", "p4")
                && is(entry, "tool", "tool3"));
    same(index, EventFilter.ALL.code("auth.rare"), entry -> is(entry, "reason", "auth.rare"));
    same(
        index,
        EventFilter.ALL.decision("not_run").code("code5"),
        entry -> is(entry, "phase", "NotRun") && is(entry, "code", "code5"));
    long middle = time(all.get(CALLS));
    same(index, EventFilter.ALL.between(middle, Long.MAX_VALUE), entry -> time(entry) >= middle);
    same(
        index,
        EventFilter.ALL.between(0, middle).tenant("t2"),
        entry -> time(entry) < middle && is(entry, "tenant", "t2"));
  }

  private void same(EventIndex index, EventFilter filter, Predicate<Obj> wanted) throws Exception {
    List<Long> expected = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (wanted.test(all.get(i))) {
        expected.add((long) i);
      }
    }
    for (boolean newest : new boolean[] {false, true}) {
      assertThat(search(index, filter, 1_000, newest, EventQuery.SCAN)).isEqualTo(expected);
      assertThat(search(index, filter, 333, newest, 1_500))
          .as("in small steps")
          .isEqualTo(expected);
    }
  }

  @Test
  void aSearchGivesWhatALookAtEveryEntryGives() throws Exception {
    try (EventIndex index = index()) {
      assertThat(index.blocks()).isEqualTo(all.size() / 1_024);
      same(index);
    }
  }

  @Test
  void anIndexThatLagsIsMadeUpForByReading() throws Exception {
    Files.deleteIfExists(directory.resolve("events.index"));
    try (EventIndex index = EventIndex.open(directory)) {
      assertThat(index.blocks()).isZero();
      same(index);
      index.follow(2);
      assertThat(index.blocks()).isEqualTo(2);
      same(index);
    }
  }

  @Test
  void aDamagedSummaryIsNotBelievedAndMadeAnew() throws Exception {
    index().close();
    Path file = directory.resolve("events.index");
    byte[] whole = Files.readAllBytes(file);
    byte[] zeroed = whole.clone();
    Arrays.fill(zeroed, 100, 2_000, (byte) 0);
    Files.write(file, zeroed);
    try (EventIndex index = EventIndex.open(directory)) {
      same(index);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    Files.write(file, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
    whole[whole.length - 1] ^= 1;
    Files.write(file, whole);
    try (EventIndex index = index()) {
      assertThat(index.blocks()).isEqualTo(all.size() / 1_024);
      same(index);
    }
  }

  @Test
  void anIndexOfAnotherLogIsNotBelieved() throws Exception {
    index().close();
    Path other = temporary.resolve("other");
    try (var second =
        DurableAuditLog.open(AuditSettings.of(other, "n1", "0").withSegmentBytes(1 << 20))) {
      await(second.append(Events.note("alone"), soon()));
      Files.copy(directory.resolve("events.index"), other.resolve("events.index"));
      try (EventIndex index = EventIndex.open(other)) {
        assertThat(index.blocks()).isZero();
        assertThat(
                new EventQuery(other, index, EventFilter.ALL, 10, true)
                    .page(OptionalLong.empty())
                    .found())
            .hasSize(1);
      }
    }
  }

  @Test
  void aSearchThatIsCutOffSaysSoAndWhereToGoOn() throws Exception {
    Files.deleteIfExists(directory.resolve("events.index"));
    try (EventIndex index = EventIndex.open(directory)) {
      EventPage page =
          new EventQuery(directory, index, EventFilter.ALL.call("nobody"), 10, true, 2_000)
              .page(OptionalLong.empty());
      assertThat(page.complete()).isFalse();
      assertThat(page.found()).isEmpty();
      assertThat(page.next()).isPresent();
      assertThat(page.scanned()).isBetween(2_000L, 3_100L);
    }
  }

  @Test
  void whatTheIndexKnowsIsNotRead() throws Exception {
    try (EventIndex index = index()) {
      EventPage page =
          new EventQuery(directory, index, EventFilter.ALL.call("c17"), 10, true)
              .page(OptionalLong.empty());
      assertThat(page.found()).hasSize(2);
      // The block that holds it, the tail that is no whole block, and few wrong guesses.
      assertThat(page.scanned()).isLessThan(3 * 1_024);
    }
  }
}
