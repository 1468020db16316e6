package dev.chitin.audit;

import static dev.chitin.audit.Events.authorized;
import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.log.DiskStorage;
import dev.chitin.audit.log.Minimum;
import dev.chitin.audit.log.Pruning;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.TlogProof;
import dev.chitin.audit.query.EventFilter;
import dev.chitin.audit.query.EventIndex;
import dev.chitin.audit.query.EventPage;
import dev.chitin.audit.query.EventQuery;
import dev.chitin.audit.tree.Proofs;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What remains provable of a log whose oldest entries are gone, and what a crash in between does.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PruningTest {
  private static final String ORIGIN = "chitin.local/audit/n1";
  private static final String FILLER = "x".repeat(400);

  @TempDir private Path temp;
  private final TestSigner signer = TestSigner.ofVectors(ORIGIN);

  private Path directory() {
    return temp.resolve("log");
  }

  private DurableAuditLog open() {
    return DurableAuditLog.open(
        AuditSettings.of(directory(), "n1", "0.1.0")
            .withSegmentBytes(1 << 20)
            .withMinFreeBytes(0)
            .withCheckpointInterval(Duration.ofMillis(10)));
  }

  /** Writes three segments and more. */
  private static void fill(DurableAuditLog log) {
    for (int part = 0; part < 12; part++) {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < 500; i++) {
        all.add(log.append(note(FILLER + i), soon()));
      }
      await(Future.all(all));
    }
  }

  /** A signed log of several segments. */
  private DurableAuditLog filled() throws Exception {
    DurableAuditLog log = open();
    log.signWith(signer);
    fill(log);
    log.proof(log.publication().size() - 1, soon());
    assertThat(segments()).hasSizeGreaterThan(3);
    return log;
  }

  /** A closed log in which the record of its pruning stands already. */
  private void filledWithRecord() throws Exception {
    try (DurableAuditLog log = filled()) {
      Minimum plan =
          new Pruning(new DiskStorage(), directory())
              .plan(Long.MAX_VALUE, log.published().size())
              .orElseThrow();
      log.append(new AuditEvent.LogEvent("pruned", "minimum index " + plan.index()), soon())
          .await();
      log.proof(log.publication().size() - 1, soon());
    }
  }

  private List<Long> segments() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.startsWith("segment-"))
          .map(name -> Long.parseLong(name.substring(8, 28)))
          .sorted()
          .toList();
    }
  }

  private static void assertRefused(ThrowingCallable call, ProblemCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ChitinException.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  private LogVerification verified() throws IOException {
    LogVerification verification = LogVerifier.verify(directory(), Expectations.NONE);
    assertThat(verification.fault()).isEmpty();
    return verification;
  }

  @Test
  void whatIsAboveTheMinimumIsGivenAndEverythingIsProvable() throws Exception {
    try (DurableAuditLog log = filled()) {
      PublishedLog shown = log.published();
      TlogProof old = shown.proof(3);
      Digest leaf = Digest.of(new byte[] {0}, shown.entry(3).orElseThrow().borrow());
      Checkpoint before = Checkpoint.parse(shown.checkpoint().orElseThrow().text());
      List<Long> all = segments();
      long minimum = log.retention().prune(Long.MAX_VALUE, null, soon());

      assertThat(minimum).isPositive();
      assertThat(minimum % 256).isZero();
      assertThat(segments()).hasSizeLessThan(all.size()).contains(all.getLast());
      assertThat(segments().getFirst()).isLessThanOrEqualTo(minimum);
      assertThat(shown.minimum()).isEqualTo(minimum);
      assertRefused(() -> shown.entry(minimum - 1), ProblemCode.AUDIT_PRUNED);
      assertRefused(
          () -> shown.tile(new TileAddress(TileAddress.ENTRIES, 0, 256)), ProblemCode.AUDIT_PRUNED);
      assertThat(shown.entry(minimum)).isPresent();
      long size = Checkpoint.parse(shown.checkpoint().orElseThrow().text()).size();
      int width = Math.toIntExact(Math.min(256, size - minimum));
      assertThat(
              shown.tile(
                  new TileAddress(TileAddress.ENTRIES, Math.toIntExact(minimum / 256), width)))
          .isPresent();
      assertThat(shown.tile(new TileAddress(0, 0, 256))).as("hashes stay").isPresent();

      assertThat(old.shows(leaf)).isTrue();
      assertThat(shown.proof(3).shows(leaf)).as("a proof made anew").isTrue();
      assertThat(shown.proof(minimum + 5).index()).isEqualTo(minimum + 5);
      log.append(note("one more"), soon()).await();
      log.proof(log.publication().size() - 1, soon());
      Checkpoint after = Checkpoint.parse(shown.checkpoint().orElseThrow().text());
      assertThat(
              Proofs.consistent(
                  before.size(),
                  before.root(),
                  after.size(),
                  after.root(),
                  shown.consistency(before.size(), after.size())))
          .isTrue();
      assertThat(log.reader().read(0, 1).getFirst().index()).isEqualTo(minimum);
    }
    assertThat(verified().entries()).isPositive();
    try (DurableAuditLog again = open()) {
      assertThat(again.published().minimum()).isPositive();
      again.append(note("after a restart"), soon()).await();
    }
    verified();
  }

  @Test
  void thePruningIsInTheLogBeforeAnythingGoes() throws Exception {
    try (DurableAuditLog log = filled()) {
      long minimum = log.retention().prune(Long.MAX_VALUE, null, soon());
      LogEntry last = log.reader().read(log.publication().size() - 1, 1).getFirst();
      assertThat(new String(last.json().toArray(), UTF_8))
          .contains("\"action\":\"pruned\"")
          .contains("\"detail\":\"minimum index " + minimum + "\"");
    }
  }

  @Test
  void withoutItsRecordNothingGoes() throws Exception {
    try (DurableAuditLog log = filled()) {
      List<Long> all = segments();
      var pruning = new Pruning(new DiskStorage(), directory());
      Minimum plan = pruning.plan(Long.MAX_VALUE, log.published().size()).orElseThrow();
      assertThatThrownBy(
              () ->
                  pruning.prune(
                      plan,
                      null,
                      minimum -> {
                        assertThat(segments()).as("nothing went yet").isEqualTo(all);
                        throw new IOException("the log takes nothing");
                      }))
          .isInstanceOf(IOException.class);
      assertThat(segments()).isEqualTo(all);
      assertThat(log.published().minimum()).isZero();
      assertThat(log.published().entry(0)).isPresent();
    }
    verified();
  }

  /** Until one covers it, the record itself could be taken back unseen with the entries. */
  @Test
  void withoutACheckpointOverItsRecordNothingGoes() throws Exception {
    var lost = new AtomicBoolean();
    try (DurableAuditLog log = open()) {
      log.signWith(losing(lost));
      fill(log);
      log.proof(log.publication().size() - 1, soon());
      List<Long> all = segments();
      lost.set(true);
      assertRefused(
          () -> log.retention().prune(Long.MAX_VALUE, null, Deadline.after(Duration.ofMillis(200))),
          ProblemCode.AUDIT_PROOF_PENDING);
      assertThat(segments()).isEqualTo(all);
      assertThat(log.published().minimum()).isZero();
      lost.set(false);
      assertThat(log.retention().prune(Long.MAX_VALUE, null, soon())).isPositive();
    }
    verified();
  }

  /** Signs as long as its key is at hand. */
  private CheckpointSigner losing(AtomicBoolean lost) {
    return new CheckpointSigner() {
      @Override
      public String name() {
        return signer.name();
      }

      @Override
      public Bytes publicKey() {
        return signer.publicKey();
      }

      @Override
      public byte[] sign(byte[] message) {
        if (lost.get()) {
          throw new IllegalStateException("the key is not at hand");
        }
        return signer.sign(message);
      }
    };
  }

  /** Every prefix of the steps that change the directory, as a crash would leave it. */
  @Test
  void aCrashAtAnyStepIsCompletedOrUndoneByTheNextStart() throws Exception {
    filledWithRecord();
    Path whole = temp.resolve("whole");
    copy(directory(), whole);
    Path archive = temp.resolve("archive");
    int steps = 0;
    boolean done = false;
    while (!done) {
      remove(directory());
      copy(whole, directory());
      int survive = steps++;
      var count = new AtomicInteger();
      var disk = new CrashingStorage(count, survive);
      var pruning = new Pruning(disk, directory());
      Minimum plan =
          pruning.plan(Long.MAX_VALUE, PublishedLog.stored(directory()).size()).orElseThrow();
      try {
        pruning.prune(plan, archive, minimum -> {});
        done = true;
      } catch (IOException crash) {
        assertThat(crash).hasMessage("crash");
      }
      long minimum = Minimum.read(directory()).index();
      try (DurableAuditLog log = open()) {
        assertThat(log.published().minimum()).isEqualTo(minimum).isIn(0L, plan.index());
        assertThat(segments().getFirst()).isEqualTo(minimum == 0 ? 0 : plan.segment());
        for (long at = 0; at < minimum; at += 256) {
          assertThat(archive.resolve(TileAddress.holding(TileAddress.ENTRIES, at, minimum).path()))
              .exists();
        }
        log.append(note("goes on"), soon()).await();
      }
      verified();
    }
    assertThat(steps).isGreaterThan(5);
  }

  @Test
  void entriesAreInTheArchiveBeforeTheyGo() throws Exception {
    Path archive = temp.resolve("archive");
    try (DurableAuditLog log = filled()) {
      byte[] first =
          log.published().tile(new TileAddress(TileAddress.ENTRIES, 0, 256)).orElseThrow();
      long minimum = log.retention().prune(Long.MAX_VALUE, archive, soon());
      assertThat(Files.readAllBytes(archive.resolve("tile/entries/000"))).isEqualTo(first);
      for (long at = 0; at < minimum; at += 256) {
        assertThat(archive.resolve(TileAddress.holding(TileAddress.ENTRIES, at, minimum).path()))
            .exists();
      }
    }
  }

  @Test
  void anArchiveThatCannotBeWrittenKeepsTheEntries() throws Exception {
    Path archive = Files.writeString(temp.resolve("archive"), "a file");
    try (DurableAuditLog log = filled()) {
      List<Long> all = segments();
      assertRefused(
          () -> log.retention().prune(Long.MAX_VALUE, archive, soon()),
          ProblemCode.AUDIT_UNAVAILABLE);
      assertThat(segments()).isEqualTo(all);
      assertThat(log.published().minimum()).isZero();
    }
  }

  @Test
  void anAuthorizationWithoutItsEndIsKept() throws Exception {
    try (DurableAuditLog log = open()) {
      log.signWith(signer);
      await(log.authorize(authorized("open"), soon()));
      fill(log);
      log.proof(log.publication().size() - 1, soon());
      assertThat(log.retention().prune(Long.MAX_VALUE, null, soon())).isZero();
    }
    try (DurableAuditLog log = open()) {
      assertThat(log.reader().read(0, 10)).isNotEmpty();
    }
  }

  @Test
  void lostHashesOfPrunedEntriesAreDamageAndNeverMadeUp() throws Exception {
    try (DurableAuditLog log = filled()) {
      assertThat(log.retention().prune(Long.MAX_VALUE, null, soon())).isPositive();
    }
    byte[] hashes = Files.readAllBytes(directory().resolve("hashes-0"));
    hashes[100] ^= 1;
    Files.write(directory().resolve("hashes-0"), hashes);
    assertThat(LogVerifier.verify(directory(), Expectations.NONE).fault()).isPresent();
    Files.delete(directory().resolve("hashes-0"));
    assertRefused(this::open, ProblemCode.AUDIT_CORRUPT);
  }

  @Test
  void searchesGoOnAboveTheMinimum() throws Exception {
    try (DurableAuditLog log = filled()) {
      try (EventIndex index = EventIndex.open(directory())) {
        while (index.follow(16)) {
          assertThat(index.blocks()).isPositive();
        }
        long minimum = log.retention().prune(Long.MAX_VALUE, null, soon());
        assertThat(page(index, false).found().getFirst().entry().index()).isEqualTo(minimum);
        assertThat(page(index, true).found()).isNotEmpty();
      }
      Files.delete(directory().resolve("events.index"));
      try (EventIndex fresh = EventIndex.open(directory())) {
        while (fresh.follow(16)) {
          assertThat(fresh.blocks()).isPositive();
        }
        assertThat(fresh.blocks()).isGreaterThan(1);
        assertThat(page(fresh, false).found().getFirst().entry().index())
            .isEqualTo(log.published().minimum());
      }
    }
  }

  private EventPage page(EventIndex index, boolean newest) throws Exception {
    return new EventQuery(directory(), index, EventFilter.ALL, 10, newest)
        .page(OptionalLong.empty());
  }

  @Test
  void anExportOfAPrunedLogVerifies() throws Exception {
    long minimum;
    try (DurableAuditLog log = filled()) {
      minimum = log.retention().prune(Long.MAX_VALUE, null, soon());
    }
    Path export = temp.resolve("export");
    new LogExport(PublishedLog.stored(directory()), export).write(List.of(minimum));
    assertThat(export.resolve("tile/entries/000")).doesNotExist();
    LogVerification verification = LogVerifier.verify(export, Expectations.NONE);
    assertThat(verification.fault()).isEmpty();
    Path tile = export.resolve("tile/0/000");
    byte[] hashes = Files.readAllBytes(tile);
    hashes[5] ^= 1;
    Files.write(tile, hashes);
    assertThat(LogVerifier.verify(export, Expectations.NONE).fault()).isPresent();
  }

  @Test
  void aRotatedLogBeginsANewSegmentWithTheNextEntry() throws Exception {
    try (DurableAuditLog log = open()) {
      log.append(note("first"), soon()).await();
      log.rotate();
      log.append(note("second"), soon()).await();
      assertThat(segments()).hasSize(2);
      log.append(note("third"), soon()).await();
      assertThat(segments()).hasSize(2);
    }
    verified();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(String.valueOf(file.getFileName())));
      }
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      files.forEach(
          file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    Files.delete(directory);
  }

  @Test
  void nothingFromTheLimitOnIsRemovedOrHidden() throws Exception {
    try (DurableAuditLog log = filled()) {
      long second = segments().get(1);
      long minimum = (second + 255) / 256 * 256;
      assertThat(minimum).as("the rounding hides entries").isGreaterThan(second);
      assertThat(log.retention().prune(minimum - 1, null, soon())).isZero();
      assertThat(log.published().entry(second)).isPresent();
      assertThat(log.retention().prune(minimum, null, soon())).isEqualTo(minimum);
    }
  }

  @Test
  void aDeletionThatFailedIsMadeUpForAndTheMinimumNeverFalls() throws Exception {
    filled().close();
    List<Long> all = segments();
    var failing = new CrashingStorage(new AtomicInteger(), Integer.MAX_VALUE);
    var pruning = new Pruning(failing, directory());
    Minimum plan =
        pruning.plan(Long.MAX_VALUE, PublishedLog.stored(directory()).size()).orElseThrow();
    // The record and the file are there; then the disk refuses to delete.
    var refusing =
        new Pruning(new CrashingStorage(new AtomicInteger(), stepsOfMinimum(plan)), directory());
    assertThatThrownBy(() -> refusing.prune(plan, null, minimum -> {})).hasMessage("crash");
    assertThat(segments()).isEqualTo(all);
    assertThat(pruning.plan(all.get(1) + 256, plan.index())).as("lower than now").isEmpty();
    assertThat(pruning.complete()).isPositive();
    assertThat(segments().getFirst()).isEqualTo(plan.segment());
  }

  /** How many changes of the disk the file {@code minimum} takes. */
  private int stepsOfMinimum(Minimum plan) throws Exception {
    Path copy = temp.resolve("copy");
    copy(directory(), copy);
    var count = new AtomicInteger();
    var pruning = new Pruning(new CrashingStorage(count, Integer.MAX_VALUE), copy);
    pruning.prune(plan, null, minimum -> {});
    // One deletion for each segment below it, and one sync of the directory.
    int removed = Math.toIntExact(segments().stream().filter(s -> s < plan.segment()).count());
    return count.get() - removed - 1;
  }

  @Test
  void aReaderPassesOverWhatGoesWhileItReads() throws Exception {
    try (DurableAuditLog log = filled()) {
      LogReader reader = log.reader();
      assertThat(reader.read(0, 10)).hasSize(10);
      long minimum = log.retention().prune(Long.MAX_VALUE, null, soon());
      assertThat(reader.read(10, 1).getFirst().index()).isEqualTo(minimum);
    }
  }

  /** The file that says what is pruned is nobody's word; the entries are. */
  @Test
  void aMinimumThatNoEntryRecordsIsDamage() throws Exception {
    filled().close();
    var pruning = new Pruning(new DiskStorage(), directory());
    Minimum plan =
        pruning.plan(Long.MAX_VALUE, PublishedLog.stored(directory()).size()).orElseThrow();
    pruning.prune(plan, null, minimum -> {});
    assertThat(LogVerifier.verify(directory(), Expectations.NONE).fault().orElseThrow().toString())
        .contains("no entry records their pruning");
    Path export = temp.resolve("export");
    new LogExport(PublishedLog.stored(directory()), export).write(List.of());
    assertThat(LogVerifier.verify(export, Expectations.NONE).fault().orElseThrow().toString())
        .contains("no entry records their pruning");
  }
}
