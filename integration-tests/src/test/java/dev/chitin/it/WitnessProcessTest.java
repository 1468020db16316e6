package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real witness beside a real gateway: cosigning, absence, rollback and fork. */
class WitnessProcessTest {
  /** Long enough for one call and its proof. */
  private static final String OVERLAP = "12s";

  @TempDir Path temp;

  /** A running witness. */
  private record Witnessing(Process process, String url, String key) implements AutoCloseable {
    @Override
    public void close() {
      process.destroyForcibly();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Starts one with the memory and the key of the one before.
   *
   * @param vkeys the keys of the log that it knows
   */
  private Witnessing witness(Path home, int port, String... vkeys) throws IOException {
    Path keys = temp.resolve("witness-keys");
    if (!Files.exists(keys)) {
      Files.createDirectory(keys);
    }
    List<String> line =
        new ArrayList<>(
            List.of(
                "audit",
                "witness",
                "--dir",
                temp.resolve("witness").toString(),
                "--key-file",
                keys.resolve("witness.key").toString(),
                "--port",
                Integer.toString(port),
                "--json"));
    for (String vkey : vkeys) {
      line.addAll(List.of("--log", vkey));
    }
    Process process =
        GatewayProcess.command(home, Map.of(), line.toArray(String[]::new))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    var told = Json.object(String.valueOf(out.readLine()));
    return new Witnessing(process, Json.text(told, "url"), Json.text(told, "key"));
  }

  private static int port(Witnessing witness) {
    return java.net.URI.create(witness.url()).getPort();
  }

  private static void configure(Path home, Witnessing witness, int required) throws IOException {
    Path file = home.resolve("chitin.json5");
    String text = Files.readString(file).replaceFirst(", \"audit\": .*", " }");
    String audit =
        ", \"audit\": { \"witness\": { \"url\": \"%s\", \"key\": \"%s\", \"required\": %d } } }"
            .formatted(witness.url(), witness.key(), required);
    Files.writeString(file, text.substring(0, text.lastIndexOf('}')) + audit);
  }

  private static String doctor(GatewayProcess gateway, String until) throws Exception {
    String said = "";
    for (int i = 0; i < 200 && !said.matches("(?s).*" + until + ".*"); i++) {
      said = gateway.run("doctor").out();
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
    assertThat(said).containsPattern(until);
    return said;
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      GatewayProcess.remove(to);
    }
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void theLogIsCosignedAndProofsAloneWaitWhileTheWitnessIsAway() throws Exception {
    Path home = GatewayProcess.home("");
    String vkey;
    try (var first = GatewayProcess.start(home)) {
      vkey = first.run("audit", "key").out().strip();
      assertThat(first.stop()).isZero();
      Witnessing witness = witness(home, 0, vkey);
      try {
        configure(home, witness, 1);
        try (var gateway = GatewayProcess.start(home);
            var auditor = new Agent(gateway.url(), gateway.key("auditor", "auditor"));
            var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
          long index = call(agent);
          Agent.Answer proof = auditor.get("/v1/audit/proof/" + index);
          assertThat(proof.status()).as(proof.text()).isEqualTo(200);
          assertThat(
                  List.of(proof.text().split("\n", -1)).stream()
                      .filter(l -> l.startsWith("\u2014")))
              .hasSize(2)
              .anyMatch(line -> line.contains(" chitin.local/witness "));
          doctor(gateway, "proven +audit.witness");

          witness.process().destroy(); // SIGTERM.
          assertThat(witness.process().waitFor()).as("what was told to end did").isZero();
          long later = call(agent); // Calls never wait for a witness.
          Agent.Answer pending = auditor.get("/v1/audit/proof/" + later);
          assertThat(pending.status()).isEqualTo(503);
          assertThat(pending.member("code")).isEqualTo("audit.proof_pending");
          assertThat(auditor.get("/v1/audit/proof/" + index).status()).isEqualTo(200);

          doctor(gateway, "degraded +audit.witness .*does not cosign");
          for (int i = 0; i < 5; i++) {
            call(agent); // Each brings a checkpoint.
          }
          doctor(gateway, "degraded +audit.witness .*does not cosign");
          assertThat(gateway.errors().lines())
              .filteredOn(line -> line.contains("did not cosign"))
              .extracting(line -> line.replaceFirst(".*did not cosign", ""))
              .as("each cause once")
              .isNotEmpty()
              .doesNotHaveDuplicates();

          witness = witness(home, port(witness), vkey);
          int status = 503;
          for (int i = 0; i < 60 && status == 503; i++) {
            status = auditor.get("/v1/audit/proof/" + later).status();
          }
          assertThat(status).isEqualTo(200);
          doctor(gateway, "proven +audit.witness");
        }
      } finally {
        witness.close();
      }
    }
  }

  private static long call(Agent agent) throws Exception {
    Agent.Answer answer = agent.call("fs_list", Agent.path("."));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return Json.number(Json.object(answer.body(), "audit"), "index");
  }

  @Test
  void aHomeThatWasPutBackAsAWholeIsRefusedByTheWitness() throws Exception {
    Path home = GatewayProcess.home("");
    Path old = temp.resolve("old");
    try (var first = GatewayProcess.start(home)) {
      String vkey = first.run("audit", "key").out().strip();
      assertThat(first.stop()).isZero();
      try (Witnessing witness = witness(home, 0, vkey)) {
        configure(home, witness, 0);
        copy(home.resolve("audit"), old);
        GatewayProcess second = GatewayProcess.start(home);
        doctor(second, "proven +audit.witness");
        assertThat(second.stop()).isZero();
        // Checkpoint and all: nothing on this machine remembers more than the old copy does.
        copy(old, home.resolve("audit"));
        GatewayProcess third = GatewayProcess.start(home);
        doctor(third, "degraded +audit.witness .*(put back|forked)");
        assertThat(third.errors()).contains("ALARM");
        Result verify = third.run("audit", "verify", "--key", vkey);
        assertThat(verify.exit()).as("consistent in itself").isZero();
        assertThat(third.stop()).isZero();
      }
    }
  }

  /** The names and key ids of those who signed the checkpoint of a proof. */
  private static List<String> signers(Agent auditor, long index) throws Exception {
    Agent.Answer proof = auditor.get("/v1/audit/proof/" + index);
    assertThat(proof.status()).as(proof.text()).isEqualTo(200);
    return proof
        .text()
        .lines()
        .filter(line -> line.startsWith("\u2014 "))
        .map(line -> line.split(" ", -1))
        .map(
            parts ->
                parts[1]
                    + "+"
                    + HexFormat.of().formatHex(Base64.getDecoder().decode(parts[2]), 0, 4))
        .toList();
  }

  /** Name and key id of a verifier key; what follows them may hold a plus too. */
  private static String signer(String vkey) {
    return vkey.substring(0, vkey.indexOf('+', vkey.indexOf('+') + 1));
  }

  @Test
  void aRotatedKeyIsCosignedByAWitnessThatWasGivenItAndRefusedByOneThatWasNot() throws Exception {
    Path home = GatewayProcess.home("");
    GatewayProcess first = GatewayProcess.start(home);
    assertThat(first.stop()).isZero();
    String old = first.run("audit", "key").out().strip();
    Witnessing witness = witness(home, 0, old);
    try {
      configure(home, witness, 1);
      String cosigner = signer(witness.key());
      try (var gateway = GatewayProcess.start(home);
          var auditor = new Agent(gateway.url(), gateway.key("auditor", "auditor"));
          var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
        Result rotated = gateway.run("audit", "rotate-key", "--overlap", OVERLAP, "--json");
        assertThat(rotated.exit()).as(rotated.err()).isZero();
        String fresh = Json.text(Json.object(rotated.out()), "key");
        // Who knows the old key alone goes on as long as both sign.
        assertThat(signers(auditor, call(agent)))
            .containsExactlyInAnyOrder(signer(old), signer(fresh), cosigner);

        witness.close();
        witness = witness(home, port(witness), old, fresh);
        Await.until(
            "the end of the rotation", () -> Files.notExists(home.resolve("audit/key-rotation")));
        long covered = call(agent);
        assertThat(signers(auditor, covered)).containsExactlyInAnyOrder(signer(fresh), cosigner);

        witness.close();
        witness = witness(home, port(witness), old);
        long later = call(agent);
        doctor(gateway, "degraded +audit.witness .*knows no key that signed");
        Agent.Answer pending = auditor.get("/v1/audit/proof/" + later);
        assertThat(pending.member("code")).isEqualTo("audit.proof_pending");
        assertThat(signers(auditor, covered)).containsExactlyInAnyOrder(signer(fresh), cosigner);
        assertThat(gateway.stop()).isZero();

        witness.close();
        witness = witness(home, port(witness), fresh);
        try (var again = GatewayProcess.start(home);
            var asker = new Agent(again.url(), again.key("asker", "auditor"))) {
          Await.until("a proof", () -> asker.get("/v1/audit/proof/" + later).status() == 200);
          assertThat(signers(asker, later)).containsExactlyInAnyOrder(signer(fresh), cosigner);
          assertThat(again.stop()).isZero();
        }
      }
    } finally {
      witness.close();
    }
  }
}
