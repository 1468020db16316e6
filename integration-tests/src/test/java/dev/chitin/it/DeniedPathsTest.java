package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A denied path inside an allowed directory is out of reach of every backend, also of a native
 * tool.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeniedPathsTest {
  private static final String CANARY = "canary-" + Long.toHexString(System.nanoTime());

  private GatewayProcess gateway;
  private Agent agent;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    Path home = GatewayProcess.home("");
    Path workspace = home.resolve("workspace");
    Files.createDirectories(workspace.resolve("private"));
    Files.writeString(workspace.resolve("private/notes"), CANARY);
    Files.writeString(workspace.resolve("open"), "open");
    Path file = home.resolve("chitin.json5");
    String members = Files.readString(file);
    Files.writeString(
        file,
        members.substring(0, members.lastIndexOf('}'))
            + ", \"workspace\": { \"denied_paths\": [\""
            + workspace
            + "/private\", \""
            + workspace
            + "/later/secret\"] }, \"tools\": [{ \"name\": \"copy\", \"description\": \"Copies.\","
            + " \"capabilities\": { \"ProcessExec\": { \"commands\": [\"cp\"] }, \"FileRead\":"
            + " { \"paths\": [\""
            + workspace
            + "\"] }, \"FileWrite\": { \"paths\": [\""
            + workspace
            + "\"] } }, \"input\": { \"type\": \"object\", \"properties\": { \"from\": { \"type\":"
            + " \"string\" }, \"to\": { \"type\": \"string\" } }, \"required\": [\"from\", \"to\"] },"
            + " \"run\": { \"process\": { \"argv\": [\"cp\", \"-r\", \"--\", \"${input.from}\","
            + " \"${input.to}\"] } } }, { \"name\": \"count\", \"description\": \"Counts.\","
            + " \"capabilities\": { \"ProcessExec\": { \"commands\": [\"wc\"] } },"
            + " \"input\": { \"type\": \"object\", \"properties\": { \"file\": { \"type\": \"string\" } } },"
            + " \"run\": { \"process\": { \"argv\": [\"wc\", \"${input.file}\"] } } },"
            + " { \"name\": \"place\", \"description\": \"Says where it is.\","
            + " \"capabilities\": { \"ProcessExec\": { \"commands\": [\"pwd\"] } },"
            + " \"run\": { \"process\": { \"argv\": [\"pwd\"] } } }] }");
    gateway = GatewayProcess.start(home);
    agent = new Agent(gateway.url(), gateway.key("agent", "agent"));
  }

  @AfterAll
  void stop() {
    agent.close();
    gateway.close();
  }

  private Agent.Answer copy(String from, String to) throws IOException, InterruptedException {
    return agent.call("copy", JsonValue.object().put("from", from).put("to", to).build());
  }

  @Test
  void aToolWithoutAnyPathRunsInADirectoryOfItsSandboxAndSeesNoFile() throws Exception {
    assertThat(agent.call("place", JsonValue.Obj.EMPTY).member("stdout")).isEqualTo("/tmp\n");
    for (String file : new String[] {"open", gateway.workspace().resolve("open").toString()}) {
      Agent.Answer answer = agent.call("count", JsonValue.object().put("file", file).build());
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.member("status")).isEqualTo("exit 1");
      assertThat(answer.member("stderr")).contains("No such file or directory");
    }
    assertThat(agent.call("count", JsonValue.object().put("file", "/dev/null").build()).text())
        .contains("0 /dev/null");
  }

  @Test
  void theFileToolsRefuseItWithItsRule() throws Exception {
    Agent.Answer answer = agent.call("fs_read", Agent.path("private/notes"));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.member("rule")).isEqualTo("workspace.denied_paths[0]");
    Agent.Answer search =
        agent.call(
            "fs_search", JsonValue.object().put("path", ".").put("pattern", "canary").build());
    assertThat(search.status()).as(search.text()).isEqualTo(200);
    assertThat(search.text()).doesNotContain(CANARY);
  }

  @Test
  void aNativeToolSeesSomethingEmptyInItsPlace() throws Exception {
    Agent.Answer answer = agent.run("cat", "private/notes", "open");
    assertThat(answer.text()).doesNotContain(CANARY);
    if (answer.status() == 200) {
      assertThat(answer.member("stdout")).isEqualTo("open");
    }
  }

  @Test
  void aNativeToolThatMayWriteCanNeitherReadNorFillNorMoveIt() throws Exception {
    assertThat(copy("open", "copied").member("status")).isEqualTo("exit 0");
    Agent.Answer read = copy("private", "out");
    assertThat(Files.exists(gateway.workspace().resolve("out/notes"))).as(read.text()).isFalse();
    copy("open", "private/planted");
    assertThat(gateway.workspace().resolve("private/planted")).doesNotExist();
    copy("open", "later");
    copy("private", "later");
    assertThat(Files.exists(gateway.workspace().resolve("later/secret"))).isFalse();
    assertThat(Files.readString(gateway.workspace().resolve("private/notes"))).isEqualTo(CANARY);
  }
}
