package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Files that a tool declares come back with its answer, and what the operator gave up is open. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeclaredOutputsTest {
  private Path home;
  private GatewayProcess gateway;
  private Agent agent;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    home = GatewayProcess.home("");
    Path file = home.resolve("chitin.json5");
    String members = Files.readString(file);
    String tool =
        """
        , "tools": [{
          "name": "report", "description": "Writes a report.",
          "capabilities": { "ProcessExec": { "commands": ["cp"] },
                            "FileRead": { "paths": ["%1$s"] } },
          "input": { "type": "object", "properties": { "from": { "type": "string" } },
                     "required": ["from"] },
          "run": { "process": { "argv": ["cp", "-r", "--", "${input.from}", "/out"], "outputs": {
            "report": { "path": "report.json", "max_bytes": 100 },
            "log": { "path": "log", "required": false } } } }
        }] }
        """
            .formatted(home.resolve("workspace"));
    Files.writeString(file, members.substring(0, members.lastIndexOf('}')) + tool);
    gateway = GatewayProcess.start(home, Map.of("CHITIN_SANDBOX__UNPROTECTED", "[\".vscode\"]"));
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
  }

  @AfterAll
  void stop() {
    agent.close();
    gateway.close();
  }

  private Agent.Answer report(String from) throws IOException, InterruptedException {
    return agent.call("report", JsonValue.object().put("from", from).build());
  }

  @Test
  void aDeclaredFileComesBackWithItsHash() throws Exception {
    Files.writeString(gateway.workspace().resolve("report.json"), "{\"a\":1}");
    Agent.Answer answer = report("report.json");
    JsonValue.Obj files = Json.object(answer.body(), "files");
    assertThat(Json.object(files, "report"))
        .isEqualTo(
            JsonValue.object()
                .put("bytes", 7)
                .put("text", "{\"a\":1}")
                .put("sha256", Digest.ofUtf8("{\"a\":1}").toHex())
                .build());
    assertThat(Json.text(Json.object(files, "log"), "error")).isEqualTo("is missing");
    assertThat(answer.body().get("succeeded")).isEqualTo(new JsonValue.Bool(true));
    assertThat(answer.text()).doesNotContain("output ");
    try (var left = Files.list(home.resolve("run/sandbox/out"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aCallerSeesWhichFilesAToolGives() throws Exception {
    JsonValue.Obj files = Json.object(agent.get("/v1/tools/report").body(), "files");
    assertThat(files.members()).containsOnlyKeys("log", "report");
    assertThat(Json.number(Json.object(files, "report"), "maxBytes")).isEqualTo(100);
  }

  @Test
  void withoutARequiredFileTheCallHasNotSucceededThoughItsProgramHas() throws Exception {
    Files.writeString(gateway.workspace().resolve("other"), "x");
    Agent.Answer answer = report("other");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.member("status")).isEqualTo("exit 0");
    assertThat(answer.body().get("succeeded")).isEqualTo(new JsonValue.Bool(false));
    assertThat(Json.text(Json.object(Json.object(answer.body(), "files"), "report"), "error"))
        .isEqualTo("is missing");
    assertThat(answer.text()).contains("output report is missing");
    GatewayProcess.Result result = gateway.run("tool", "call", "report", "{\"from\":\"other\"}");
    assertThat(result.exit()).isEqualTo(1);
  }

  @Test
  void whatTheOperatorGaveUpIsWrittenAndShown() throws Exception {
    Files.createDirectories(gateway.workspace().resolve(".vscode"));
    Agent.Answer written =
        agent.call(
            "fs_write",
            JsonValue.object().put("path", ".vscode/tasks.json").put("content", "{}").build());
    assertThat(written.status()).as(written.text()).isEqualTo(200);
    Agent.Answer refused =
        agent.call(
            "fs_write", JsonValue.object().put("path", ".bashrc").put("content", "").build());
    assertThat(refused.member("rule")).isEqualTo("builtin.write[.bashrc]");
    assertThat(refused.member("hint")).contains("sandbox.unprotected");
    GatewayProcess.Result doctor = gateway.run("doctor");
    assertThat(doctor.out())
        .containsPattern("(?i)degraded +protected paths +\\.vscode may be written");
  }
}
