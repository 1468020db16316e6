package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.NearestName;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolRegistry;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/** What a caller may call, with schemas and capabilities. */
final class ToolRoutes {
  private final ToolRegistry registry;

  ToolRoutes(ToolRegistry registry) {
    this.registry = registry;
  }

  List<Route> routes() {
    return List.of(
        Route.of(HttpMethod.GET, "/v1/tools", Scope.TOOLS_READ, Route.Body.NONE, this::list)
            .described(
                Operation.of("tools", "List the tools that the credential reaches")
                    .gives(200, "The tools.", "ToolList")),
        Route.of(HttpMethod.GET, "/v1/tools/{name}", Scope.TOOLS_READ, Route.Body.NONE, this::one)
            .described(
                Operation.of("tools", "Describe one tool")
                    .path("name", "The tool's name.")
                    .gives(200, "The tool.", "Tool")));
  }

  private void list(Exchange exchange) {
    List<JsonValue> tools =
        registry.all().stream()
            .filter(tool -> exchange.caller().permissions().reaches(tool.definition().name()))
            .<JsonValue>map(tool -> json(tool.definition()))
            .toList();
    exchange.respond(200, JsonValue.object().put("tools", new JsonValue.Arr(tools)).build());
  }

  private void one(Exchange exchange) {
    exchange.respond(200, json(find(registry, exchange).definition()));
  }

  /** The tool that the path names, if the caller's credential reaches it. */
  static ToolRegistry.RegisteredTool find(ToolRegistry registry, Exchange exchange) {
    String name = exchange.parameter("name");
    exchange.caller().requireTool(name);
    return registry.find(name).orElseThrow(() -> unknown(registry, exchange, name));
  }

  private static ChitinException unknown(ToolRegistry registry, Exchange exchange, String name) {
    List<String> known =
        registry.all().stream()
            .map(tool -> tool.definition().name())
            .filter(exchange.caller().permissions()::reaches)
            .toList();
    String nearest =
        NearestName.of(name, known).map(tool -> "; did you mean " + tool + "?").orElse(".");
    return Problem.of(ProblemCode.TOOL_UNKNOWN, "There is no tool of that name" + nearest)
        .withHint("GET /v1/tools lists the tools.")
        .toException();
  }

  private static JsonValue.Obj json(ToolDefinition tool) {
    JsonValue.Builder document =
        JsonValue.object()
            .put("name", tool.name())
            .put("description", tool.description())
            .put("capabilities", capabilities(tool.capabilities()))
            .put("input", tool.input())
            .put("output", tool.output())
            .put("digest", tool.digest().toString());
    if (tool.run() instanceof ToolDefinition.Run.NativeProcess process
        && !process.outputs().isEmpty()) {
      document.put("files", files(process.outputs()));
    }
    return document.build();
  }

  /** What a caller may find under {@code files} in an answer. */
  private static JsonValue.Obj files(List<DeclaredOutput> outputs) {
    JsonValue.Builder files = JsonValue.object();
    for (DeclaredOutput output : outputs) {
      files.put(
          output.name(),
          JsonValue.object()
              .put("maxBytes", output.maxBytes())
              .put("required", output.required())
              .build());
    }
    return files.build();
  }

  private static JsonValue.Obj capabilities(Capabilities capabilities) {
    JsonValue.Builder object = JsonValue.object();
    put(object, "FileRead", "paths", capabilities.fileRead());
    put(object, "FileWrite", "paths", capabilities.fileWrite());
    put(object, "NetworkAccess", "hosts", capabilities.networkAccess());
    put(object, "ProcessExec", "commands", capabilities.processExec());
    return object.build();
  }

  private static void put(
      JsonValue.Builder object, String capability, String member, List<String> patterns) {
    if (!patterns.isEmpty()) {
      object.put(capability, JsonValue.object().put(member, patterns).build());
    }
  }
}
