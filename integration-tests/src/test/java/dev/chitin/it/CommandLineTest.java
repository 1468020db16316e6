package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a person types, with the gateway up and down, and the exit codes. */
class CommandLineTest {
  private static final byte[] NOTHING = {};

  @Test
  void keysAndSecretsWorkWithTheGatewayUpAndDown() throws Exception {
    Path home = GatewayProcess.home("");
    Result down = GatewayProcess.run(home, NOTHING, "key", "create", "--name", "early", "--json");
    assertThat(down.exit()).as(down.err()).isZero();
    String early = Json.text(Json.object(down.out()), "key");
    byte[] fake = ("fake-" + System.nanoTime()).getBytes(StandardCharsets.US_ASCII);
    assertThat(GatewayProcess.run(home, fake, "secret", "put", "early-secret").exit()).isZero();
    try (var gateway = GatewayProcess.start(home)) {
      try (var agent = new Agent(gateway.url(), early)) {
        assertThat(agent.get("/v1/tools").status()).isEqualTo(200);
      }
      Result put = GatewayProcess.run(home, fake, "secret", "put", "late-secret", "--json");
      assertThat(put.exit()).as(put.err()).isZero();
      Result list = gateway.run("secret", "list", "--json");
      assertThat(list.out()).contains("early-secret").contains("late-secret");
      assertThat(list.out()).doesNotContain(new String(fake, StandardCharsets.US_ASCII));
      assertThat(gateway.run("secret", "delete", "late-secret").exit()).isZero();
      assertThat(gateway.run("secret", "delete", "late-secret").exit()).isEqualTo(2);
      assertThat(gateway.run("key", "list").out()).contains("early").doesNotContain(early);
      assertThat(gateway.stop()).isZero();
      assertThat(GatewayProcess.run(home, NOTHING, "secret", "list").out())
          .contains("early-secret")
          .doesNotContain("late-secret");
      assertThat(GatewayProcess.run(home, NOTHING, "audit", "verify").exit()).isZero();
    }
  }

  @Test
  void toolsAreCalledWithTheirExitCodes() throws Exception {
    try (var gateway = GatewayProcess.start(GatewayProcess.home(""))) {
      assertThat(gateway.run("tool", "list").out()).contains("process_run");
      assertThat(gateway.run("tool", "describe", "fs_read").out()).contains("\"input\"");
      Result ok = gateway.run("tool", "call", "process_run", "{\"argv\":[\"echo\",\"hi\"]}");
      assertThat(ok.exit()).as(ok.err()).isZero();
      assertThat(ok.out()).isEqualTo("hi\n");
      assertThat(gateway.run("tool", "call", "process_run", "{\"argv\":[\"false\"]}").exit())
          .isEqualTo(1);
      Result denied = gateway.run("tool", "call", "fs_read", "{\"path\":\"~/.ssh/id\"}", "--json");
      assertThat(denied.exit()).isEqualTo(3);
      assertThat(Json.text(Json.object(denied.out()), "rule")).isNotEmpty();
      String longer = "{\"argv\":[\"wc\",\"-c\"],\"stdin\":\"" + "x".repeat(200_000) + "\"}";
      Result piped =
          GatewayProcess.run(
              gateway.home(),
              longer.getBytes(StandardCharsets.UTF_8),
              "tool",
              "call",
              "process_run",
              "-");
      assertThat(piped.exit()).as(piped.err()).isZero();
      assertThat(piped.out()).isEqualTo("200000\n");
      assertThat(gateway.run("tool", "call", "process_run", "-").exit()).isEqualTo(2);
      assertThat(gateway.run("tool", "call", "fs_read", "{broken").exit()).isEqualTo(2);
      assertThat(gateway.run("tool", "call", "nope").exit()).isEqualTo(2);
    }
  }

  @Test
  void aRefusedCallSaysWhatIsWrongInWordsOfTheCommandLine() throws Exception {
    try (var gateway = GatewayProcess.start(GatewayProcess.home(""))) {
      assertThat(gateway.run("tool", "call", "fs_raed", "{}").err())
          .contains("did you mean fs_read?")
          .contains("hint: chitin tool list shows the tools.");
      assertThat(gateway.run("tool", "describe", "a b").err()).contains("hint: A name is of");
      Result empty = gateway.run("tool", "call", "process_run", "{\"argv\":[]}");
      assertThat(empty.exit()).isEqualTo(2);
      assertThat(empty.err())
          .contains("/arguments/argv: Array has too few items")
          .contains("hint: chitin tool describe NAME shows the schema.");
      assertThat(gateway.run("tool", "call", "process_run", "{\"argv\":[1],\"x\":2}").err())
          .contains("\n  /arguments/x: the schema has no such member\n");
      Result missing = gateway.run("tool", "call", "fs_read", "{\"path\":\"no\"}");
      assertThat(missing.exit()).isEqualTo(1);
      assertThat(missing.err()).startsWith("There is no such file or directory.\nexit 1, ");
    }
  }

