package dev.chitin.audit;

import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.tree.TreeHash;
import io.vertx.core.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that somebody with the files can do to a log, and to an export of it. */
class TamperTest {
  private static final String ORIGIN = "chitin.local/audit/n1";
  private static final int ENTRIES = 700;

  @TempDir Path temp;
  private final TestSigner signer = TestSigner.ofVectors(ORIGIN);
  private Path log = Path.of("");
  private byte[] earlier = {};

  private AuditSettings settings(Path directory, String origin) {
    return AuditSettings.of(directory, "n1", "0.1.0")
        .withOrigin(origin)
        .withSegmentBytes(1 << 20)
        .withMinFreeBytes(0);
  }

  @BeforeEach
  void writeALog() throws Exception {
    log = temp.resolve("log");
    fill(log, "event ", ENTRIES / 2, signer);
    earlier = Files.readAllBytes(log.resolve("checkpoint"));
    fill(log, "event ", ENTRIES - ENTRIES / 2, signer);
  }

  private void fill(Path directory, String text, int count, TestSigner by) throws Exception {
    try (var open = DurableAuditLog.open(settings(directory, by.name()))) {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < count; i++) {
        all.add(open.append(note(text + i), soon()));
      }
      await(Future.all(all));
      open.signWith(by);
      assertThat(open.endSigning(Duration.ofSeconds(30))).isTrue();
    }
  }

  private Expectations expected() throws Exception {
    return Expectations.NONE.key(signer.verifierKey()).since(earlier);
  }

  private LogFault rejected(Path directory) throws Exception {
    LogVerification result = LogVerifier.verify(directory, expected());
    assertThat(result.fault()).isPresent();
    return result.fault().orElseThrow();
  }

  private Path copy(Path of) throws IOException {
    Path to = Files.createTempDirectory(temp, "copy-");
    try (var files = Files.walk(of)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(of.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  private static Path segment(Path directory) {
    return LogVerifierFixture.segments(directory).getFirst();
  }

  private static int find(byte[] in, String text) {
    return new String(in, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(text);
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void theLogAsItIsVerifies() throws Exception {
    LogVerification result = LogVerifier.verify(log, expected());
    assertThat(result.fault()).isEmpty();
    assertThat(result.signed()).isTrue();
    assertThat(result.checkpoint().orElseThrow().size()).isEqualTo(ENTRIES);
    assertThat(result.entries()).isEqualTo(ENTRIES);
  }

  @Test
  void aChangedEntryIsNamedByItsIndexAndOffset() throws Exception {
    Path damaged = copy(log);
    byte[] bytes = Files.readAllBytes(segment(damaged));
    int at = find(bytes, "event 203\"");
    flip(segment(damaged), at);
    LogFault fault = rejected(damaged);
    assertThat(fault.index()).isEqualTo(203);
    assertThat(fault.offset()).isBetween(at - 300L, (long) at);
    assertThat(fault.what()).contains("entry");
    // The same with the frame's checksum made right again.
    repairChecksums(segment(damaged));
    assertThat(rejected(damaged).index()).isEqualTo(203);
  }

  @Test
  void aChangedHashOfATileIsNamed() throws Exception {
    Path damaged = copy(log);
    flip(damaged.resolve("hashes-0"), 511 * TreeHash.BYTES + 3);
    LogFault fault = rejected(damaged);
    assertThat(fault.index()).isEqualTo(511);
    assertThat(fault.segment()).isEqualTo("hashes-0");
    assertThat(fault.offset()).isEqualTo(511 * TreeHash.BYTES);
    Path upper = copy(log);
    flip(upper.resolve("hashes-1"), 40);
    assertThat(rejected(upper).segment()).isEqualTo("hashes-1");
    assertThat(rejected(upper).index()).isEqualTo(256);
  }

  @Test
  void anEntryChangedTogetherWithItsHashAndChecksumIsFound() throws Exception {
    Path damaged = copy(log);
    byte[] bytes = Files.readAllBytes(segment(damaged));
    flip(segment(damaged), find(bytes, "event 203\""));
    byte[] changed = entryAround(Files.readAllBytes(segment(damaged)), 203);
    byte[] hashes = Files.readAllBytes(damaged.resolve("hashes-0"));
    System.arraycopy(new TreeHash().leaf(changed), 0, hashes, 203 * 32, 32);
    Files.write(damaged.resolve("hashes-0"), hashes);
    repairChecksums(segment(damaged));
    assertThat(rejected(damaged).what()).contains("not those that were hashed");
  }

  @Test
  void aLogThatWasWrittenAnewIsNotTheOneThatWasSigned() throws Exception {
    Path other = temp.resolve("other");
    fill(other, "forged ", ENTRIES, signer);
    assertThat(rejected(other).what()).contains("earlier checkpoint");
    Files.copy(
        log.resolve("checkpoint"),
        other.resolve("checkpoint"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(rejected(other).what()).contains("other entries");
    assertThat(rejected(other).index()).isEqualTo(ENTRIES);
  }

  @Test
  void aTailThatWasCutIsMissedByTheCheckpointTheHashesAndTheMark() throws Exception {
    Path half = temp.resolve("half");
    fill(half, "event ", 100, signer);
    Path damaged = copy(half);
    Files.write(damaged.resolve("checkpoint"), Files.readAllBytes(log.resolve("checkpoint")));
    assertThat(rejected(damaged).what()).contains("covers " + ENTRIES);
    Files.write(damaged.resolve("hashes-0"), Files.readAllBytes(log.resolve("hashes-0")));
    LogVerification result = LogVerifier.verify(damaged);
    assertThat(result.fault()).isPresent();
    Path cut = copy(log);
    byte[] bytes = Files.readAllBytes(segment(cut));
    Arrays.fill(bytes, find(bytes, "event 340\""), bytes.length, (byte) 0);
    Files.write(segment(cut), bytes);
    assertThat(rejected(cut).index()).isLessThanOrEqualTo(ENTRIES);
  }

  @Test
  void anOlderCheckpointAnotherKeyNameAndFormAreRefused() throws Exception {
    Path damaged = copy(log);
    byte[] current = Files.readAllBytes(log.resolve("checkpoint"));
    LogVerification older = LogVerifier.verify(copyWith(earlier), Expectations.NONE.since(current));
    assertThat(older.fault().orElseThrow().what()).contains("older");
    Expectations otherKey = Expectations.NONE.key(TestSigner.of(ORIGIN, 3).verifierKey());
    assertThat(LogVerifier.verify(log, otherKey).fault().orElseThrow().what())
        .contains("not signed");
    Expectations otherName =
        Expectations.NONE.key(TestSigner.ofVectors("chitin.local/audit/n2").verifierKey());
    assertThat(LogVerifier.verify(log, otherName).fault()).isPresent();
    for (String form : List.of("", "x", "a\n\n")) {
      Files.writeString(damaged.resolve("checkpoint"), form);
      assertThat(rejected(damaged).what()).contains("not readable");
    }
    Files.delete(damaged.resolve("checkpoint"));
    assertThat(rejected(damaged).what()).contains("no checkpoint");
    SignedNote note = SignedNote.parse(current);
    String resized = note.text().replace("\n" + ENTRIES + "\n", "\n" + (ENTRIES - 1) + "\n");
    Path forged = copyWith(new SignedNote(resized, note.signatures()).bytes());
    assertThat(rejected(forged).what()).contains("signature");
  }

  private Path copyWith(byte[] checkpoint) throws IOException {
    Path copy = copy(log);
    Files.write(copy.resolve("checkpoint"), checkpoint);
    return copy;
  }

  private Path export() throws IOException {
    Path to = temp.resolve("export");
    assertThat(new LogExport(PublishedLog.stored(log), to).write(List.of(3L))).isEqualTo(ENTRIES);
    return to;
  }

  @Test
  void anExportVerifiesAndHoldsTheStaticLayout() throws Exception {
    Path export = export();
    LogVerification result = LogVerifier.verify(export, expected());
    assertThat(result.fault()).isEmpty();
    assertThat(result.entries()).isEqualTo(ENTRIES);
    assertThat(result.signed()).isTrue();
    assertThat(export.resolve("tile/entries/002.p/188")).isRegularFile();
    assertThat(export.resolve("tile/0/001")).hasSize(8_192);
    assertThat(export.resolve("tile/1/000.p/2")).hasSize(64);
    assertThat(export.resolve("proof/3.tlog-proof")).isRegularFile();
    assertThat(export.resolve("proof/3.json")).content().contains("event 3");
  }

  @Test
  void aChangedExportIsRefusedWithThePlace() throws Exception {
    Path export = export();
    String bundle = "tile/entries/001";
    List<byte[]> entries = split(Files.readAllBytes(export.resolve(bundle)));

    Path flipped = copy(export);
    flip(flipped.resolve(bundle), 40);
    assertThat(rejected(flipped).index()).isEqualTo(256);
    assertThat(rejected(flipped).segment()).isEqualTo(bundle);

    Path tile = copy(export);
    flip(tile.resolve("tile/0/001"), 5 * 32);
    assertThat(rejected(tile).index()).isEqualTo(261);

    Path both = copy(export);
    entries.get(5)[10] ^= 1;
    write(both.resolve(bundle), entries);
    byte[] hashes = Files.readAllBytes(both.resolve("tile/0/001"));
    System.arraycopy(new TreeHash().leaf(entries.get(5)), 0, hashes, 5 * 32, 32);
    Files.write(both.resolve("tile/0/001"), hashes);
    assertThat(rejected(both).segment()).isEqualTo("tile/1/000.p/2");
    entries.get(5)[10] ^= 1;

    Path reordered = copy(export);
    Collections.swap(entries, 7, 8);
    write(reordered.resolve(bundle), entries);
    assertThat(rejected(reordered).index()).isEqualTo(263);
    Collections.swap(entries, 7, 8);

    Path duplicated = copy(export);
    entries.set(9, entries.get(8));
    write(duplicated.resolve(bundle), entries);
    assertThat(rejected(duplicated).index()).isEqualTo(265);

    Path longer = copy(export);
    Files.write(
        longer.resolve(bundle), new byte[] {0, 1, 'x'}, java.nio.file.StandardOpenOption.APPEND);
    assertThat(rejected(longer).what()).contains("after the last entry");

    Path cut = copy(export);
    Files.delete(cut.resolve("tile/entries/002.p/188"));
    assertThat(rejected(cut).what()).contains("missing");
    assertThat(rejected(cut).index()).isEqualTo(512);

    Path surplus = copy(export);
    Files.copy(surplus.resolve(bundle), surplus.resolve("tile/entries/003"));
    assertThat(rejected(surplus).what()).contains("does not cover");

    Path noTile = copy(export);
    Files.delete(noTile.resolve("tile/1/000.p/2"));
    assertThat(rejected(noTile).segment()).isEqualTo("tile/1/000.p/2");

    Path old = copy(export);
    Files.write(old.resolve("checkpoint"), earlier);
    byte[] now = Files.readAllBytes(log.resolve("checkpoint"));
    assertThat(LogVerifier.verify(old, Expectations.NONE.since(now)).fault()).isPresent();
  }

  private static List<byte[]> split(byte[] bundle) {
    var entries = new ArrayList<byte[]>();
    ByteBuffer in = ByteBuffer.wrap(bundle);
    while (in.hasRemaining()) {
      byte[] entry = new byte[Short.toUnsignedInt(in.getShort())];
      in.get(entry);
      entries.add(entry);
    }
    return entries;
  }

  private static void write(Path bundle, List<byte[]> entries) throws IOException {
    var out = new ByteArrayOutputStream();
    for (byte[] entry : entries) {
      out.write(entry.length >>> 8);
      out.write(entry.length);
      out.write(entry);
    }
    Files.write(bundle, out.toByteArray());
  }

  /** Entry {@code index} of a segment that begins with entry 0. */
  private static byte[] entryAround(byte[] segment, int index) {
    int at = frames(segment);
    int next = 0;
    while (true) {
      int count = ByteBuffer.wrap(segment).getInt(at + 28);
      int body = ByteBuffer.wrap(segment).getInt(at + 32);
      int entry = at + 68;
      for (int i = 0; i < count; i++, next++) {
        int length = Short.toUnsignedInt(ByteBuffer.wrap(segment).getShort(entry));
        if (next == index) {
          return Arrays.copyOfRange(segment, entry + 2, entry + 2 + length);
        }
        entry += 2 + length;
      }
      at += 68 + body + 36;
    }
  }

  private static int frames(byte[] segment) {
    return ByteBuffer.wrap(segment).getInt(8);
  }

  /** Gives each frame the checksum that fits what stands in it now. */
  private static void repairChecksums(Path file) throws IOException {
    byte[] segment = Files.readAllBytes(file);
    ByteBuffer bytes = ByteBuffer.wrap(segment);
    int at = frames(segment);
    while (bytes.getInt(at) != 0) {
      int length = 68 + bytes.getInt(at + 32) + 36;
      var crc = new CRC32C();
      crc.update(segment, at, length - 4);
      bytes.putInt(at + length - 4, (int) crc.getValue());
      at += length;
    }
    Files.write(file, segment);
  }
}
