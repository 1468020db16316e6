package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The operator prunes a gateway's log; what remains is served, proven, and survives a restart. */
class RetentionTest {
  @Test
  void prunedEntriesAreGoneAndTheLogVerifies() throws Exception {
    Path home =
        GatewayProcess.home(
            "\"audit\": { \"segment_bytes\": 1048576 }, " + GatewayProcess.HIGH_RATE);
    Path archive = home.resolveSibling("archive");
    long minimum;
    GatewayProcess gateway = GatewayProcess.start(home);
    try (var agent = new Agent(gateway.url(), gateway.key("agent", "admin"))) {
      calls(agent);
      assertThat(gateway.run("audit", "rotate").exit()).isZero();
      // The minimum is a multiple of 256 behind the beginning of the segment that stays.
      calls(agent);
      Await.until("entries to prune", () -> prune(gateway, archive) > 0);
      minimum = prune(gateway, archive);
      assertThat(minimum).isGreaterThanOrEqualTo(256);
      assertThat(agent.get("/v1/audit/tile/entries/000").status()).isEqualTo(410);
      assertThat(agent.get("/v1/audit/tile/entries/000").text()).contains("audit.pruned");
      assertThat(agent.get("/v1/audit/tile/0/000").status()).isEqualTo(200);
      assertThat(agent.get("/v1/audit/proof/3").status()).isEqualTo(200);
      assertThat(Files.exists(archive.resolve("tile/entries/000"))).isTrue();
      Result events = gateway.run("audit", "events", "--json", "--oldest", "--limit", "1");
      Obj first = (Obj) Json.items(Json.object(events.out()), "entries").getFirst();
      assertThat(Json.number(first, "index")).isEqualTo(minimum);
    } finally {
      gateway.stop();
    }
    assertThat(GatewayProcess.run(home, new byte[0], "audit", "verify").exit()).isZero();
    try (GatewayProcess again = GatewayProcess.start(home);
        var agent = new Agent(again.url(), again.key("other", "admin"))) {
      assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
      assertThat(agent.get("/v1/audit/proof/3").status()).isEqualTo(200);
    }
  }

  /**
   * The gateway prunes by itself, is killed while it may be at it, goes on, and still knows whether
   * its vault is the one that it left.
   */
  @Test
  void theGatewayPrunesByItselfAndItsVaultIsStillKnown() throws Exception {
    Path home =
        GatewayProcess.home(
            "\"audit\": { \"segment_bytes\": 1048576, \"retention\": { \"max_events\": 200,"
                + " \"archive\": \"@archive\" } }, "
                + GatewayProcess.HIGH_RATE);
    Path archive = home.resolveSibling("archive");
    Path config = home.resolve("chitin.json5");
    Files.writeString(config, Files.readString(config).replace("@archive", archive.toString()));
    byte[] first = "fake-value-1".getBytes(StandardCharsets.US_ASCII);
    assertThat(GatewayProcess.run(home, first, "secret", "put", "api").exit()).isZero();
    Path old = home.resolveSibling("old-vault");
    copy(home.resolve("vault"), old);
    byte[] second = "fake-value-2".getBytes(StandardCharsets.US_ASCII);
    assertThat(GatewayProcess.run(home, second, "secret", "rotate", "api").exit()).isZero();
    for (int round = 0; round < 2; round++) {
      GatewayProcess gateway = GatewayProcess.start(home);
      double before = gateway.metric("chitin_audit_minimum");
      try (var agent = new Agent(gateway.url(), gateway.key("agent" + round, "admin"))) {
        calls(agent);
        assertThat(gateway.run("audit", "rotate").exit()).isZero();
        calls(agent);
        Await.until("pruning", () -> gateway.metric("chitin_audit_minimum") > before);
        assertThat(gateway.metric("chitin_audit_retention_failing")).isZero();
      } finally {
        gateway.kill();
      }
      assertThat(GatewayProcess.run(home, new byte[0], "audit", "verify").exit()).isZero();
    }
    assertThat(archive.resolve("tile/entries/000")).exists();
    // Every mark that was made before the pruning is gone; the one that it made itself remains.
    Files.deleteIfExists(home.resolve("run/vault.position"));
    GatewayProcess.remove(home.resolve("vault"));
    copy(old, home.resolve("vault"));
    Result serve = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
    assertThat(serve.exit()).isNotZero();
    assertThat(serve.err()).contains("vault.rollback");
    GatewayProcess.removeHome(home);
  }

  private static void copy(Path from, Path to) throws Exception {
    assertThat(new ProcessBuilder("cp", "-a", from.toString(), to.toString()).start().waitFor())
        .isZero();
  }

  private static void calls(Agent agent) throws Exception {
    for (int i = 0; i < 300; i++) {
      assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
    }
  }

  private static long prune(GatewayProcess gateway, Path archive) throws Exception {
    Result pruned =
        gateway.run(
            "audit", "prune", "--before", "999999999", "--archive", archive.toString(), "--json");
    assertThat(pruned.exit()).as(pruned.err()).isZero();
    return Json.number(Json.object(pruned.out()), "minimum");
  }
}