  @Test
  void theDoctorProvesEachControlUpAndDown() throws Exception {
    Path home = GatewayProcess.home("");
    Result down = GatewayProcess.run(home, NOTHING, "doctor", "--json");
    assertThat(down.exit()).as(down.out() + down.err()).isZero();
    assertThat(down.out())
        .contains("audit.durable", "vault.open", "vault.receipts", "egress.addresses", "sandbox.")
        .doesNotContain("\"inert\"");
    try (var gateway = GatewayProcess.start(home)) {
      Result up = gateway.run("doctor");
      assertThat(up.exit()).as(up.out() + up.err()).isZero();
      assertThat(up.out()).contains("proven");
    }
  }

  @Test
  void withoutAGatewayACallSaysHowToStartOne() throws Exception {
    Path home = GatewayProcess.home("");
    Result result = GatewayProcess.run(home, NOTHING, "tool", "list");
    assertThat(result.exit()).isEqualTo(5);
    assertThat(result.err()).contains("chitin serve");
    for (List<String> line :
        List.of(
            List.of("tool", "list", "--json"),
            List.of("config", "reload", "--json"),
            List.of("audit", "events", "--json"))) {
      Result refused = GatewayProcess.run(home, NOTHING, line.toArray(String[]::new));
      assertThat(refused.exit()).as(line.toString()).isEqualTo(5);
      assertThat(Json.text(Json.object(refused.out()), "code")).isEqualTo("gateway.unreachable");
    }
    GatewayProcess.removeHome(home);
  }

