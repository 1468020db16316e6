package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.KeyRotation;
import dev.chitin.audit.KeyRotations;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.KeyFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The key files of a rotation beside the log, at each point at which a crash can part them. */
class LogKeysTest {
  private static final Instant START = Instant.parse("2031-05-01T10:00:00Z");
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir Path temp;
  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final InstantSource clock = now::get;
  private LogKeyFiles files;
  private Path keys;

  @BeforeEach
  void places() throws IOException {
    Path vaultKey = Files.createDirectory(temp.resolve("keys")).resolve("vault.key");
    files = LogKeyFiles.named(UUID.randomUUID(), vaultKey, temp.resolve("home"));
    keys = Files.createDirectory(files.current().path().getParent());
  }

  private SignedLog opened() {
    return new SignedLog(temp.resolve("audit"), log -> files, clock);
  }

  private void open() {
    opened().close();
  }

  private static long count(DurableAuditLog log, String action) {
    return log.reader().read(0, 10_000).stream().filter(e -> is(e, action)).count();
  }

  private static boolean is(LogEntry entry, String action) {
    return new String(entry.json().borrow(), StandardCharsets.UTF_8)
        .contains("\"action\":\"" + action + "\"");
  }

  private static void assertRefused(ThrowingCallable call, ProblemCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ChitinException.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  private boolean isMarked() {
    return Files.exists(temp.resolve("audit/key-rotation"));
  }

  private static String name(KeyFile file) {
    return file.path().getFileName().toString();
  }

  private List<String> keyFiles() throws IOException {
    try (Stream<Path> all = Files.list(keys)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** The key of a log that was signed before. */
  private VerifierKey first() throws Exception {
    try (var opened = opened()) {
      opened.write();
      return opened.keys.newest();
    }
  }

  /** A log whose key is being rotated. */
  private KeyRotation rotating() throws Exception {
    try (var opened = opened()) {
      opened.write();
      return opened.keys.rotate(WEEK);
    }
  }

  private void assertOver(SignedLog opened, VerifierKey old, VerifierKey fresh) throws Exception {
    assertThat(keyFiles()).containsExactly(name(files.current()));
    assertThat(isMarked()).isFalse();
    assertThat(opened.keys.newest()).isEqualTo(fresh);
    assertThat(opened.signers(old, fresh)).containsExactly(fresh);
    assertThat(count(opened.log, "key_retired")).isPositive();
    assertThat(opened.keys.finish()).isFalse();
  }

  private void assertDiscarded(VerifierKey old) throws Exception {
    try (var opened = opened()) {
      assertThat(keyFiles()).containsExactly(name(files.current()));
      assertThat(isMarked()).isFalse();
      assertThat(opened.signers(old)).containsExactly(old);
      assertThat(count(opened.log, "key_retired")).isZero();
      assertThat(opened.keys.rotate(WEEK).from()).isEqualTo(old);
    }
  }

  @Test
  void bothSignUntilTheTimeIsOverAndThenTheOldKeyIsZeroedAndGone() throws Exception {
    VerifierKey old = first();
    try (var opened = opened();
        FileChannel held = FileChannel.open(files.current().path(), StandardOpenOption.READ)) {
      KeyRotation rotation = opened.keys.rotate(WEEK);
      assertThat(rotation.from()).isEqualTo(old);
      assertThat(rotation.until()).isEqualTo(START.plus(WEEK));
      assertThat(Files.getPosixFilePermissions(files.next().path()))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      assertThat(Files.size(files.next().path())).isEqualTo(KeyFile.BYTES);
      assertThat(opened.signers(old, rotation.to())).containsExactly(old, rotation.to());
      now.set(START.plus(WEEK).minusMillis(1));
      assertThat(opened.keys.due()).isFalse();
      assertThat(opened.keys.finish()).isFalse();
      assertRefused(() -> opened.keys.rotate(WEEK), ProblemCode.AUDIT_KEY_ROTATING);
      assertThat(opened.signers(old, rotation.to())).hasSize(2);

      now.set(START.plus(WEEK));
      assertThat(opened.keys.due()).isTrue();
      assertThat(opened.keys.finish()).isTrue();
      assertOver(opened, old, rotation.to());
      ByteBuffer was = ByteBuffer.allocate(64);
      assertThat(held.read(was, 0)).isEqualTo(KeyFile.BYTES);
      assertThat(was.array()).containsOnly(0);
      // The next rotation starts from there.
      assertThat(opened.keys.rotate(WEEK).from()).isEqualTo(rotation.to());
    }
  }

  @Test
  void aStartWithinTheTimeGoesOnWithBothKeys() throws Exception {
    KeyRotation rotation = rotating();
    try (var opened = opened()) {
      assertThat(opened.keys.newest()).isEqualTo(rotation.to());
      assertThat(opened.signers(rotation.from(), rotation.to())).hasSize(2);
      assertRefused(() -> opened.keys.rotate(WEEK), ProblemCode.AUDIT_KEY_ROTATING);
    }
  }

  @Test
  void aStartAfterTheTimeEndsTheRotationWithoutASignatureOfTheOldKey() throws Exception {
    KeyRotation rotation = rotating();
    SignedNote last = Published.parse(Files.readAllBytes(temp.resolve("audit/checkpoint"))).note();
    assertThat(last.signatures()).hasSize(2);
    now.set(START.plus(WEEK));
    try (var opened = opened()) {
      assertOver(opened, rotation.from(), rotation.to());
    }
    try (var opened = opened()) {
      assertThat(count(opened.log, "key_retired")).isEqualTo(1);
      assertOver(opened, rotation.from(), rotation.to());
    }
  }

  @Test
  void aCrashBeforeTheNewKeyIsMadeDiscardsTheRotation() throws Exception {
    VerifierKey old = first();
    try (var opened = opened()) {
      opened.log.keyRotations().announce(START.plus(WEEK));
    }
    assertDiscarded(old);
  }

  @Test
  void aCrashWhileTheNewKeyIsWrittenDiscardsTheRotation() throws Exception {
    VerifierKey old = first();
    try (var opened = opened()) {
      opened.log.keyRotations().announce(START.plus(WEEK));
    }
    Files.write(files.next().path(), new byte[7]);
    Files.setPosixFilePermissions(
        files.next().path(), PosixFilePermissions.fromString("rw-------"));
    assertDiscarded(old);
  }

  @Test
  void aCrashBeforeTheEntryIsDurableDiscardsTheRotationAndDestroysItsKey() throws Exception {
    VerifierKey old = first();
    try (var opened = opened()) {
      opened.log.keyRotations().announce(START.plus(WEEK));
    }
    files.next().createInPlace();
    assertDiscarded(old);
  }

  @Test
  void aKeyThatNoMarkAndNoEntryNamesIsDestroyed() throws Exception {
    VerifierKey old = first();
    files.next().createInPlace();
    assertDiscarded(old);
  }

  /** The entry is in the log, and nothing was done about it yet. */
  private KeyRotation recordedOnly() throws Exception {
    try (var opened = opened()) {
      opened.write();
      opened.log.keyRotations().announce(START.plus(WEEK));
      files.next().createInPlace();
      try (LogKey next = LogKey.open(opened.keys.newest().name(), files.next())) {
        VerifierKey to = KeyRotations.key(next);
        var handover =
            new AuditEvent.KeyHandover(
                to.toString(), opened.keys.newest().toString(), START.plus(WEEK).toEpochMilli());
        long index =
            opened
                .log
                .append(new AuditEvent.LogEvent("key_rotated", null, handover), SignedLog.soon())
                .toCompletionStage()
                .toCompletableFuture()
                .get()
                .index();
        return new KeyRotation(index, opened.keys.newest(), to, START.plus(WEEK));
      }
    }
  }

  @Test
  void aCrashAfterTheEntryIsDurableCompletesTheRotation() throws Exception {
    KeyRotation rotation = recordedOnly();
    try (var opened = opened()) {
      assertThat(opened.keys.newest()).isEqualTo(rotation.to());
      assertThat(opened.signers(rotation.from(), rotation.to())).hasSize(2);
      now.set(START.plus(WEEK));
      assertThat(opened.keys.finish()).isTrue();
      assertOver(opened, rotation.from(), rotation.to());
    }
  }

  @Test
  void theOldKeyStaysUntilACheckpointOfBothCoversTheEntryHoweverLate() throws Exception {
    KeyRotation rotation = recordedOnly();
    now.set(START.plus(WEEK).plus(WEEK));
    try (var opened = opened()) {
      assertThat(keyFiles()).containsExactly(name(files.current()), name(files.next()));
      assertThat(opened.signers(rotation.from(), rotation.to())).hasSize(2);
      assertThat(opened.keys.finish()).isTrue();
      assertOver(opened, rotation.from(), rotation.to());
    }
  }

  @Test
  void theMarkMayBeLostAndTheEntryStillCounts() throws Exception {
    KeyRotation rotation = rotating();
    Files.delete(temp.resolve("audit/key-rotation"));
    try (var opened = opened()) {
      assertThat(opened.signers(rotation.from(), rotation.to())).hasSize(2);
      now.set(START.plus(WEEK));
      assertThat(opened.keys.finish()).isTrue();
      assertOver(opened, rotation.from(), rotation.to());
    }
  }

  @Test
  void aCrashBetweenAnyTwoStepsOfTheEndIsCompletedByTheNextStart() throws Exception {
    KeyRotation rotation = rotating();
    now.set(START.plus(WEEK));
    List<ThrowingCallable> crashes =
        List.of(
            () -> files.current().moveTo(files.old()),
            () -> {
              files.current().moveTo(files.old());
              files.next().moveTo(files.current());
            },
            () -> {
              files.current().moveTo(files.old());
              files.next().moveTo(files.current());
              Files.write(files.old().path(), new byte[KeyFile.BYTES]);
            },
            () -> {
              files.current().moveTo(files.old());
              files.next().moveTo(files.current());
              files.old().destroy();
            });
    Path kept = temp.resolve("kept");
    copy(temp.resolve("audit"), kept.resolve("audit"));
    copy(keys, kept.resolve("keys"));
    for (ThrowingCallable crash : crashes) {
      copy(kept.resolve("audit"), temp.resolve("audit"));
      copy(kept.resolve("keys"), keys);
      assertThat(isMarked()).isTrue();
      try {
        crash.call();
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
      try (var opened = opened()) {
        assertOver(opened, rotation.from(), rotation.to());
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      try (Stream<Path> all = Files.list(to)) {
        for (Path file : all.toList()) {
          Files.delete(file);
        }
      }
    } else {
      Files.createDirectories(to);
    }
    try (Stream<Path> all = Files.list(from)) {
      for (Path file : all.toList()) {
        Files.copy(
            file, to.resolve(file.getFileName()), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  @Test
  void aKeyThatTheLogDoesNotNameIsRefusedInEachPlace() throws Exception {
    rotating();
    byte[] current = Files.readAllBytes(files.current().path());
    byte[] next = Files.readAllBytes(files.next().path());
    byte[] unrelated = new byte[KeyFile.BYTES];
    unrelated[0] = 1;
    Files.write(files.next().path(), unrelated);
    assertRefused(this::open, ProblemCode.AUDIT_KEY_CHANGED);
    assertThat(files.next().path()).as("nothing is destroyed").hasBinaryContent(unrelated);
    Files.delete(files.next().path());
    assertRefused(this::open, ProblemCode.AUDIT_KEY_CHANGED);
    assertThat(files.current().path()).hasBinaryContent(current);
    files.next().createInPlace();
    Files.write(files.next().path(), next);
    Files.write(files.current().path(), unrelated);
    assertRefused(this::open, ProblemCode.AUDIT_KEY_CHANGED);
    Files.write(files.current().path(), current);
    open();
  }

  @Test
  void ofTheOldKeyAloneNothingIsMade() throws Exception {
    VerifierKey old = first();
    files.current().moveTo(files.old());
    assertRefused(this::open, ProblemCode.AUDIT_KEY_CHANGED);
    assertThat(keyFiles()).containsExactly(name(files.old()));
    files.old().moveTo(files.current());
    try (var opened = opened()) {
      assertThat(opened.signers(old)).containsExactly(old);
    }
  }

  @Test
  void theOverlapIsBounded() throws Exception {
    try (var opened = opened()) {
      for (Duration overlap : List.of(Duration.ZERO, Duration.ofDays(367), Duration.ofDays(-1))) {
        assertRefused(() -> opened.keys.rotate(overlap), ProblemCode.REQUEST_ARGUMENTS_INVALID);
      }
      assertThat(isMarked()).isFalse();
    }
  }
}
