package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.log.Minimum;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a policy has the log let go of, and when. */
class RetentionPolicyTest {
  private static final String ORIGIN = "chitin.local/audit/n1";
  private static final String FILLER = "x".repeat(400);

  @TempDir private Path temp;
  private DurableAuditLog log;

  @BeforeEach
  void open() {
    log =
        DurableAuditLog.open(
            AuditSettings.of(temp.resolve("log"), "n1", "0.1.0")
                .withSegmentBytes(1 << 20)
                .withMinFreeBytes(0)
                .withCheckpointInterval(Duration.ofMillis(10)));
    log.signWith(TestSigner.ofVectors(ORIGIN));
  }

  @AfterEach
  void close() {
    log.close();
  }

  private void fill(int entries) throws Exception {
    var all = new ArrayList<Future<?>>();
    for (int i = 0; i < entries; i++) {
      all.add(log.append(note(FILLER + i), soon()));
      if (all.size() == 500) {
        await(Future.all(all));
        all.clear();
      }
    }
    await(Future.all(all));
    log.proof(log.publication().size() - 1, soon());
  }

  private List<Long> segments() throws IOException {
    try (Stream<Path> files = Files.list(temp.resolve("log"))) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.startsWith("segment-"))
          .map(name -> Long.parseLong(name.substring(8, 28)))
          .sorted()
          .toList();
    }
  }

  private static RetentionPolicy policy(@Nullable Duration age, long events) {
    return new RetentionPolicy(age, events, null);
  }

  private OptionalLong due(RetentionPolicy policy, Instant now) {
    return log.retention().due(policy, now);
  }

  @Test
  void allIsKeptUnlessSomethingIsSaid() throws Exception {
    fill(4_000);
    assertThat(RetentionPolicy.KEEP_ALL.prunes()).isFalse();
    assertThat(due(RetentionPolicy.KEEP_ALL, Instant.MAX)).isEmpty();
    assertThatThrownBy(() -> policy(Duration.ZERO, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> policy(null, -1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theNewestEntriesAreKeptByNumber() throws Exception {
    fill(6_000);
    long size = log.published().size();
    long first = Minimum.ofSegment(segments().get(1)).index();
    assertThat(due(policy(null, size - first + 1), Instant.EPOCH)).isEmpty();
    assertThat(due(policy(null, size - first), Instant.EPOCH)).hasValue(first);
    for (long events : new long[] {size, size - 1, 1_000, 1}) {
      due(policy(null, events), Instant.EPOCH)
          .ifPresent(index -> assertThat(size - index).isGreaterThanOrEqualTo(events));
    }
  }

  @Test
  void whatIsTooOldGoesAndWhatIsNotStays() throws Exception {
    Instant start = Instant.now();
    fill(4_000);
    Instant end = Instant.now();
    var week = policy(Duration.ofDays(7), 0);
    assertThat(due(week, start.plus(Duration.ofDays(7)))).isEmpty();
    assertThat(due(week, end.plus(Duration.ofDays(7)).plusMillis(1))).isPresent();
  }

  @Test
  void aStepIsBoundedAndTheNextOneGoesOn() throws Exception {
    fill(9_000);
    List<Long> all = segments();
    assertThat(all).hasSizeGreaterThan(LogRetention.STEP_SEGMENTS + 2);
    var few = policy(null, 1);
    long first = due(few, Instant.EPOCH).orElseThrow();
    assertThat(first).isEqualTo(Minimum.ofSegment(all.get(LogRetention.STEP_SEGMENTS)).index());
    assertThat(log.retention().prune(first, null, soon())).isEqualTo(first);
    assertThat(due(few, Instant.EPOCH).orElseThrow()).isGreaterThan(first);
  }

  @Test
  void whatAnOpenCallHoldsIsNotDue() throws Exception {
    await(log.authorize(authorized("open"), soon()));
    fill(4_000);
    assertThat(due(policy(Duration.ofDays(1), 1), Instant.now().plus(Duration.ofDays(30))))
        .isEmpty();
  }
}