  @Test
  void aSecondGatewayOnOneHomeIsRefused() throws Exception {
    try (var gateway = GatewayProcess.start(GatewayProcess.home(""))) {
      Result second = gateway.run("serve", "--port", "0");
      assertThat(second.exit()).isEqualTo(5);
      assertThat(second.err()).contains("audit");
      try (var agent = new Agent(gateway.url(), gateway.key("still", "agent"))) {
        assertThat(agent.run("true").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void aTakenPortIsSaidPlainly() throws Exception {
    try (var gateway = GatewayProcess.start(GatewayProcess.home(""))) {
      Path home = GatewayProcess.home("");
      Result second =
          GatewayProcess.run(
              home, NOTHING, "serve", "--port", Integer.toString(gateway.url().getPort()));
      assertThat(second.exit()).isEqualTo(2);
      assertThat(second.err()).contains("is taken").contains("--port").doesNotContain("\tat ");
      GatewayProcess.removeHome(home);
    }
  }

  @Test
  void aFileThatIsMissingIsNamedWithTheKeyThatNamesIt() throws Exception {
    Path hook =
        GatewayProcess.home(
            "\"audit\": { \"alerts\": { \"webhooks\": [{ \"url\": \"https://hooks.example/x\","
                + " \"secret\": \"/no/such/place/key\" }] } }");
    assertThat(GatewayProcess.run(hook, NOTHING, "serve", "--port", "0").err())
        .contains("audit.alerts.webhooks[0].secret: ", "/no/such/place/key");
    GatewayProcess.removeHome(hook);
    Path bwrap = GatewayProcess.home("");
    var more = Map.of("CHITIN_SANDBOX__BWRAP", "/no/such/bwrap");
    Process process =
        GatewayProcess.command(bwrap, more, "serve", "--port", "0")
            .redirectErrorStream(true)
            .start();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("/no/such/bwrap", "sandbox.bwrap");
    assertThat(process.waitFor()).isEqualTo(5);
    GatewayProcess.removeHome(bwrap);
  }

  @Test
  void theThreeSnippetsOfTheSecurityModelLoadAsTheyStand() throws Exception {
    Path home = GatewayProcess.home("");
    String[] snippets = {
      "{ \"workspace\": { \"path\": \"~/.openclaw/workspace\", \"allowed_paths\": [\"~/projects\"],"
          + " \"denied_paths\": [\"~/.ssh\", \"~/.aws\"] } }",
      "{ \"gateway\": { \"cors_origins\": [\"http://localhost:3000\", \"https://app.example.com\"],"
          + " \"tls\": { \"cert\": \"/path/to/cert.pem\", \"key\": \"/path/to/key.pem\" } } }",
      "{ \"gateway\": { \"rate_limit\": { \"requests_per_minute\": 60, \"burst\": 10 } } }"
    };
    Path file = home.resolve("snippet.json5");
    for (String snippet : snippets) {
      Files.writeString(file, snippet);
      Result valid = GatewayProcess.run(home, NOTHING, "config", "validate", file.toString());
      assertThat(valid.exit()).as(valid.err()).isZero();
    }
    // What the second names is not there, and serve says which file.
    Files.writeString(file, snippets[1]);
    Result refused =
        GatewayProcess.run(home, NOTHING, "serve", "--port", "0", "--config", file.toString());
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err()).contains("/path/to/cert.pem").contains("cannot be read");
    GatewayProcess.removeHome(home);
  }

  @Test
  void anUnknownKeyIsRefusedWithItsPlaceAndTheNearestKey() throws Exception {
    Path home = GatewayProcess.home("");
    Path file = home.resolve("bad.json5");
    Files.writeString(file, "{\n  workspace: {\n    alowed_paths: [] // a typing error\n  }\n}\n");
    Result refused = GatewayProcess.run(home, NOTHING, "config", "validate", file.toString());
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err())
        .contains("bad.json5:3:5")
        .contains("workspace.alowed_paths")
        .contains("workspace.allowed_paths");
    Result schema = GatewayProcess.run(home, NOTHING, "config", "schema");
    assertThat(schema.out()).contains("https://json-schema.org/draft/2020-12/schema");
    GatewayProcess.removeHome(home);
  }

  @Test
  void aKeyFileThatOthersMayReadStopsTheStart() throws Exception {
    Path home = GatewayProcess.home("");
    assertThat(GatewayProcess.run(home, NOTHING, "secret", "list").exit()).isZero();
    Path key = home.resolveSibling("user").resolve("vault.key");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    Result refused = GatewayProcess.run(home, NOTHING, "serve", "--port", "0");
    assertThat(refused.exit()).isEqualTo(5);
    assertThat(refused.err()).contains("vault.unlock_failed");
    GatewayProcess.removeHome(home);
  }

  @Test
  void whatIsNotThereIsNotTakenForAnythingElse() throws Exception {
    Path home = GatewayProcess.home("");
    Path empty = Files.createDirectory(home.resolve("empty"));
    for (List<String> line :
        List.of(
            List.of("serve", "--port", "0", "--config", "/there/is/none"),
            List.of("audit", "verify", "--dir", empty.toString()),
            List.of("audit", "tail", "--dir", empty.toString()),
            List.of("audit", "export", "--format", "ocsf", "--log", empty.toString()))) {
      Result result = GatewayProcess.run(home, NOTHING, line.toArray(String[]::new));
      assertThat(result.exit()).as(line + " " + result.err()).isEqualTo(2);
      assertThat(result.err()).containsPattern("does not exist|There is no audit log");
    }
    assertThat(GatewayProcess.run(home, NOTHING, "key", "create", "--name", "a").exit()).isZero();
    for (List<String> line :
        List.of(
            List.of("audit", "verify", "--since", "/there/is/none"),
            List.of("audit", "tail", "--lines", "-1"),
            List.of("audit", "tail", "--lines", "100001"),
            List.of("audit", "export", "--format", "ocsf", "--from", "-1"),
            List.of("audit", "export", "--format", "ocsf", "--from", "5", "--to", "2"))) {
      Result result = GatewayProcess.run(home, NOTHING, line.toArray(String[]::new));
      assertThat(result.exit()).as(line + " " + result.err()).isEqualTo(2);
      assertThat(result.err()).contains("hint: ").doesNotContain("Exception");
    }
  }

  @Test
  void anArgumentIsNoFileOfArguments() throws Exception {
    Path home = GatewayProcess.home("");
    Path file = Files.writeString(home.resolve("more"), "mallory --role admin");
    Result made = GatewayProcess.run(home, NOTHING, "key", "create", "--name", "@" + file);
    assertThat(made.exit()).as(made.out()).isEqualTo(2);
    assertThat(GatewayProcess.run(home, NOTHING, "key", "list").out()).doesNotContain("mallory");
  }

  @Test
  void usageErrorsAndHelp() throws Exception {
    Path home = GatewayProcess.home("");
    assertThat(GatewayProcess.run(home, NOTHING, "no-such-command").exit()).isEqualTo(2);
    assertThat(GatewayProcess.run(home, NOTHING).exit()).isEqualTo(2);
    Result help = GatewayProcess.run(home, NOTHING, "--help");
    assertThat(help.exit()).isZero();
    assertThat(help.out()).contains("quickstart", "Exit codes", "CHITIN_HOME");
    assertThat(GatewayProcess.run(home, NOTHING, "version").out()).startsWith("chitin ");
    GatewayProcess.removeHome(home);
  }

  /** Its start-up cache is of another place: the JVM would complain of it with each command. */
  @Test
  void aDistributionThatWasCopiedRunsAndSaysNothingOfItsCache() throws Exception {
    Path home = GatewayProcess.home("");
    Path copy = home.resolveSibling("copy");
    for (String part : List.of("bin", "lib")) {
      assertThat(
              new ProcessBuilder(
                      "cp",
                      "-r",
                      GatewayProcess.ROOT.resolve(part).toString(),
                      Files.createDirectories(copy).toString())
                  .start()
                  .waitFor())
          .isZero();
    }
    assertThat(copy.resolve("lib/chitin.aot")).isNotEmptyFile();
    ProcessBuilder version = GatewayProcess.command(home, Map.of(), "version");
    version.command().set(0, copy.resolve("bin/chitin").toString());
    Process process = version.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).startsWith("chitin ").hasLineCount(1);
    GatewayProcess.removeHome(home);
  }
}
