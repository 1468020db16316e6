package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator rotates the log's key; whoever verifies the log has either key, or both. */
class KeyRotationTest {
  private static final byte[] NOTHING = {};

  @TempDir Path temp;

  private static Result verify(Path home, String key, @Nullable Path since, Path directory)
      throws Exception {
    List<String> line =
        new ArrayList<>(List.of("audit", "verify", "--key", key, "--dir", directory.toString()));
    if (since != null) {
      line.addAll(List.of("--since", since.toString()));
    }
    return GatewayProcess.run(home, NOTHING, line.toArray(String[]::new));
  }

  private Path export(Path home, String name) throws Exception {
    Path export = temp.resolve(name);
    Result exported =
        GatewayProcess.run(
            home, NOTHING, "audit", "export", "--dir", export.toString(), "--proof", "0");
    assertThat(exported.exit()).as(exported.err()).isZero();
    return export;
  }

  private static List<String> keys(Path home) throws Exception {
    return GatewayProcess.run(home, NOTHING, "audit", "key").out().lines().toList();
  }

  private static long signatures(String note) {
    return note.lines().filter(line -> line.startsWith("\u2014 ")).count();
  }

  @Test
  void inTheOverlapBothKeysVerifyWhatARunningGatewaySigns() throws Exception {
    Path home = GatewayProcess.home("");
    try (var gateway = GatewayProcess.start(home);
        var admin = new Agent(gateway.url(), gateway.key("boss", "admin"))) {
      String old = keys(home).getFirst();
      Agent.Answer overHttp = admin.post("/admin/audit/rotate-key", "{\"overlapMillis\":1000}");
      assertThat(overHttp.status()).as(overHttp.text()).isEqualTo(404);
      assertThat(keys(home)).containsExactly(old);

      Result rotated = gateway.run("audit", "rotate-key", "--json");
      assertThat(rotated.exit()).as(rotated.err()).isZero();
      var told = Json.object(rotated.out());
      String fresh = Json.text(told, "key");
      assertThat(Json.text(told, "oldKey")).isEqualTo(old);
      assertThat(keys(home)).containsExactly(fresh, old);
      var shown = Json.object(gateway.run("audit", "key", "--json").out());
      assertThat(Json.text(shown, "until")).isEqualTo(Json.text(told, "until"));
      assertThat(GatewayProcess.logKey(home, ".next.key")).isRegularFile().hasSize(32);

      Agent.Answer call = admin.call("fs_list", Agent.path("."));
      long index = Json.number(Json.object(call.body(), "audit"), "index");
      assertThat(signatures(admin.get("/v1/audit/proof/" + index).text())).isEqualTo(2);
      assertThat(signatures(admin.get("/v1/audit/checkpoint").text())).isEqualTo(2);

      Path export = export(home, "export");
      assertThat(signatures(Files.readString(export.resolve("proof/0.tlog-proof")))).isEqualTo(2);
      var independent = new IndependentVerifier(temp);
      for (String key : List.of(old, fresh, fresh + "\n" + old)) {
        assertThat(verify(home, key, null, export).out()).contains("ok: ", "signed by the given");
        assertThat(independent.verify(export, key, null).said()).contains(" entries, 1 proofs");
      }
      assertThat(verify(home, old, null, export).out())
          .contains("entry " + Json.number(told, "index") + " hands over to " + fresh);

      Result again = gateway.run("audit", "rotate-key");
      assertThat(again.exit()).isNotZero();
      assertThat(again.err()).contains("audit.key_rotating", "until");
      Result doctor = gateway.run("doctor");
      assertThat(doctor.out())
          .containsPattern("proven +audit.signed .*" + java.util.regex.Pattern.quote(fresh));
      assertThat(gateway.stop()).isZero();
    }
  }

  @Test
  void aRunningGatewayEndsTheOverlapAndDestroysTheOldKey() throws Exception {
    Path home = GatewayProcess.home("");
    try (var gateway = GatewayProcess.start(home)) {
      String old = keys(home).getFirst();
      Result rotated = gateway.run("audit", "rotate-key", "--overlap", "1s");
      assertThat(rotated.exit()).as(rotated.err()).isZero();
      String fresh = rotated.out().lines().findFirst().orElseThrow();
      assertThat(rotated.out()).contains(old, "until");
      awaitEnd(home);
      assertThat(keys(home)).containsExactly(fresh);
      assertThat(GatewayProcess.logKey(home, ".next.key")).doesNotExist();
      assertThat(GatewayProcess.logKey(home, ".old.key")).doesNotExist();
      assertThat(GatewayProcess.logKey(home, ".key")).isRegularFile().hasSize(32);
      assertThat(gateway.run("audit", "tail", "-n", "100").out())
          .contains("\"action\":\"key_rotated\"", "\"action\":\"key_retired\"", old, fresh);
      assertThat(gateway.stop()).isZero();
      assertThat(verify(home, fresh, null, home.resolve("audit")).exit()).isZero();
    }
  }

