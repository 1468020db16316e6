package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tools in the Responses API: items {@code function_call}, answered by items {@code
 * function_call_output}.
 */
final class ResponsesLoop implements LoopDialect {
  /**
   * Items that the client has to answer, and not by a name, unless an answer stands beside them.
   */
  private static final Set<String> CLIENTS =
      Set.of(
          "computer_call",
          "local_shell_call",
          "shell_call",
          "apply_patch_call",
          "mcp_approval_request");

  @Override
  public void requireFit(JsonValue.Obj request) {
    if (Members.has(request, "conversation")) {
      throw Fault.in(
          "conversation", "does not go with the tool loop, whose turns would be kept twice");
    }
  }

  @Override
  public String nameOf(JsonValue.Obj tool) {
    return Members.text(tool, "name");
  }

  @Override
  public JsonValue.Obj listed(String name, ToolDefinition tool) {
    return LoopDialect.described(
            JsonValue.object().put("type", "function"), name, tool, "parameters")
        .put("strict", false)
        .build();
  }

  @Override
  public ModelTurn read(JsonValue.Obj answer) {
    if (!Members.text(answer, "status").equals("completed")) {
      return ModelTurn.last();
    }
    List<JsonValue> output = Members.items(answer.get("output"));
    Set<String> answered = answered(output);
    List<ToolAsk> asks = new ArrayList<>();
    String closed = null;
    for (JsonValue value : output) {
      if (!(value instanceof JsonValue.Obj item)) {
        throw ModelTurn.broken("an item of it is no object");
      }
      String type = Members.text(item, "type");
      if (type.equals("function_call")) {
        asks.add(ToolAsk.ofText(item.get("call_id"), item.get("name"), item.get("arguments")));
      } else if (type.equals("custom_tool_call")) {
        asks.add(ToolAsk.ofCustom(item.get("call_id"), item.get("name")));
      } else if ((CLIENTS.contains(type) && !answered.contains(Members.text(item, "call_id")))
          || Members.text(item, "execution").equals("client")) {
        closed =
            "it asks for tools of the gateway along with a " + type + ", which is the client's";
      }
    }
    return asks.isEmpty() ? ModelTurn.last() : ModelTurn.asking(asks, output, closed);
  }

  /** What the provider has answered itself, a shell in a container of its own say. */
  private static Set<String> answered(List<JsonValue> output) {
    Set<String> calls = new HashSet<>();
    for (JsonValue value : output) {
      if (value instanceof JsonValue.Obj item && Members.text(item, "type").endsWith("_output")) {
        calls.add(Members.text(item, "call_id"));
      }
    }
    calls.remove("");
    return calls;
  }

  @Override
  public ModelTurn readEvents(List<JsonValue.Obj> events) {
    for (JsonValue.Obj event : events.reversed()) {
      if (Members.text(event, "type").equals("response.completed")) {
        return read(Members.object(event, "response"));
      }
    }
    return ModelTurn.last();
  }

  @Override
  public JsonValue.Obj next(JsonValue.Obj request, ModelTurn turn, List<ToolAnswer> answers) {
    JsonValue.Obj before = request;
    if (request.get("input") instanceof JsonValue.Str text) {
      JsonValue message = JsonValue.object().put("role", "user").put("content", text).build();
      before = Members.with(request, "input", new JsonValue.Arr(List.of(message)));
    }
    Map<String, JsonValue> callers = callers(turn);
    List<JsonValue> results =
        turn.answered(
            answers,
            (ask, answer) ->
                JsonValue.object()
                    .put("type", ask.custom() ? "custom_tool_call_output" : "function_call_output")
                    .put("call_id", ask.id())
                    .put("caller", callers.get(ask.id()))
                    .put("output", answer.flagged()));
    return OpenAiChoice.unforced(Members.appended(before, "input", turn.followedBy(results)));
  }

  /** Who waits for which call where a model has a program call its tools. */
  private static Map<String, JsonValue> callers(ModelTurn turn) {
    Map<String, JsonValue> callers = new HashMap<>();
    for (JsonValue value : turn.said()) {
      if (value instanceof JsonValue.Obj item && item.get("caller") instanceof JsonValue.Obj by) {
        callers.put(Members.text(item, "call_id"), by);
      }
    }
    return callers;
  }
}
