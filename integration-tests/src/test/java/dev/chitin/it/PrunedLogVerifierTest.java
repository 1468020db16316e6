package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.Expectations;
import dev.chitin.audit.LogExport;
import dev.chitin.audit.LogVerifier;
import dev.chitin.audit.PublishedLog;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Deadline;
import dev.chitin.gateway.LogKey;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A pruned log and what can be done to an export of it, judged by both verifiers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrunedLogVerifierTest {
  private static final String ORIGIN = "chitin.example/audit/pruned";

  @TempDir static Path temp;
  private Path export = Path.of("");
  private Path before = Path.of("");
  private String key = "";
  private long minimum;

  @FunctionalInterface
  private interface Change {
    void to(Path copy) throws IOException;
  }

  @BeforeAll
  void write() throws Exception {
    Path directory = temp.resolve("log");
    AuditSettings settings =
        AuditSettings.of(directory, "it", "0")
            .withOrigin(ORIGIN)
            .withSegmentBytes(1 << 20)
            .withMinFreeBytes(0);
    Path keys = Files.createDirectory(temp.resolve("keys"));
    try (LogKey signer = LogKey.open(ORIGIN, keys.resolve("log.key"), directory);
        var log = DurableAuditLog.open(settings)) {
      log.signWith(signer);
      key = new VerifierKey(ORIGIN, VerifierKey.Type.ED25519, signer.publicKey()).toString();
      fill(log);
      before = temp.resolve("before");
      Files.copy(directory.resolve("checkpoint"), before);
      fill(log);
      minimum = log.retention().prune(Long.MAX_VALUE, null, soon());
      assertThat(minimum).isGreaterThan(256);
      // Whole bundles stay, wherever the last segment began.
      fill(log);
    }
    export = temp.resolve("export");
    new LogExport(PublishedLog.stored(directory), export).write(List.of(minimum, minimum + 300));
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(60));
  }

  private static void fill(DurableAuditLog log) throws Exception {
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      all.add(log.append(new AuditEvent.Lifecycle("start", "0", "x".repeat(400)), soon()));
    }
    Future.all(all).await();
    log.proof(log.publication().size() - 1, soon());
  }

  private record Attack(String name, Change change) {}

  private Stream<Attack> attacks() {
    String kept = "tile/entries/" + number(minimum / 256);
    return Stream.of(
        new Attack("an entry above the minimum changed", copy -> flip(copy.resolve(kept), 100)),
        new Attack("a bundle above the minimum missing", copy -> Files.delete(copy.resolve(kept))),
        new Attack("a hash of a pruned entry changed", copy -> flip(copy.resolve("tile/0/000"), 9)),
        new Attack(
            "a hash of a kept entry changed",
            copy -> flip(copy.resolve("tile/0/" + number(minimum / 256)), 9)),
        new Attack("an upper hash of pruned entries changed", copy -> flip(upper(copy), 5)),
        new Attack(
            "hashes of pruned entries missing", copy -> Files.delete(copy.resolve("tile/0/000"))),
        new Attack(
            "the minimum raised to hide entries",
            copy -> {
              Files.delete(copy.resolve(kept));
              Files.writeString(copy.resolve("minimum"), (minimum + 256) + " 0\n");
            }),
        new Attack(
            "the minimum lowered",
            copy -> Files.writeString(copy.resolve("minimum"), (minimum - 256) + " 0\n")),
        new Attack(
            "the minimum within a bundle",
            copy -> Files.writeString(copy.resolve("minimum"), (minimum + 1) + " 0\n")),
        new Attack(
            "a minimum that is none", copy -> Files.writeString(copy.resolve("minimum"), "all\n")),
        new Attack("no minimum", copy -> Files.delete(copy.resolve("minimum"))),
        new Attack(
            "a bundle of what was pruned",
            copy -> Files.copy(copy.resolve(kept), copy.resolve("tile/entries/000"))));
  }

  private static Path upper(Path copy) throws IOException {
    try (Stream<Path> all = Files.walk(copy.resolve("tile/1"))) {
      return all.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
  }

  private static String number(long n) {
    return String.format("%03d", n);
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 1;
    Files.write(file, bytes);
  }

  @TestFactory
  Stream<DynamicTest> thePrunedLogIsAcceptedAndEachAttackRejected() throws IOException {
    var verifier = new IndependentVerifier(temp);
    return Stream.concat(
        Stream.of(
            DynamicTest.dynamicTest(
                "the pruned log as it is",
                () -> {
                  assertThat(verifier.verify(export, key, before).said())
                      .contains("2 proofs, pruned below " + minimum);
                  assertThat(LogVerifier.verify(export, expected()).fault()).isEmpty();
                })),
        attacks()
            .map(
                attack ->
                    DynamicTest.dynamicTest(
                        attack.name(),
                        () -> {
                          Path copy = copy();
                          attack.change().to(copy);
                          assertThat(verifier.verify(copy, key, before))
                              .satisfies(v -> assertThat(v.exit()).as(v.said()).isEqualTo(6));
                          assertThat(accepted(copy)).isFalse();
                          GatewayProcess.remove(copy);
                        })));
  }

  private Expectations expected() {
    return Expectations.NONE.key(VerifierKey.parse(key).orElseThrow());
  }

  private boolean accepted(Path copy) {
    try {
      return LogVerifier.verify(copy, expected()).fault().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private Path copy() throws IOException {
    Path to = Files.createTempDirectory(temp, "copy-");
    try (Stream<Path> walk = Files.walk(export)) {
      for (Path file : walk.toList()) {
        Path target = to.resolve(export.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }
}
