package dev.chitin.audit;

import static dev.chitin.audit.Events.await;
import static dev.chitin.audit.Events.entries;
import static dev.chitin.audit.Events.note;
import static dev.chitin.audit.Events.soon;
import static dev.chitin.audit.Events.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue.Obj;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts on what a crash, a bad disk or an attacker left behind. */
class RecoveryTest {
  @TempDir Path temp;
  private Path original;
  private long frameEnd;
  private long frameStart;

  RecoveryTest() {
    original = Path.of("");
  }

  private AuditSettings settings(Path directory) {
    return AuditSettings.of(directory, "n1", "0.1.0").withSegmentBytes(1 << 20).withMinFreeBytes(0);
  }

  /** Five entries in five frames, as a killed process leaves them; the last not acknowledged. */
  @BeforeEach
  void writeALog() throws IOException {
    original = temp.resolve("original");
    try (var log = DurableAuditLog.open(settings(original))) {
      for (int i = 0; i < 5; i++) {
        frameStart = endOfBytes(original);
        await(log.append(note("event " + i), soon()));
      }
    }
    frameEnd = endOfBytes(original);
    Files.delete(original.resolve("sealed"));
    acknowledge(original, 4);
  }

  private static void acknowledge(Path directory, long size) throws IOException {
    Files.write(
        directory.resolve("durable"), ByteBuffer.allocate(16).putLong(size).putLong(~size).array());
  }

  private static Path segment(Path directory) {
    return LogVerifierFixture.segments(directory).getFirst();
  }

  private static long endOfBytes(Path directory) throws IOException {
    List<Path> segments = LogVerifierFixture.segments(directory);
    byte[] bytes = Files.readAllBytes(segments.getLast());
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  private Path copy(String name) {
    Path to = temp.resolve(name);
    LogVerifierFixture.copy(original, to);
    return to;
  }

  private static void overwrite(Path directory, long offset, byte[] bytes) throws IOException {
    try (var file = FileChannel.open(segment(directory), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(bytes), offset);
    }
  }

  private static void flip(Path directory, long offset) throws IOException {
    try (var file =
        FileChannel.open(segment(directory), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, offset);
      one.put(0, (byte) (one.get(0) ^ 0x10));
      file.write(one.rewind(), offset);
    }
  }

  private void assertCorrupt(Path directory, long index) {
    assertThatThrownBy(() -> DurableAuditLog.open(settings(directory)))
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(
            e -> {
              assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_CORRUPT);
              assertThat(e.problem().detail())
                  .contains("entry " + index)
                  .contains("segment-00000000000000000000.log")
                  .contains("offset");
            });
  }

  @Test
  void aFrameTornAtAnyByteIsCutAndTheOneBeforeKept() throws IOException {
    byte[] whole = Files.readAllBytes(segment(original));
    for (long cut = frameStart; cut < frameEnd; cut++) {
      Path directory = copy("torn-" + cut);
      overwrite(directory, cut, new byte[(int) (frameEnd - cut)]);
      DurableAuditLog.open(settings(directory)).close();
      List<Obj> all = entries(new LogReader(directory));
      assertThat(all).hasSize(5);
      assertThat(text(all.get(3), "detail")).isEqualTo("event 3");
      assertThat(text(all.get(4), "action")).isEqualTo("recover");
      assertThat(LogVerifierFixture.verify(directory).fault()).isEmpty();
      byte[] tail = Arrays.copyOfRange(whole, (int) frameStart, (int) cut);
      assertTornBytesKept(directory, tail);
    }
  }

  private static void assertTornBytesKept(Path directory, byte[] torn) throws IOException {
    try (var files = Files.list(directory)) {
      List<Path> kept = files.filter(f -> f.toString().endsWith(".bin")).toList();
      if (torn.length == 0) {
        assertThat(kept).isEmpty();
        return;
      }
      assertThat(kept).hasSize(1);
      byte[] saved = Files.readAllBytes(kept.getFirst());
      assertThat(saved).isEqualTo(Arrays.copyOf(torn, saved.length));
    }
  }

  @Test
  void aLaterBlockOfATornFrameWithoutItsFirstIsCutToo() throws IOException {
    Path directory = copy("no-head");
    overwrite(directory, frameStart, new byte[100]);
    DurableAuditLog.open(settings(directory)).close();
    assertThat(LogVerifierFixture.verify(directory).entries()).isEqualTo(5);
  }

  @Test
  void anAcknowledgedFrameIsNeverCut() throws IOException {
    Path directory = copy("acknowledged");
    acknowledge(directory, 5);
    overwrite(directory, frameEnd - 1, new byte[1]);
    assertCorrupt(directory, 4);
    assertThat(endOfBytes(directory)).isEqualTo(frameEnd - 1);
  }

