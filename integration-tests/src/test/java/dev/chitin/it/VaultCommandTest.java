package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The vault's commands as a person types them, with the gateway up and down. */
class VaultCommandTest {
  private static final byte[] NOTHING = {};

  private static byte[] fake(String what) {
    return (what + " " + System.nanoTime()).getBytes(StandardCharsets.US_ASCII);
  }

  private static Result ok(Result result) {
    assertThat(result.exit()).as(result.out() + result.err()).isZero();
    return result;
  }

  private static List<JsonValue> slots(Result result) {
    return Json.items(Json.object(result.out()), "slots");
  }

  @Test
  void secretsAreRotatedPrunedAndDisabledUpAndDown() throws Exception {
    Path home = GatewayProcess.home("");
    ok(GatewayProcess.run(home, fake("one"), "secret", "put", "api"));
    ok(GatewayProcess.run(home, fake("two"), "secret", "rotate", "api", "--grace", "3600"));
    assertThat(GatewayProcess.run(home, fake("x"), "secret", "rotate", "none").exit()).isEqualTo(2);
    try (var gateway = GatewayProcess.start(home)) {
      Result list = ok(gateway.run("secret", "list", "--json"));
      assertThat(list.out()).contains("\"previous\"").contains("\"current\"");
      ok(GatewayProcess.run(home, fake("three"), "secret", "rotate", "api", "--grace", "60"));
      ok(gateway.run("secret", "prune", "api"));
      assertThat(gateway.run("secret", "list", "--json").out()).doesNotContain("\"previous\"");
      ok(gateway.run("secret", "disable", "api"));
      assertThat(gateway.run("secret", "list", "--json").out()).contains("\"disabled\"");
      ok(gateway.run("secret", "enable", "api"));
      assertThat(gateway.run("secret", "rotate", "--after-compromise").out())
          .contains("chitin secret rotate api");
      ok(gateway.run("vault", "rotate-kek"));
      ok(gateway.run("vault", "rotate-root"));
      JsonValue.Obj status = Json.object(ok(gateway.run("vault", "status", "--json")).out());
      assertThat(Json.number(status, "term")).isEqualTo(2);
      assertThat(gateway.stop()).isZero();
      ok(GatewayProcess.run(home, NOTHING, "vault", "rotate-kek"));
      status =
          Json.object(ok(GatewayProcess.run(home, NOTHING, "vault", "status", "--json")).out());
      assertThat(Json.number(status, "term")).isEqualTo(3);
      assertThat(Json.number(status, "rewrapping")).isZero();
      ok(GatewayProcess.run(home, NOTHING, "audit", "verify"));
    }
  }