  @Test
  void homesOfOneUserHaveKeysOfTheirOwnAndOneRotatesWithoutTheOther() throws Exception {
    Path home = GatewayProcess.home("");
    Path other = Files.createDirectory(home.resolveSibling("other"));
    Files.copy(home.resolve("chitin.json5"), other.resolve("chitin.json5"));
    try (var gateway = GatewayProcess.start(home)) {
      assertThat(GatewayProcess.run(other, NOTHING, "vault", "status").exit()).isZero();
      String key = keys(home).getFirst();
      String others = keys(other).getFirst();
      assertThat(others).isNotEqualTo(key);
      assertThat(gateway.run("audit", "rotate-key", "--overlap", "1s").exit()).isZero();
      awaitEnd(home);
      assertThat(keys(home).getFirst()).isNotEqualTo(key);
      assertThat(gateway.stop()).isZero();

      Path moved = home.resolveSibling("moved");
      Files.move(other, moved);
      Result started = GatewayProcess.run(moved, NOTHING, "vault", "status");
      assertThat(started.exit()).as(started.err()).isZero();
      assertThat(keys(moved)).containsExactly(others);
      assertThat(verify(moved, others, null, moved.resolve("audit")).exit()).isZero();
    }
  }

  /** The mark goes last. */
  private static void awaitEnd(Path home) {
    for (int i = 0; i < 1_200 && Files.exists(home.resolve("audit/key-rotation")); i++) {
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
    assertThat(home.resolve("audit/key-rotation")).doesNotExist();
  }

  @Test
  void afterTheOverlapTheOldKeyLeadsToTheNewOneOnlyFromACheckpointThatItSigned() throws Exception {
    Path home = GatewayProcess.home("");
    Path before = temp.resolve("before");
    Path during = temp.resolve("during");
    Path audit = home.resolve("audit");
    try (var first = GatewayProcess.start(home)) {
      assertThat(first.stop()).isZero();
      String old = keys(home).getFirst();
      Files.copy(audit.resolve("checkpoint"), before);
      Result rotated = GatewayProcess.run(home, NOTHING, "audit", "rotate-key", "--overlap", "1s");
      assertThat(rotated.exit()).as(rotated.err()).isZero();
      String fresh = rotated.out().lines().findFirst().orElseThrow();
      // Nothing runs, so nothing has ended the overlap: the stop signed with both.
      Files.copy(audit.resolve("checkpoint"), during);
      assertThat(signatures(Files.readString(during))).isEqualTo(2);
      GatewayProcess second = GatewayProcess.start(home); // Its home goes with the first.
      awaitEnd(home);
      assertThat(second.run("audit", "tail", "-n", "100").out())
          .contains("\"action\":\"start\"", "\"detail\":\"" + fresh + "\"");
      assertThat(second.stop()).isZero();
      assertThat(keys(home)).containsExactly(fresh);
      Path export = export(home, "export");
      var independent = new IndependentVerifier(temp);
      for (Path log : List.of(audit, export)) {
        Result lost = verify(home, old, before, log);
        assertThat(lost.exit()).isEqualTo(6);
        assertThat(lost.out()).contains("the log's key was rotated", "chitin audit key");
        Result followed = verify(home, old, during, log);
        assertThat(followed.exit()).as(followed.out()).isZero();
        assertThat(followed.out()).contains(fresh, "hands over from the given key");
        assertThat(verify(home, fresh, null, log).exit()).isZero();
        assertThat(verify(home, old + " " + fresh, before, log).exit()).isZero();
      }
      assertThat(independent.verify(export, old, null).exit()).isEqualTo(6);
      assertThat(independent.verify(export, fresh, during).exit()).isZero();
      assertThat(independent.verify(export, old + " " + fresh, before).exit()).isZero();
    }
  }
}
