package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolDefinition;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a conversation with tools is worded on one route. Requests are those whose frame was checked;
 * answers are the provider's and a model's, and may be anything.
 */
sealed interface LoopDialect permits AnthropicLoop, ChatLoop, ResponsesLoop {

  /** The wording of a route on which a model writes. */
  static LoopDialect of(LlmRoute route) {
    return switch (route) {
      case MESSAGES -> new AnthropicLoop();
      case CHAT -> new ChatLoop();
      case RESPONSES -> new ResponsesLoop();
      case COUNT_TOKENS, MODELS, MODEL ->
          throw new IllegalArgumentException("no model writes there");
    };
  }

  /**
   * Refuses what cannot go with a loop.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.malformed} with the place
   */
  void requireFit(JsonValue.Obj request);

  /** The names of the client's own tools. */
  default Set<String> ownTools(JsonValue.Obj request) {
    Set<String> names = new HashSet<>();
    for (RequestTools.Named named : RequestTools.of(request)) {
      names.add(nameOf(named.tool()));
    }
    names.remove("");
    return names;
  }

  /** The place of the client's tool of that name. */
  default String placeOf(JsonValue.Obj request, String name) {
    return RequestTools.of(request).stream()
        .filter(named -> nameOf(named.tool()).equals(name))
        .map(named -> named.place() + ".name")
        .findFirst()
        .orElse("tools");
  }

  /** The name of one tool of a request; empty when it has none. */
  String nameOf(JsonValue.Obj tool);

  /** A tool of the gateway as a request lists it. */
  JsonValue.Obj listed(String name, ToolDefinition tool);

  /** What the model said in a whole answer. */
  ModelTurn read(JsonValue.Obj answer);

  /** What the model said in a stream of events. */
  ModelTurn readEvents(List<JsonValue.Obj> events);

  /** The request that goes on from {@code turn}, with one answer for each of its asks. */
  JsonValue.Obj next(JsonValue.Obj request, ModelTurn turn, List<ToolAnswer> answers);

  /**
   * {@code begun} with what every dialect tells of a tool.
   *
   * @param schema the member that holds the schema of its arguments
   */
  static JsonValue.Builder described(
      JsonValue.Builder begun, String name, ToolDefinition tool, String schema) {
    return begun.put("name", name).put("description", tool.description()).put(schema, schema(tool));
  }

  /** The schema of a tool's arguments, which providers want to be an object's by name. */
  private static JsonValue.Obj schema(ToolDefinition tool) {
    if (tool.input().get("type") != null) {
      return tool.input();
    }
    Map<String, JsonValue> members = new LinkedHashMap<>();
    members.put("type", new JsonValue.Str("object"));
    members.putAll(tool.input().members());
    return new JsonValue.Obj(members);
  }
}