  @Test
  void aPassphraseOpensTheVaultWhereTheKeyFileIsGone() throws Exception {
    Path home = GatewayProcess.home("");
    String phrase = "fake passphrase " + System.nanoTime();
    byte[] line = (phrase + "\n").getBytes(StandardCharsets.UTF_8);
    ok(GatewayProcess.run(home, fake("one"), "secret", "put", "api"));
    Result added =
        ok(
            GatewayProcess.run(
                home, line, "vault", "add-passphrase", "--new-passphrase-fd", "0", "--json"));
    assertThat(Json.text(Json.object(added.out()), "method")).isEqualTo("passphrase");
    assertThat(
            GatewayProcess.run(
                    home,
                    fake("another passphrase"),
                    "vault",
                    "add-passphrase",
                    "--new-passphrase-fd",
                    "0")
                .exit())
        .isZero();
    assertThat(
            GatewayProcess.run(
                    home,
                    "short\n".getBytes(StandardCharsets.US_ASCII),
                    "vault",
                    "add-passphrase",
                    "--new-passphrase-fd",
                    "0")
                .exit())
        .isEqualTo(2);
    Result recovery = ok(GatewayProcess.run(home, NOTHING, "vault", "add-recovery"));
    assertThat(recovery.out().strip()).matches("([a-z2-7]{4}-){13}[a-z2-7]{4}");
    Path key = home.resolveSibling("user").resolve("vault.key");
    Path away = home.resolveSibling("user").resolve("away");
    Files.move(key, away);
    Result refused = GatewayProcess.run(home, NOTHING, "secret", "list");
    assertThat(refused.exit()).isEqualTo(5);
    assertThat(refused.err()).contains("unlock.no_credential").contains("--passphrase-fd");
    Result listed = ok(GatewayProcess.run(home, line, "secret", "list", "--passphrase-fd", "0"));
    assertThat(listed.out()).contains("api");
    Result wrong =
        GatewayProcess.run(
            home,
            "a wrong passphrase\n".getBytes(StandardCharsets.US_ASCII),
            "secret",
            "list",
            "--passphrase-fd",
            "0");
    assertThat(wrong.exit()).isEqualTo(5);
    assertThat(wrong.err()).contains("vault.unlock_failed");
    byte[] code = recovery.out().getBytes(StandardCharsets.US_ASCII);
    List<JsonValue> slots =
        slots(ok(GatewayProcess.run(home, code, "vault", "slots", "--recovery", "--json")));
    assertThat(slots).hasSize(4);
    String first = Json.text((JsonValue.Obj) slots.getFirst(), "id");
    ok(GatewayProcess.run(home, code, "vault", "remove-slot", first, "--recovery"));
    Files.move(away, key);
    assertThat(GatewayProcess.run(home, NOTHING, "secret", "list").exit()).isEqualTo(5);
    ok(GatewayProcess.run(home, code, "vault", "rebind", "--recovery"));
    ok(GatewayProcess.run(home, NOTHING, "secret", "list"));
    assertThat(ok(GatewayProcess.run(home, NOTHING, "audit", "tail", "-n", "50")).out())
        .contains("vault.unlock_failed");
    GatewayProcess.removeHome(home);
  }

  @Test
  void secretsGoFromOneGatewayToAnotherSealed() throws Exception {
    Path from = GatewayProcess.home("");
    Path to = GatewayProcess.home("");
    byte[] secret = fake("moving");
    ok(GatewayProcess.run(from, secret, "secret", "put", "api"));
    String key = ok(GatewayProcess.run(to, NOTHING, "secret", "recipient")).out().strip();
    String line =
        ok(GatewayProcess.run(from, NOTHING, "secret", "export", "api", "--to", key)).out();
    assertThat(line).startsWith("chitin-secret-1.").doesNotContain("moving");
    byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
    try (var gateway = GatewayProcess.start(to)) {
      assertThat(gateway.run("secret", "recipient").out().strip()).isEqualTo(key);
      ok(GatewayProcess.run(to, bytes, "secret", "import"));
      assertThat(gateway.run("secret", "list").out()).contains("api");
    }
    assertThat(GatewayProcess.run(from, bytes, "secret", "import").exit()).isEqualTo(2);
    GatewayProcess.removeHome(from);
  }

  @Test
  void anOldVaultPutBackStopsTheStartUnlessTheOperatorTakesIt() throws Exception {
    Path home = GatewayProcess.home("");
    ok(GatewayProcess.run(home, fake("one"), "secret", "put", "api"));
    Path old = home.resolveSibling("old");
    copy(home.resolve("vault"), old);
    ok(GatewayProcess.run(home, fake("two"), "secret", "put", "api"));
    GatewayProcess.remove(home.resolve("vault"));
    copy(old, home.resolve("vault"));
    Result refused = GatewayProcess.run(home, NOTHING, "serve", "--port", "0");
    assertThat(refused.exit()).isEqualTo(5);
    assertThat(refused.err()).contains("vault.rollback_detected").contains("--accept-rollback");
    ok(GatewayProcess.run(home, NOTHING, "secret", "list", "--accept-rollback"));
    ok(GatewayProcess.run(home, NOTHING, "secret", "list"));
    GatewayProcess.remove(home.resolve("vault"));
    Result missing = GatewayProcess.run(home, NOTHING, "secret", "list");
    assertThat(missing.err()).contains("vault.missing");
    assertThat(Files.exists(home.resolve("vault"))).isFalse();
    GatewayProcess.removeHome(home);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : all.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }
}
