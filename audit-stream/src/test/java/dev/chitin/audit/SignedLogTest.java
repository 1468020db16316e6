package dev.chitin.audit;

import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.TlogProof;
import dev.chitin.audit.tree.Proofs;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What third parties get, and the law that the log never signs two trees that differ. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SignedLogTest {
  private static final String ORIGIN = "chitin.local/audit/n1";

  @TempDir Path temp;
  private final FaultyStorage disk = new FaultyStorage();
  private final TestSigner signer = TestSigner.ofVectors(ORIGIN);

  private AuditSettings settings(String name) {
    return AuditSettings.of(temp.resolve(name), "n1", "0.1.0")
        .withSegmentBytes(1 << 20)
        .withMinFreeBytes(0)
        .withCheckpointInterval(Duration.ofMinutes(30));
  }

  private static void write(DurableAuditLog log, int count) {
    var all = new ArrayList<Future<?>>(count);
    for (int i = 0; i < count; i++) {
      all.add(log.append(note("event " + i), soon()));
    }
    await(Future.all(all));
  }

  private Checkpoint sign(DurableAuditLog log) throws Exception {
    log.signWith(signer);
    assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    return checkpoint(log);
  }

  private Checkpoint checkpoint(DurableAuditLog log) throws Exception {
    SignedNote note = log.published().checkpoint().orElseThrow();
    assertThat(note.signedBy(List.of(signer.verifierKey()))).hasSize(1);
    return Checkpoint.parse(note.text());
  }

  private static void assertRefused(ThrowingCallable call, ProblemCode code) {
    assertThatThrownBy(call)
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }

  private static List<byte[]> entries(PublishedLog log) throws IOException {
    var all = new ArrayList<byte[]>();
    while (all.size() < log.size()) {
      var address = TileAddress.holding(TileAddress.ENTRIES, all.size(), log.size());
      ByteBuffer bundle = ByteBuffer.wrap(log.tile(address).orElseThrow());
      while (bundle.hasRemaining()) {
        byte[] entry = new byte[Short.toUnsignedInt(bundle.getShort())];
        bundle.get(entry);
        all.add(entry);
      }
    }
    return all;
  }

  @Test
  void tilesBundlesCheckpointAndProofsAreOfOneTree() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 2_600);
      Checkpoint tree = sign(log);
      PublishedLog shown = log.published();
      assertThat(tree.size()).isEqualTo(2_600).isEqualTo(shown.size());
      List<byte[]> all = entries(shown);
      var stored =
          new StoredTree(
              (level, first, count) -> {
                TileAddress tile =
                    TileAddress.holding(level, first, TileAddress.count(level, tree.size()));
                byte[] hashes = shown.tile(tile).orElseThrow();
                int at = (int) (first - tile.first()) * TreeHash.BYTES;
                return Arrays.copyOfRange(hashes, at, at + count * TreeHash.BYTES);
              });
      assertThat(stored.root(tree.size())).isEqualTo(tree.root());
      for (int i = 0; i < 2_600; i += 97) {
        Digest leaf = Digest.of(new byte[] {0}, all.get(i));
        TlogProof proof = TlogProof.parse(shown.proof(i).bytes());
        assertThat(proof.shows(leaf)).isTrue();
        assertThat(proof.checkpoint().signedBy(List.of(signer.verifierKey()))).hasSize(1);
        assertThat(shown.entry(i).orElseThrow().borrow()).isEqualTo(all.get(i));
      }
      for (TileAddress none :
          List.of(
              new TileAddress(0, 10, 41),
              new TileAddress(0, 11, 1),
              new TileAddress(1, 0, 11),
              new TileAddress(2, 0, 1),
              new TileAddress(TileAddress.ENTRIES, 10, 41))) {
        assertThat(shown.tile(none)).as(none.path()).isEmpty();
      }
      byte[] wide = shown.tile(new TileAddress(0, 10, 40)).orElseThrow();
      byte[] narrow = shown.tile(new TileAddress(0, 10, 3)).orElseThrow();
      assertThat(narrow).hasSize(96).isEqualTo(Arrays.copyOf(wide, 96));
      assertThat(shown.entry(2_600)).isEmpty();
      assertRefused(() -> shown.proof(2_600), ProblemCode.REQUEST_NOT_FOUND);
      assertRefused(() -> shown.proof(-1), ProblemCode.REQUEST_NOT_FOUND);
    }
  }

  @Test
  void aProofAsksForACheckpointThatCoversItsEntry() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 3);
      assertRefused(
          () -> log.proof(2, Deadline.after(Duration.ofMillis(50))),
          ProblemCode.AUDIT_PROOF_PENDING);
      log.signWith(signer);
      assertThat(log.proof(2, soon()).index()).isEqualTo(2);
      write(log, 1); // The interval is half an hour: only the demand brings the next checkpoint.
      assertThat(log.proof(3, soon()).index()).isEqualTo(3);
      assertThat(checkpoint(log).size()).isEqualTo(4);
      assertRefused(() -> log.proof(4, soon()), ProblemCode.REQUEST_NOT_FOUND);
    }
  }

  @Test
  void checkpointsComeByThemselvesWhileTheLogGrows() throws Exception {
    var often = settings("a").withCheckpointInterval(Duration.ofMillis(10));
    try (var log = DurableAuditLog.open(often)) {
      log.signWith(signer);
      Checkpoint last = new Checkpoint(ORIGIN, 0, Digest.of());
      for (int round = 0; round < 5; round++) {
        write(log, 10);
        long grown = 10L * (round + 1);
        Awaiting.until(
            () -> log.published().checkpoint().isPresent() && checkpoint(log).size() >= grown);
        Checkpoint next = checkpoint(log);
        assertThat(
                Proofs.consistent(
                    last.size(),
                    last.root(),
                    next.size(),
                    next.root(),
                    log.published().consistency(last.size(), next.size())))
            .isTrue();
        last = next;
      }
    }
  }

  @Test
  void nothingIsSignedBeforeItIsDurableAndNothingShownBeforeTheCheckpointIs() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"), disk)) {
      write(log, 5);
      disk.failRenames("checkpoint", "Input/output error");
      log.signWith(signer);
      assertThat(log.endSigning(Duration.ofMillis(300))).isFalse();
      assertThat(log.published().checkpoint()).isEmpty();
      disk.mend();
      disk.stall();
      Future<LogPosition> late = log.append(note("late"), soon());
      disk.awaitStalled();
      log.signWith(signer);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
      assertThat(checkpoint(log).size()).isEqualTo(5);
      disk.resume();
      await(late);
    }
  }

  @Test
  void aLogThatWasPutBackIsRefused() throws Exception {
    Path old = temp.resolve("old");
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 300);
    }
    LogVerifierFixture.copy(temp.resolve("a"), old);
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 300);
      sign(log);
    }
    Files.copy(temp.resolve("a/checkpoint"), old.resolve("checkpoint"));
    assertRefused(() -> DurableAuditLog.open(settings("old")), ProblemCode.AUDIT_ROLLBACK);
    // As long as it takes to outgrow the checkpoint, it is still another log.
    Files.delete(old.resolve("checkpoint"));
    try (var log = DurableAuditLog.open(settings("old"))) {
      write(log, 1_000);
    }
    Files.copy(temp.resolve("a/checkpoint"), old.resolve("checkpoint"));
    assertRefused(() -> DurableAuditLog.open(settings("old")), ProblemCode.AUDIT_ROLLBACK);
    Files.deleteIfExists(old.resolve("hashes-synced"));
    assertRefused(() -> DurableAuditLog.open(settings("old")), ProblemCode.AUDIT_ROLLBACK);
  }

  @Test
  void aCheckpointOfAnotherKeyNameOrFormIsRefused() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 3);
      sign(log);
    }
    try (var log = DurableAuditLog.open(settings("a"))) {
      assertRefused(() -> log.signWith(TestSigner.of(ORIGIN, 7)), ProblemCode.AUDIT_KEY_CHANGED);
      assertRefused(
          () -> log.signWith(TestSigner.ofVectors("another/log")), ProblemCode.CONFIG_INVALID);
      assertThat(sign(log).size()).isEqualTo(3);
    }
    Path checkpoint = temp.resolve("a/checkpoint");
    String text = Files.readString(checkpoint);
    Files.writeString(checkpoint, text.replaceAll("audit/n1", "audit/n2"));
    assertRefused(() -> DurableAuditLog.open(settings("a")), ProblemCode.AUDIT_CORRUPT);
    Files.writeString(checkpoint, "");
    assertRefused(() -> DurableAuditLog.open(settings("a")), ProblemCode.AUDIT_CORRUPT);
  }

  @Test
  void hashFilesThatAreMissingCutOrChangedAreMadeAnewFromTheEntries() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 6_000);
      sign(log);
    }
    byte[] hashes = Files.readAllBytes(temp.resolve("a/hashes-0"));
    byte[] upper = Files.readAllBytes(temp.resolve("a/hashes-1"));
    assertThat(LogVerifierFixture.segments(temp.resolve("a")).size()).isGreaterThan(1);
    List<Damage> damages =
        List.of(
            log -> Files.delete(log.resolve("hashes-0")),
            log -> Files.delete(log.resolve("hashes-synced")),
            log -> Files.write(log.resolve("hashes-0"), Arrays.copyOf(hashes, 1_000)),
            log -> Files.write(log.resolve("hashes-1"), new byte[upper.length]),
            log -> {
              byte[] flipped = hashes.clone();
              flipped[hashes.length - 1] ^= 1;
              Files.write(log.resolve("hashes-0"), flipped);
            });
    for (Damage damage : damages) {
      damage.to(temp.resolve("a"));
      try (var log = DurableAuditLog.open(settings("a"))) {
        assertThat(sign(log).size()).isEqualTo(6_000);
      }
      assertThat(Files.readAllBytes(temp.resolve("a/hashes-0"))).isEqualTo(hashes);
      assertThat(Files.readAllBytes(temp.resolve("a/hashes-1"))).isEqualTo(upper);
    }
  }

  @FunctionalInterface
  private interface Damage {
    void to(Path log) throws IOException;
  }

  @Test
  void hashFilesThatGoBadWhileTheLogRunsAreNotSigned() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 600);
      assertThat(sign(log).size()).isEqualTo(600);
      Files.write(temp.resolve("a/hashes-0"), new byte[600 * 32]);
      write(log, 1);
      Checkpoint next = sign(log);
      assertThat(next.size()).isEqualTo(601);
      byte[] leaf = new TreeHash().leaf(log.published().entry(600).orElseThrow().borrow());
      assertThat(log.proof(600, soon()).shows(Digest.ofBytes(leaf))).isTrue();
      assertThat(log.proof(0, soon()).path()).isNotEmpty();
    }
  }

  @Test
  void aFullDiskUnderTheHashFilesDoesNotStopTheLog() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"), disk)) {
      write(log, 10);
      log.signWith(signer);
      assertThat(log.proof(9, soon()).index()).isEqualTo(9);
      disk.failHashes("No space left on device");
      write(log, 100);
      assertRefused(
          () -> log.proof(50, Deadline.after(Duration.ofMillis(300))),
          ProblemCode.AUDIT_PROOF_PENDING);
      assertThat(log.metrics().treeTrouble()).contains("No space");
      assertThat(log.failure()).isEmpty();
      disk.mend();
      assertThat(log.proof(50, soon()).index()).isEqualTo(50);
      Awaiting.until(() -> log.metrics().treeTrouble() == null);
    }
    assertThat(LogVerifierFixture.verify(temp.resolve("a")).fault()).isEmpty();
  }

  @Test
  void aStartReadsNoSegmentButTheLast() throws Exception {
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 12_000);
      sign(log);
    }
    List<Path> segments = LogVerifierFixture.segments(temp.resolve("a"));
    assertThat(segments.size()).isGreaterThan(2);
    byte[] first = Files.readAllBytes(segments.getFirst());
    Files.write(segments.getFirst(), "unreadable".getBytes(StandardCharsets.US_ASCII));
    try (var log = DurableAuditLog.open(settings("a"))) {
      write(log, 1);
      assertThat(sign(log).size()).isEqualTo(12_001);
    }
    // The same after a crash: the seal is gone, and the hash files are as old as the last segment.
    Files.delete(temp.resolve("a/sealed"));
    long lastSegment =
        Long.parseLong(segments.getLast().getFileName().toString().replaceAll("\\D", ""));
    Files.writeString(temp.resolve("a/hashes-synced"), lastSegment + "\n");
    try (var log = DurableAuditLog.open(settings("a"))) {
      assertThat(sign(log).size()).isEqualTo(12_002);
    }
    Files.write(segments.getFirst(), first);
    assertThat(LogVerifierFixture.verify(temp.resolve("a")).fault()).isEmpty();
  }
}