  @Test
  void damageInTheMiddleRefusesAndChangesNothing() throws IOException {
    byte[] bytes = Files.readAllBytes(segment(original));
    Path directory = copy("middle");
    acknowledge(directory, 0);
    long secondFrame = indexOf(bytes, "event 1");
    flip(directory, secondFrame);
    byte[] before = Files.readAllBytes(segment(directory));
    assertCorrupt(directory, 1);
    assertThat(Files.readAllBytes(segment(directory))).isEqualTo(before);
  }

  @Test
  void aFrameWipedFromTheMiddleRefuses() throws IOException {
    Path directory = copy("hole");
    acknowledge(directory, 0);
    byte[] bytes = Files.readAllBytes(segment(original));
    long from = indexOf(bytes, "CHF1");
    overwrite(directory, from, new byte[300]);
    assertCorrupt(directory, 0);
  }

  @Test
  void aLogShortenedAfterACleanStopRefuses() throws IOException {
    Path directory = temp.resolve("clean");
    try (var log = DurableAuditLog.open(settings(directory))) {
      await(log.append(note("one"), soon()));
      await(log.append(note("two"), soon()));
    }
    Files.delete(directory.resolve("durable"));
    Files.delete(segment(directory));
    assertThatThrownBy(() -> DurableAuditLog.open(settings(directory)))
        .hasMessageContaining("closed with 2 entries");
  }

  @Test
  void aFrameOfAnotherSegmentIsNoFrame() throws IOException {
    Path other = temp.resolve("other");
    try (var log = DurableAuditLog.open(settings(other))) {
      for (int i = 0; i < 5; i++) {
        await(log.append(note("event " + i), soon()));
      }
    }
    byte[] foreign = Files.readAllBytes(segment(other));
    Path directory = copy("foreign");
    byte[] frame = Arrays.copyOfRange(foreign, (int) frameStart, (int) endOfBytes(other));
    overwrite(directory, frameStart, frame);
    DurableAuditLog.open(settings(directory)).close();
    assertThat(LogVerifierFixture.verify(directory).entries()).isEqualTo(5);
    assertThat(text(entries(new LogReader(directory)).getLast(), "action")).isEqualTo("recover");
  }

  @Test
  void everyFlippedByteIsNamedByTheVerifier() throws IOException {
    Path directory = temp.resolve("sealed");
    LogVerifierFixture.copy(original, directory);
    DurableAuditLog.open(settings(directory)).close();
    assertThat(LogVerifierFixture.verify(directory).fault()).isEmpty();
    long end = endOfBytes(directory);
    for (long at = 0; at < end + 64; at++) {
      flip(directory, at);
      LogVerification result = LogVerifierFixture.verify(directory);
      assertThat(result.fault()).as("byte %d", at).isPresent();
      LogFault fault = result.fault().orElseThrow();
      assertThat(fault.segment()).isEqualTo("segment-00000000000000000000.log");
      assertThat(fault.index()).isEqualTo(result.entries());
      assertThat(fault.offset()).isLessThanOrEqualTo(at);
      flip(directory, at);
    }
    assertThat(LogVerifierFixture.verify(directory).fault()).isEmpty();
  }

  @Test
  void aMissingSegmentIsNamed() throws IOException {
    Path directory = temp.resolve("many");
    try (var log = DurableAuditLog.open(settings(directory))) {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < 8_000; i++) {
        all.add(log.append(note("x".repeat(400)), soon()));
      }
      await(Future.all(all));
    }
    List<Path> segments = LogVerifierFixture.segments(directory);
    assertThat(segments).hasSizeGreaterThan(3);
    Files.delete(segments.get(1));
    LogVerification result = LogVerifierFixture.verify(directory);
    assertThat(result.fault().orElseThrow().what()).contains("missing");
    assertThat(result.fault().orElseThrow().segment())
        .isEqualTo(String.valueOf(segments.get(2).getFileName()));
    assertThatThrownBy(() -> new LogReader(directory).read(result.entries(), 10))
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_CORRUPT));
    Files.delete(segments.getFirst());
    assertThat(LogVerifierFixture.verify(directory).fault()).isPresent();
  }

  @Test
  void aSegmentMadeAheadAndNeverUsedIsReplaced() throws IOException {
    Path directory = copy("spare");
    Files.write(directory.resolve("spare.tmp"), new byte[] {1, 2, 3});
    try (var log = DurableAuditLog.open(settings(directory))) {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < 4_000; i++) {
        all.add(log.append(note("x".repeat(400)), soon()));
      }
      await(Future.all(all));
    }
    assertThat(LogVerifierFixture.verify(directory).fault()).isEmpty();
  }

  private static int indexOf(byte[] bytes, String text) {
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
    assertThat(at).isPositive();
    return at;
  }
}
