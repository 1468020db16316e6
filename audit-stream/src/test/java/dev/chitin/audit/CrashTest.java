package dev.chitin.audit;

import static dev.chitin.audit.Events.entries;
import static dev.chitin.audit.Events.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue.Obj;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that writes, and looks from another process while it writes. */
class CrashTest {
  private static final int ROUNDS = 50;

  @TempDir Path temp;

  private Process spawn() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            CrashWriter.class.getName(),
            temp.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Collects acknowledgements; a line that the kill cut short is none. */
  private static void read(BufferedReader lines, int atLeast, Map<Long, Digest> acknowledged)
      throws IOException {
    int seen = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] parts = line.split(" ", -1);
      if (parts.length == 2 && parts[1].length() == Digest.ofUtf8("").toString().length()) {
        acknowledged.put(Long.parseLong(parts[0]), Digest.parse(parts[1]));
      }
      if (++seen == atLeast) {
        return;
      }
    }
  }

  private static BufferedReader output(Process child) {
    return new BufferedReader(
        new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII));
  }

  @Test
  void noAcknowledgedEventIsLostWhenTheProcessIsKilled() throws Exception {
    Map<Long, Digest> acknowledged = new HashMap<>();
    TestSigner signer = TestSigner.ofVectors("chitin.local/audit/n1");
    Expectations expected = Expectations.NONE.key(signer.verifierKey());
    for (int round = 0; round < ROUNDS; round++) {
      Process child = spawn();
      BufferedReader lines = output(child);
      read(lines, ThreadLocalRandom.current().nextInt(1, 1_500), acknowledged);
      child.toHandle().destroyForcibly(); // Process.destroyForcibly would close the output too.
      read(lines, Integer.MAX_VALUE, acknowledged);
      child.waitFor();
      LogVerification result = LogVerifier.verify(temp, expected);
      assertThat(result.fault()).isEmpty();
      assertThat(result.signed()).isTrue();
      assertThat(acknowledged).isNotEmpty();
      assertAllThere(acknowledged);
      // What was signed before the kill is a prefix of what is here after it.
      expected = expected.since(Files.readAllBytes(temp.resolve("checkpoint")));
    }
    AuditSettings settings =
        AuditSettings.of(temp, "n1", "0.1.0").withSegmentBytes(1 << 20).withMinFreeBytes(0);
    DurableAuditLog.open(settings).close();
    assertThat(LogVerifier.verify(temp).fault()).isEmpty();
    assertEachCallHasOneEnd(entries(new LogReader(temp)));
  }

  private void assertAllThere(Map<Long, Digest> acknowledged) {
    var found = new HashMap<Long, Digest>();
    var reader = new LogReader(temp);
    for (List<LogEntry> page = reader.read(0, 10_000);
        !page.isEmpty();
        page = reader.read(found.size(), 10_000)) {
      page.forEach(e -> found.put(e.index(), Digest.of(new byte[] {0}, e.json().borrow())));
    }
    assertThat(found).containsAllEntriesOf(acknowledged);
  }

  private static void assertEachCallHasOneEnd(List<Obj> all) {
    Map<String, Integer> starts = new HashMap<>();
    Map<String, Integer> ends = new HashMap<>();
    for (Obj entry : all) {
      if (text(entry, "kind").equals("ToolExecution")) {
        boolean start = text(entry, "phase").equals("Authorized");
        (start ? starts : ends).merge(text(entry, "callId"), 1, Integer::sum);
      }
    }
    assertThat(starts).isNotEmpty().isEqualTo(ends);
    assertThat(starts.values()).containsOnly(1);
    assertThat(all).extracting(e -> text(e, "phase")).contains("OutcomeUnknown");
  }

  @Test
  void anotherProcessReadsAndVerifiesALogThatIsWritten() throws Exception {
    Process child = spawn();
    try {
      BufferedReader lines = output(child);
      Map<Long, Digest> acknowledged = new HashMap<>();
      var reader = new LogReader(temp);
      long next = 0;
      for (int round = 0; round < 20; round++) {
        read(lines, 500, acknowledged);
        LogVerification result = LogVerifier.verify(temp);
        assertThat(result.fault()).isEmpty();
        assertThat(result.entries()).isGreaterThan(max(acknowledged));
        for (LogEntry entry : reader.read(next, 10_000)) {
          assertThat(entry.index()).isEqualTo(next++);
        }
      }
      assertThat(next).isPositive();
      assertThatThrownBy(() -> DurableAuditLog.open(AuditSettings.of(temp, "n1", "0.1.0")))
          .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
          .satisfies(
              e ->
                  assertThat(e.problem().detail())
                      .contains("process " + child.pid())
                      .contains(temp.toRealPath().toString()));
    } finally {
      child.destroyForcibly();
      child.waitFor();
    }
  }

  private static long max(Map<Long, Digest> acknowledged) {
    return acknowledged.keySet().stream().mapToLong(Long::longValue).max().orElse(-1);
  }
}
