package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tools that one request offers its model: those of the loop that its client may see and call,
 * beside the client's own.
 */
final class OfferedTools {
  private final Map<String, ToolDefinition> tools;
  private final Set<String> own;

  private OfferedTools(Map<String, ToolDefinition> tools, Set<String> own) {
    this.tools = tools;
    this.own = own;
  }

  /**
   * Those for {@code request}.
   *
   * @throws dev.chitin.bus.ChitinException {@code auth.scope_insufficient} when the client may use
   *     none of them, {@code request.malformed} when one has the name of a tool of the client
   */
  static OfferedTools of(
      ProviderSettings provider,
      ToolLoopSettings loop,
      CallerTools caller,
      LoopDialect dialect,
      JsonValue.Obj request) {
    caller.require();
    Map<String, ToolDefinition> tools = new LinkedHashMap<>();
    for (String name : loop.tools()) {
      caller.find(name).ifPresent(tool -> tools.put(ToolLoopSettings.modelName(name), tool));
    }
    if (tools.isEmpty()) {
      throw Problem.of(
              ProblemCode.AUTH_SCOPE_INSUFFICIENT,
              "The credential reaches none of the tools of the loop.")
          .withRule("providers." + provider.dialect().provider() + ".tool_loop.tools")
          .withHint("Use a key that names one of them: tools:call:<name>.")
          .toException();
    }
    dialect.requireFit(request);
    Set<String> own = dialect.ownTools(request);
    for (String name : tools.keySet()) {
      if (own.contains(name)) {
        String place = dialect.placeOf(request, name);
        throw Fault.in(
            place,
            "'" + name + "' is a tool of the gateway in the tool loop; give yours another name");
      }
    }
    return new OfferedTools(tools, own);
  }

  /** {@code request} with these tools after its own. */
  JsonValue.Obj added(LoopDialect dialect, JsonValue.Obj request) {
    List<JsonValue> listed = new ArrayList<>();
    tools.forEach((name, tool) -> listed.add(dialect.listed(name, tool)));
    return Members.appended(request, "tools", listed);
  }

  /** The gateway's tool that a model asks for; nothing else is ever run. */
  Optional<ToolDefinition> find(ToolAsk ask) {
    return isOwn(ask) ? Optional.empty() : Optional.ofNullable(tools.get(ask.name()));
  }

  /** Whether it asks for a tool of the client's own. */
  boolean isOwn(ToolAsk ask) {
    return ask.toolset() != null || own.contains(ask.name());
  }

  /** Whether the gateway has an answer to these: one of them at least is not the client's own. */
  boolean answers(List<ToolAsk> asks) {
    return asks.stream().anyMatch(ask -> !isOwn(ask));
  }

  /** The names by which models know them. */
  Set<String> names() {
    return tools.keySet();
  }
}
