package dev.chitin.audit;

import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.AuditEvent.KeyHandover;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One key hands the log over to another, and what a verifier with either of them sees. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeyRotationTest {
  private static final String ORIGIN = "chitin.local/audit/n1";
  private static final Instant UNTIL = Instant.ofEpochMilli(2_000_000_000_000L);

  @TempDir Path temp;
  private final TestSigner old = TestSigner.ofVectors(ORIGIN);
  private final TestSigner fresh = TestSigner.of(ORIGIN, 9);
  private final TestSigner unrelated = TestSigner.of(ORIGIN, 7);

  private Path directory() {
    return temp.resolve("log");
  }

  private DurableAuditLog open() {
    return open(directory());
  }

  private static DurableAuditLog open(Path directory) {
    return DurableAuditLog.open(
        AuditSettings.of(directory, "n1", "0.1.0")
            .withSegmentBytes(1 << 20)
            .withMinFreeBytes(0)
            .withCheckpointInterval(Duration.ofMillis(10)));
  }

  private static void write(DurableAuditLog log, int count) throws Exception {
    var all = new ArrayList<Future<?>>(count);
    for (int i = 0; i < count; i++) {
      all.add(log.append(note("event " + i), soon()));
    }
    await(Future.all(all));
    log.proof(log.publication().size() - 1, soon());
  }

  /** A log that was signed by the old key and is handed over now. */
  private KeyRotation rotate(DurableAuditLog log) throws Exception {
    log.signWith(old);
    write(log, 300);
    log.keyRotations().announce(UNTIL);
    return log.keyRotations().record(old, fresh, UNTIL, soon());
  }

  private static SignedNote checkpoint(DurableAuditLog log) {
    return log.published().checkpoint().orElseThrow();
  }

  private static void assertRefused(ThrowingCallable call, ProblemCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ChitinException.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  private LogVerification verify(List<TestSigner> keys, Optional<SignedNote> since)
      throws Exception {
    return verify(directory(), keys, since);
  }

  private static LogVerification verify(Path log, List<TestSigner> keys, Optional<SignedNote> since)
      throws Exception {
    var expected =
        new Expectations(keys.stream().map(TestSigner::verifierKey).toList(), Optional.empty());
    return LogVerifier.verify(
        log, since.isPresent() ? expected.since(since.get().bytes()) : expected);
  }

  private static String fault(LogVerification verification) {
    return verification.fault().orElseThrow().describe();
  }

  @Test
  void bothKeysSignFromTheEntryOnAndThenTheNewOneAlone() throws Exception {
    List<VerifierKey> both = List.of(old.verifierKey(), fresh.verifierKey());
    try (var log = open()) {
      KeyRotation rotation = rotate(log);
      assertThat(rotation.index()).isEqualTo(300);
      SignedNote first = checkpoint(log);
      assertThat(first.signatures()).hasSize(2);
      assertThat(first.signedBy(both)).isEqualTo(both);
      assertThat(log.proof(3, soon()).checkpoint().signedBy(both)).isEqualTo(both);
      assertThat(Files.readString(directory().resolve("vkey")))
          .isEqualTo(fresh.verifierKey() + "\n" + old.verifierKey() + "\n");
      assertThat(log.keyRotations().recorded(any -> true)).contains(rotation);
      assertThat(KeyRotation.of(300, log.published().entry(300).orElseThrow().borrow()))
          .contains(rotation);
      log.signWith(fresh);
      log.keyRotations().retired(rotation, soon());
      write(log, 1);
      assertThat(checkpoint(log).signatures()).hasSize(1);
      assertThat(checkpoint(log).signedBy(both)).containsExactly(fresh.verifierKey());
      assertThat(log.keyRotations().underWay()).isEmpty();
      assertThat(Files.readString(directory().resolve("vkey")))
          .isEqualTo(fresh.verifierKey() + "\n");
      assertThat(
              log.published().entry(301).map(e -> new String(e.borrow(), StandardCharsets.UTF_8)))
          .hasValueSatisfying(
              entry ->
                  assertThat(entry)
                      .contains("\"action\":\"key_retired\"", old.verifierKey().toString()));
    }
  }

  /** Gives the old key's thread every chance to sign the entry alone. */
  private final class Eager implements CheckpointSigner {
    private final AtomicReference<Optional<DurableAuditLog>> watched =
        new AtomicReference<>(Optional.empty());
    private final List<Boolean> signedByTheOldAlone = new ArrayList<>();

    /** Asked for before the new key signs, while the old one still could. */
    @Override
    public String name() {
      Optional<DurableAuditLog> log = watched.get().filter(l -> l.publication().size() > 300);
      if (log.isPresent()) {
        try {
          signedByTheOldAlone.add(
              log.get()
                  .publication()
                  .signed(300, old.verifierKey(), Deadline.after(Duration.ofMillis(300))));
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        watched.set(Optional.empty());
      }
      return fresh.name();
    }

    @Override
    public Bytes publicKey() {
      return fresh.publicKey();
    }

    @Override
    public byte[] sign(byte[] message) {
      return fresh.sign(message);
    }
  }

  @Test
  void noCheckpointThatCoversTheEntryIsSignedByTheOldKeyAlone() throws Exception {
    var eager = new Eager();
    try (var log = open()) {
      log.signWith(old);
      write(log, 300);
      log.keyRotations().announce(UNTIL);
      eager.watched.set(Optional.of(log));
      log.keyRotations().record(old, eager, UNTIL, soon());
      assertThat(eager.signedByTheOldAlone).containsExactly(false);
      assertThat(checkpoint(log).signatures()).hasSize(2);
    }
  }

  @Test
  void aSecondRotationIsRefusedUntilTheFirstIsOver() throws Exception {
    try (var log = open()) {
      KeyRotation rotation = rotate(log);
      assertRefused(
          () -> log.keyRotations().announce(UNTIL.plusSeconds(1)), ProblemCode.AUDIT_KEY_ROTATING);
      assertThat(log.keyRotations().underWay()).contains(UNTIL);
      log.signWith(fresh);
      log.keyRotations().retired(rotation, soon());
      log.keyRotations().announce(UNTIL);
      assertThat(log.keyRotations().recorded(any -> true)).isEmpty();
    }
  }

  @Test
  void aStartTakesTheStoredCheckpointOfEitherKeyInItsTimeAndOfNoOther() throws Exception {
    try (var log = open()) {
      rotate(log);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    }
    try (var log = open()) {
      assertRefused(() -> log.signWith(unrelated), ProblemCode.AUDIT_KEY_CHANGED);
      assertRefused(() -> log.signWith(List.of(unrelated, fresh)), ProblemCode.AUDIT_KEY_CHANGED);
      log.signWith(List.of(old, fresh));
      log.signWith(fresh);
      write(log, 1);
      assertRefused(() -> log.signWith(old), ProblemCode.AUDIT_KEY_CHANGED);
    }
  }

  @Test
  void theEntryIsNotPrunedWhileBothKeysSign() throws Exception {
    String filler = "x".repeat(400);
    try (var log = open()) {
      KeyRotation rotation = rotate(log);
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < 8_000; i++) {
        all.add(log.append(note(filler + i), soon()));
        if (all.size() == 500) {
          await(Future.all(all));
          all.clear();
        }
      }
      log.proof(log.publication().size() - 1, soon());
      assertThat(LogVerifierFixture.segments(directory())).hasSizeGreaterThan(2);
      assertThat(log.retention().prune(Long.MAX_VALUE, null, soon())).isZero();
      assertThat(
              log.retention()
                  .due(
                      new RetentionPolicy(Duration.ofMillis(1), 0, null),
                      Instant.MAX.minusSeconds(1)))
          .isEmpty();
      log.signWith(fresh);
      log.keyRotations().retired(rotation, soon());
      assertThat(log.retention().prune(Long.MAX_VALUE, null, soon())).isPositive();
    }
  }

  @Test
  void inTheOverlapEachKeyVerifiesAndTheOldOneHearsOfTheNewOne() throws Exception {
    Path export = temp.resolve("export");
    try (var log = open()) {
      rotate(log);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    }
    new LogExport(PublishedLog.stored(directory()), export).write(List.of(300L));
    for (Path log : List.of(directory(), export)) {
      for (TestSigner key : List.of(old, fresh)) {
        LogVerification result = verify(log, List.of(key), Optional.empty());
        assertThat(result.fault()).isEmpty();
        assertThat(result.signer()).contains(key.verifierKey());
        assertThat(result.rotation().map(KeyRotation::to)).contains(fresh.verifierKey());
      }
      assertThat(fault(verify(log, List.of(unrelated), Optional.empty())))
          .contains("not signed by the key")
          .doesNotContain("rotated");
    }
  }

  @Test
  void afterTheOverlapTheOldKeyIsToldWhatHappenedAndLeadsOnOnlyFromWhatItSigned() throws Exception {
    SignedNote before;
    SignedNote during;
    Path export = temp.resolve("export");
    try (var log = open()) {
      log.signWith(old);
      write(log, 300);
      before = checkpoint(log);
      log.keyRotations().announce(UNTIL);
      KeyRotation rotation = log.keyRotations().record(old, fresh, UNTIL, soon());
      during = checkpoint(log);
      log.signWith(fresh);
      log.keyRotations().retired(rotation, soon());
      write(log, 300);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    }
    new LogExport(PublishedLog.stored(directory()), export).write(List.of());
    for (Path log : List.of(directory(), export)) {
      for (Optional<SignedNote> since :
          List.of(Optional.<SignedNote>empty(), Optional.of(before))) {
        LogVerification lost = verify(log, List.of(old), since);
        assertThat(fault(lost))
            .contains("not signed by the key " + old.verifierKey())
            .contains("entry 300 says that the log's key was rotated")
            .contains("chitin audit key")
            .doesNotContain(fresh.verifierKey().toString());
        assertThat(lost.signer()).isEmpty();
      }
      LogVerification followed = verify(log, List.of(old), Optional.of(during));
      assertThat(followed.fault()).isEmpty();
      assertThat(followed.signer()).contains(fresh.verifierKey());
      assertThat(verify(log, List.of(fresh), Optional.of(during)).fault()).isEmpty();
      assertThat(verify(log, List.of(old, fresh), Optional.of(before)).fault()).isEmpty();
      // A checkpoint that no key signed which is trusted: whatever it covers leads nowhere.
      assertThat(fault(verify(log, List.of(fresh), Optional.of(before))))
          .contains("the earlier checkpoint is not signed");
      assertThat(fault(verify(log, List.of(unrelated), Optional.of(during))))
          .contains("not signed by the key");
    }
  }

  @Test
  void aForgedHandoverIsNotFollowed() throws Exception {
    SignedNote trusted;
    try (var log = open()) {
      log.signWith(old);
      write(log, 300);
      // The log itself says that another key than its own handed it over.
      append(log, unrelated, fresh);
      write(log, 1);
      trusted = checkpoint(log);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    }
    assertThat(verify(List.of(old), Optional.of(trusted)).fault()).isEmpty();
    // Somebody without the key goes on with the log, and names a key of his own.
    Files.delete(directory().resolve("checkpoint"));
    try (var log = open()) {
      append(log, old, unrelated);
      log.signWith(unrelated);
      write(log, 10);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    }
    assertThat(verify(List.of(unrelated), Optional.empty()).fault()).isEmpty();
    LogVerification forged = verify(List.of(old), Optional.of(trusted));
    assertThat(fault(forged)).contains("not signed by the key");
    assertThat(forged.signer()).isEmpty();
    // Nor does it help to sign with the key that an entry names which does not come from ours.
    Files.delete(directory().resolve("checkpoint"));
    try (var log = open()) {
      log.signWith(fresh);
      write(log, 10);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    }
    assertThat(fault(verify(List.of(old), Optional.of(trusted)))).contains("not signed by the key");
  }

  private static void append(DurableAuditLog log, TestSigner from, TestSigner to) {
    await(
        log.append(
            new AuditEvent.LogEvent(
                KeyRotation.ACTION,
                null,
                new KeyHandover(
                    to.verifierKey().toString(),
                    from.verifierKey().toString(),
                    UNTIL.toEpochMilli())),
            soon()));
  }

  @Test
  void aWrongSignatureOfAKnownKeyRejectsTheNoteAndOneOfAnUnknownKeyIsIgnored() throws Exception {
    try (var log = open()) {
      rotate(log);
      assertThat(log.endSigning(Duration.ofSeconds(30))).isTrue();
    }
    Path file = directory().resolve("checkpoint");
    SignedNote good = SignedNote.parse(Files.readAllBytes(file));
    byte[] wrong = old.sign("another text\n".getBytes(StandardCharsets.US_ASCII));
    var spoiled =
        new SignedNote(
            good.text(),
            List.of(SignedNote.Line.of(old.verifierKey(), wrong), good.signatures().getLast()));
    Files.write(file, spoiled.bytes());
    assertThat(verify(List.of(fresh), Optional.empty()).fault()).isEmpty();
    assertThat(fault(verify(List.of(old, fresh), Optional.empty()))).contains("wrong signature");
    try (var log = open()) {
      assertRefused(() -> log.signWith(List.of(old, fresh)), ProblemCode.AUDIT_KEY_CHANGED);
    }
  }

  @Test
  void whatIsNoRotationIsReadAsNone() {
    String key = fresh.verifierKey().toString();
    String head = "{\"action\":\"key_rotated\",\"kind\":\"LogEvent\",\"old_vkey\":\"";
    for (String entry :
        List.of(
            "{}",
            "no JSON",
            head + key + "\",\"until\":1}",
            head + key + "\",\"until\":1,\"vkey\":\"x\"}",
            head + key + "\",\"until\":-1,\"vkey\":\"" + key + "\"}",
            head.replace("LogEvent", "Lifecycle")
                + key
                + "\",\"until\":1,\"vkey\":\""
                + key
                + "\"}",
            head.replace("rotated", "retired")
                + key
                + "\",\"until\":1,\"vkey\":\""
                + key
                + "\"}")) {
      assertThat(KeyRotation.of(0, entry.getBytes(StandardCharsets.US_ASCII))).as(entry).isEmpty();
    }
    assertThat(
            KeyRotation.of(
                0,
                (head + key + "\",\"until\":1,\"vkey\":\"" + key + "\"}")
                    .getBytes(StandardCharsets.US_ASCII)))
        .isPresent();
  }
}
