package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.Expectations;
import dev.chitin.audit.LogExport;
import dev.chitin.audit.LogVerification;
import dev.chitin.audit.LogVerifier;
import dev.chitin.audit.PublishedLog;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Deadline;
import dev.chitin.gateway.LogKey;
import io.vertx.core.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A log of 100,000 entries and everything that can be done to an export of it, judged by the
 * independent verifier and by our own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IndependentVerifierTest {
  private static final String ORIGIN = "chitin.example/audit/it";
  private static final int ENTRIES = 100_000;
  private static final String BUNDLE = "tile/entries/177";
  private static final String TILE = "tile/0/177";

  @TempDir static Path temp;
  private Path keys = Path.of("");
  private Path export = Path.of("");
  private Path fork = Path.of("");
  private Path early = Path.of("");
  private String key = "";
  private String otherKey = "";
  private String otherName = "";

  /** An attack: what is done to a copy of the export, and with what it is then judged. */
  private record Attack(String name, Change change, String key, @Nullable Path since) {}

  @FunctionalInterface
  private interface Change {
    void to(Path copy) throws Exception;
  }

  @BeforeAll
  void writeLogs() throws Exception {
    keys = Files.createDirectory(temp.resolve("keys"));
    Path log = temp.resolve("log");
    early = temp.resolve("early");
    key = fill(log, ORIGIN, "event ", 1_000);
    Files.copy(log.resolve("checkpoint"), early);
    fill(log, ORIGIN, "event ", ENTRIES - 1_000);
    export = temp.resolve("export");
    new LogExport(PublishedLog.stored(log), export)
        .write(List.of(0L, 255L, 256L, 65_535L, 65_536L, ENTRIES - 1L));
    fill(temp.resolve("forked"), ORIGIN, "other ", 2_000);
    fork = temp.resolve("fork");
    new LogExport(PublishedLog.stored(temp.resolve("forked")), fork).write(List.of());
    try (LogKey other = LogKey.open(ORIGIN, keys.resolve("other.key"), log);
        LogKey renamed = LogKey.open("chitin.example/other", keys.resolve("log.key"), log)) {
      otherKey = verifierKey(other);
      otherName = verifierKey(renamed);
    }
  }

  private static String verifierKey(LogKey key) {
    return new VerifierKey(key.name(), VerifierKey.Type.ED25519, key.publicKey()).toString();
  }

  private String fill(Path directory, String origin, String text, int count) throws Exception {
    AuditSettings settings = AuditSettings.of(directory, "it", "0").withOrigin(origin);
    try (LogKey signer = LogKey.open(origin, keys.resolve("log.key"), directory);
        var log = DurableAuditLog.open(settings)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(
            log.append(
                new AuditEvent.Lifecycle("start", "0", text + i),
                Deadline.after(Duration.ofSeconds(60))));
        if (all.size() == 5_000) {
          Future.all(all).await();
          all.clear();
        }
      }
      Future.all(all).await();
      log.signWith(signer);
      assertThat(log.endSigning(Duration.ofSeconds(60))).isTrue();
      return verifierKey(signer);
    }
  }

  @TestFactory
  Stream<DynamicTest> theLogIsAcceptedAndEachAttackRejected() throws IOException {
    var verifier = new IndependentVerifier(temp);
    Stream<DynamicTest> accepted =
        Stream.of(
            DynamicTest.dynamicTest(
                "the log as it is",
                () -> {
                  assertThat(verifier.verify(export, key, early).said())
                      .contains("ok: " + ENTRIES + " entries, 6 proofs");
                  assertThat(ours(export, key, early).fault()).isEmpty();
                  assertThat(ours(export, key, early).signed()).isTrue();
                }));
    return Stream.concat(
        accepted,
        attacks()
            .map(
                attack ->
                    DynamicTest.dynamicTest(
                        attack.name(),
                        () -> {
                          Path copy = copy(export);
                          attack.change().to(copy);
                          assertThat(verifier.verify(copy, attack.key(), attack.since()))
                              .satisfies(v -> assertThat(v.exit()).as(v.said()).isEqualTo(6));
                          if (!attack.name().contains("proof")) {
                            assertThat(ours(copy, attack.key(), attack.since()).fault())
                                .isPresent();
                          }
                          GatewayProcess.remove(copy);
                        })));
  }

  private static LogVerification ours(Path export, String key, @Nullable Path since)
      throws Exception {
    Expectations expected = Expectations.NONE.key(VerifierKey.parse(key).orElseThrow());
    return LogVerifier.verify(
        export, since == null ? expected : expected.since(Files.readAllBytes(since)));
  }

  private Stream<Attack> attacks() {
    return Stream.of(
        attack("one byte of an entry changed", copy -> flip(copy.resolve(BUNDLE), 100)),
        attack("one byte of a tile changed", copy -> flip(copy.resolve(TILE), 100)),
        attack("one byte of an upper tile changed", copy -> flip(copy.resolve("tile/1/000"), 9)),
        attack("an entry and its hash changed together", IndependentVerifierTest::both),
        attack(
            "the last bundle missing",
            copy -> Files.delete(copy.resolve("tile/entries/390.p/160"))),
        attack("the tail cut and the size edited", IndependentVerifierTest::cut),
        attack("two entries swapped", copy -> edit(copy, all -> Collections.swap(all, 3, 4))),
        attack("an entry doubled", copy -> edit(copy, all -> all.set(4, all.get(3)))),
        attack("an entry deleted", copy -> edit(copy, all -> all.remove(4))),
        attack(
            "bytes after the last entry",
            copy ->
                Files.write(
                    copy.resolve("tile/entries/390.p/160"),
                    new byte[] {0, 1, 'x'},
                    StandardOpenOption.APPEND)),
        attack(
            "a bundle after the last one",
            copy -> Files.copy(copy.resolve(BUNDLE), copy.resolve("tile/entries/391"))),
        attack(
            "an older checkpoint",
            copy -> {
              Files.delete(copy.resolve("checkpoint"));
              Files.copy(early, copy.resolve("checkpoint"));
            }),
        attack("no checkpoint", copy -> Files.delete(copy.resolve("checkpoint"))),
        attack(
            "an entry beside its proof changed", copy -> flip(copy.resolve("proof/256.json"), 20)),
        attack(
            "a hash of a proof changed", copy -> flip(copy.resolve("proof/65535.tlog-proof"), 60)),
        new Attack("another key", copy -> {}, otherKey, null),
        new Attack("another origin", copy -> {}, otherName, null),
        new Attack("a fork", this::forked, key, early),
        new Attack("a log older than the checkpoint seen", this::forked, key, newest()));
  }

  private Attack attack(String name, Change change) {
    return new Attack(name, change, key, null);
  }

  private Path newest() {
    return export.resolve("checkpoint");
  }

  private void forked(Path copy) throws IOException {
    GatewayProcess.remove(copy);
    copyTo(fork, copy);
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 1;
    Files.write(file, bytes);
  }

  private static void both(Path copy) throws Exception {
    List<byte[]> entries = split(Files.readAllBytes(copy.resolve(BUNDLE)));
    entries.get(5)[20] ^= 1;
    Files.write(copy.resolve(BUNDLE), join(entries));
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    sha.update((byte) 0);
    byte[] tile = Files.readAllBytes(copy.resolve(TILE));
    System.arraycopy(sha.digest(entries.get(5)), 0, tile, 5 * 32, 32);
    Files.write(copy.resolve(TILE), tile);
  }

  private static void cut(Path copy) throws IOException {
    Path last = copy.resolve("tile/entries/390.p/160");
    List<byte[]> entries = split(Files.readAllBytes(last));
    Files.write(copy.resolve("tile/entries/390.p/159"), join(entries.subList(0, 159)));
    Files.delete(last);
    Path hashes = copy.resolve("tile/0/390.p/160");
    byte[] tile = Files.readAllBytes(hashes);
    Files.write(copy.resolve("tile/0/390.p/159"), Arrays.copyOf(tile, 159 * 32));
    Files.delete(hashes);
    String note = Files.readString(copy.resolve("checkpoint"), StandardCharsets.UTF_8);
    Files.writeString(
        copy.resolve("checkpoint"), note.replace("\n" + ENTRIES, "\n" + (ENTRIES - 1)));
  }

  @FunctionalInterface
  private interface Edit {
    void to(List<byte[]> entries);
  }

  private static void edit(Path copy, Edit edit) throws IOException {
    List<byte[]> entries = split(Files.readAllBytes(copy.resolve(BUNDLE)));
    edit.to(entries);
    Files.write(copy.resolve(BUNDLE), join(entries));
  }

  private static List<byte[]> split(byte[] bundle) {
    List<byte[]> entries = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bundle);
    while (in.hasRemaining()) {
      byte[] entry = new byte[Short.toUnsignedInt(in.getShort())];
      in.get(entry);
      entries.add(entry);
    }
    return entries;
  }

  private static byte[] join(List<byte[]> entries) {
    var out = new ByteArrayOutputStream();
    for (byte[] entry : entries) {
      out.write(entry.length >>> 8);
      out.write(entry.length);
      out.writeBytes(entry);
    }
    return out.toByteArray();
  }

  private static Path copy(Path of) throws IOException {
    Path to = Files.createTempDirectory(temp, "copy-");
    copyTo(of, to);
    return to;
  }

  private static void copyTo(Path of, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(of)) {
      for (Path file : walk.toList()) {
        Path target = to.resolve(of.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }
}
