package dev.chitin.sandbox.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Mount;
import dev.chitin.policy.Principal;
import dev.chitin.sandbox.ShippedTools;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolDefinitionReader;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final String WORKSPACE = "/home/u/w";
  private static final ToolDefinition OWN =
      ToolDefinitionReader.read(
          JsonValue.object()
              .put("name", "own")
              .put("description", "d")
              .put(
                  "run",
                  JsonValue.object()
                      .put("process", JsonValue.object().put("argv", List.of("wc")).build())
                      .build())
              .build(),
          "");

  /** A machine with the program of every name, these mounts and these directories. */
  private record Mounted(Set<String> mounts, Set<String> directories) implements World {
    @Override
    public Invocation.FileTarget resolve(String path) {
      return new Invocation.FileTarget(path, path, "", "", directories.contains(path));
    }

    @Override
    public Optional<Invocation.ExecutedFile> executable(String command) {
      return Optional.of(new Invocation.ExecutedFile("/usr/bin/" + command, Digest.ofUtf8("x")));
    }

    @Override
    public List<String> innerCommands(List<String> argv) {
      return List.of();
    }

    @Override
    public List<Mount> mounts(ToolDefinition tool) {
      return mounts.stream().map(path -> new Mount(path, path, false, "1:1")).toList();
    }

    @Override
    public List<String> hidden(List<Mount> mounts) {
      return List.of();
    }
  }

  private static String cwd(ToolDefinition tool, JsonValue.Obj arguments, Set<String> mounts) {
    return cwd(tool, arguments, new Mounted(mounts, Set.of(WORKSPACE, "/data")));
  }

  private static String cwd(ToolDefinition tool, JsonValue.Obj arguments, World world) {
    var planner = new Planner(new PlannerSettings("/home/u", WORKSPACE, "node", null), world);
    var call =
        new ToolCall(
            "call_1", new Principal("t", "p", Set.of()), null, tool.name(), arguments, null);
    PreparedPlan plan = planner.plan(tool, call, Deadline.after(Duration.ofSeconds(30)));
    return ((Invocation.NativeProcess) plan.sealed().plan().invocation()).cwd();
  }

  private static JsonValue.Obj argv() {
    return JsonValue.object().put("argv", List.of("wc")).build();
  }

  @Test
  void aToolStartsInTheWorkspaceIfItSeesIt() {
    ToolDefinition run = ShippedTools.processRun(Capabilities.NONE);
    assertThat(cwd(run, argv(), Set.of("/home/u"))).isEqualTo(WORKSPACE);
    assertThat(cwd(OWN, JsonValue.Obj.EMPTY, Set.of(WORKSPACE))).isEqualTo(WORKSPACE);
  }

  @Test
  void aToolThatIsNotToSeeTheWorkspaceStartsInAnEmptyDirectoryOfItsSandbox() {
    ToolDefinition run = ShippedTools.processRun(Capabilities.NONE);
    assertThat(cwd(run, argv(), Set.of())).isEqualTo("/tmp");
    assertThat(cwd(OWN, JsonValue.Obj.EMPTY, Set.of())).isEqualTo("/tmp");
    assertThat(cwd(OWN, JsonValue.Obj.EMPTY, Set.of("/data"))).isEqualTo("/tmp");
  }

  @Test
  void aDirectoryThatIsAskedForAndAWorkspaceThatIsMissingAreNoSilentScratch() {
    ToolDefinition run = ShippedTools.processRun(Capabilities.NONE);
    JsonValue.Obj elsewhere =
        JsonValue.object().put("argv", List.of("wc")).put("cwd", "/data").build();
    assertThat(cwd(run, elsewhere, Set.of("/data"))).isEqualTo("/data");
    assertThatThrownBy(() -> cwd(run, elsewhere, Set.of(WORKSPACE)))
        .hasMessageContaining("policy.path_denied");
    assertThatThrownBy(() -> cwd(run, argv(), new Mounted(Set.of(), Set.of())))
        .hasMessageContaining("policy.path_denied");
  }
}
