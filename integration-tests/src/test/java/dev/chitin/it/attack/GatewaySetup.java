package dev.chitin.it.attack;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes what a gateway needs to start with probes as tools.
 *
 * @param base where the probes and the key file lie
 * @param around what the probes are told
 */
record GatewaySetup(Path base, Probe.Surroundings around) {

  Path probes() {
    return base.resolve("probes");
  }

  void write(Path home, List<Attack.Tool> tools) throws IOException {
    write(home, tools, sandbox());
  }

  /**
   * Without control groups the gateway starts only when told so; the cases show what that costs. No
   * sandbox stands ready: its control groups could not be told from what a run left.
   */
  static JsonValue.Obj sandbox() {
    return waiving(
        JsonValue.object()
            .put("warm", JsonValue.object().put("per_profile", 0).put("total", 0).build()));
  }

  /** The same, but for sandboxes that stand ready, as many as by default. */
  static JsonValue.Obj warmSandbox() {
    return waiving(JsonValue.object());
  }

  private static JsonValue.Obj waiving(JsonValue.Builder sandbox) {
    if (!Fence.obstacle().isEmpty()) {
      sandbox.put("waive", SandboxSettings.WAIVABLE);
    }
    return sandbox.build();
  }

  /** Writes configuration and probes; {@code sandbox} is the section of that name. */
  void write(Path home, List<Attack.Tool> tools, JsonValue.Obj sandbox) throws IOException {
    Files.createDirectories(probes());
    var declared = new ArrayList<JsonValue>();
    for (Attack.Tool tool : tools) {
      if (Files.notExists(probes().resolve(tool.name() + ".sh"))) {
        tool.probe().write(probes());
      }
      declared.add(declaration(home.resolve("workspace"), tool));
    }
    JsonValue.Obj document =
        JsonValue.object()
            .put(
                "workspace",
                JsonValue.object().put("allowed_paths", List.of(probes().toString())).build())
            .put("vault", Attack.object(Map.of("key_file", home + ".key")))
            .put("sandbox", sandbox)
            .put("tools", new JsonValue.Arr(declared))
            .build();
    Files.createDirectories(home.resolve("workspace"));
    Files.writeString(home.resolve("chitin.json5"), CanonicalJson.string(document));
  }

  private JsonValue declaration(Path workspace, Attack.Tool tool) {
    List<String> read = List.of(workspace.toString(), probes().toString());
    JsonValue.Builder capabilities =
        JsonValue.object()
            .put("ProcessExec", JsonValue.object().put("commands", List.of("dash")).build())
            .put("FileRead", JsonValue.object().put("paths", read).build());
    if (tool.writable()) {
      capabilities.put(
          "FileWrite", JsonValue.object().put("paths", List.of(workspace.toString())).build());
    }
    JsonValue.Obj input =
        AttackGateway.json(
            "{\"type\":\"object\",\"properties\":{\"mark\":{\"type\":\"string\"}},"
                + "\"required\":[\"mark\"],\"additionalProperties\":false}");
    JsonValue.Builder process =
        JsonValue.object().put("argv", tool.probe().argv(probes(), around, "${input.mark}"));
    if (!tool.environment().isEmpty()) {
      process.put("env", Attack.object(tool.environment()));
    }
    return JsonValue.object()
        .put("name", tool.name())
        .put("description", "A probe of the abuse list.")
        .put("capabilities", capabilities.build())
        .put("input", input)
        .put("run", JsonValue.object().put("process", process.build()).build())
        .put("limits", Attack.object(tool.limits()))
        .build();
  }
}
