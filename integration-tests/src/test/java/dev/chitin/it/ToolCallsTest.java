package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The main job over REST: what is allowed runs, what is not is refused with a code and a rule. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ToolCallsTest {
  private static final String CANARY = "canary-" + Long.toHexString(System.nanoTime());

  private GatewayProcess gateway;
  private Agent agent;
  private Path outside;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway = GatewayProcess.start(GatewayProcess.home(""));
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
    outside = Files.createTempFile("chitin-it-outside-", ".txt");
    Files.writeString(outside, CANARY);
  }

  @AfterAll
  void stop() throws IOException {
    agent.close();
    gateway.close();
    Files.delete(outside);
  }

  @Test
  void theKeyListsTheShippedToolsWithTheirSchemas() throws Exception {
    JsonValue.Obj body = agent.get("/v1/tools").body();
    List<String> names =
        Json.items(body, "tools").stream()
            .map(tool -> Json.text((JsonValue.Obj) tool, "name"))
            .toList();
    assertThat(names)
        .containsExactly(
            "fs_list", "fs_read", "fs_search", "fs_write", "http_fetch", "process_run");
    JsonValue.Obj one = agent.get("/v1/tools/fs_read").body();
    assertThat(Json.text(Json.object(one, "input"), "type")).isEqualTo("object");
    assertThat(Json.object(one, "capabilities").members()).containsOnlyKeys("FileRead");
  }

  @Test
  void aProgramRunsAndItsAuditIndexIsGiven() throws Exception {
    Agent.Answer answer = agent.run("echo", "two words", "$(id)");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.member("status")).isEqualTo("exit 0");
    assertThat(answer.member("stdout")).isEqualTo("two words $(id)\n");
    assertThat(Json.number(Json.object(answer.body(), "audit"), "index")).isNotNegative();
  }

  @Test
  void aFailedProgramIsNoProblemButAnOutcome() throws Exception {
    Agent.Answer answer = agent.run("false");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.member("status")).isEqualTo("exit 1");
    assertThat(Json.number(answer.body(), "exitCode")).isEqualTo(1);
  }

  @Test
  void fsSearchFindsLinesInARealTree() throws Exception {
    Path tree = gateway.workspace().resolve("sources");
    copy(GatewayProcess.ROOT.resolve("audit-stream/src/main/java"), tree);
    Agent.Answer answer =
        agent.call(
            "fs_search",
            JsonValue.object()
                .put("path", "sources")
                .put("pattern", "^public (final )?class StrictJson")
                .put("glob", "*.java")
                .build());
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonValue.Obj output = Json.object(answer.body(), "output");
    assertThat(Json.items(output, "matches")).hasSize(1);
    assertThat(answer.text()).contains("bus/json/StrictJson.java");
  }

  @Test
  void writingAndReadingGiveTheSameBytes() throws Exception {
    String content = "first line\nüñí 🦐\n";
    Agent.Answer written =
        agent.call(
            "fs_write",
            JsonValue.object().put("path", "notes/../x").put("content", content).build());
    assertThat(written.status()).isEqualTo(403);
    assertThat(written.member("rule")).isEqualTo("path.parent_component");
    written =
        agent.call(
            "fs_write",
            JsonValue.object().put("path", "notes.txt").put("content", content).build());
    assertThat(written.member("status")).as(written.text()).isEqualTo("exit 0");
    assertThat(Files.readString(gateway.workspace().resolve("notes.txt"))).isEqualTo(content);
    Agent.Answer read = agent.call("fs_read", Agent.path("notes.txt"));
    assertThat(Json.text(Json.object(read.body(), "output"), "content")).isEqualTo(content);
    Agent.Answer listed = agent.call("fs_list", Agent.path("."));
    assertThat(listed.text()).contains("notes.txt");
  }

  @Test
  void aLongProgramIsStreamedAsItRuns() throws Exception {
    int last = 100_000;
    long lines = 0;
    String result = "";
    int events = 0;
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                agent.stream("process_run", Agent.argv("seq", "1", Integer.toString(last))),
                StandardCharsets.UTF_8))) {
      String event = "";
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.startsWith("event: ")) {
          event = line.substring(7);
          events++;
        } else if (line.startsWith("data: ") && event.equals("stdout")) {
          lines += Json.text(Json.object(line.substring(6)), "data").lines().count();
        } else if (line.startsWith("data: ") && event.equals("result")) {
          result = line.substring(6);
        }
      }
    }
    assertThat(events).isGreaterThan(10);
    assertThat(Json.text(Json.object(result), "status")).isEqualTo("exit 0");
    // A line that was cut between two events counts in both.
    assertThat(lines).isBetween((long) last, (long) last + events);
  }

  /** A comment comes every 15 s, so the silent tool has to outlast that. */
  @Test
  @Tag("full")
  void theStreamOfASilentToolIsKeptAlive() throws Exception {
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                agent.stream("process_run", Agent.argv("sleep", "17")), StandardCharsets.UTF_8))) {
      assertThat(
              reader
                  .lines()
                  .filter(line -> !line.isEmpty())
                  .map(line -> line.substring(0, line.indexOf(':') + 1)))
          .containsSubsequence("event:", ":", "event:");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"~/.ssh/id_rsa", "../../etc/passwd", "/etc/passwd", "link", "link/x"})
  void whatLiesOutsideIsRefusedWithCodeRuleAndHint(String path) throws Exception {
    Path link = gateway.workspace().resolve("link");
    if (!Files.isSymbolicLink(link)) {
      Files.createSymbolicLink(link, outside);
    }
    Agent.Answer answer = agent.call("fs_read", Agent.path(path));
    if (path.equals("link/x")) {
      assertThat(answer.status()).isIn(403, 422);
    } else {
      assertThat(answer.status()).as(answer.text()).isEqualTo(403);
      assertThat(answer.member("code")).isEqualTo("policy.path_denied");
      assertThat(answer.member("rule")).isNotEmpty();
      assertThat(answer.member("hint")).isNotEmpty();
    }
    assertThat(answer.text()).doesNotContain(CANARY);
  }

  @Test
  void aDeniedCallIsRecordedWithItsRule() throws Exception {
    Agent.Answer answer = agent.call("fs_read", Agent.path("~/.aws/credentials"));
    GatewayProcess.Result tail = gateway.run("audit", "tail", "-n", "1000");
    assertThat(tail.out().lines().filter(line -> line.contains(answer.member("callId"))))
        .hasSize(1)
        .allMatch(line -> line.contains("\"phase\":\"Denied\""))
        .allMatch(line -> line.contains(answer.member("rule")));
  }

  @Test
  void theEnvironmentOfTheGatewayIsNotTheTools() throws Exception {
    Agent.Answer answer = agent.run("env");
    assertThat(answer.member("stdout").lines().map(line -> line.split("=", 2)[0]))
        .contains("PATH", "HOME", "LANG")
        .noneMatch(name -> name.startsWith("CHITIN"));
  }

  @Test
  void anUngrantedHostIsRefusedBeforeAnyConnection() throws Exception {
    Agent.Answer answer =
        agent.call("http_fetch", JsonValue.object().put("url", "https://example.com/").build());
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.member("code")).isEqualTo("policy.host_denied");
    assertThat(answer.member("rule")).isNotEmpty();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
  }
}
