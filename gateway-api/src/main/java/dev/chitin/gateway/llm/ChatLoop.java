package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Tools in Chat Completions: {@code tool_calls}, answered by messages of the role {@code tool}. */
final class ChatLoop implements LoopDialect {
  /** Some servers say that it stopped although it asks for tools. */
  private static final Set<String> ASKING = Set.of("tool_calls", "stop");

  @Override
  public void requireFit(JsonValue.Obj request) {
    if (TokenLimit.choices(request) > 1) {
      throw Fault.in("n", "must be 1 with the tool loop");
    }
    if (Members.has(request, "functions")) {
      throw Fault.in("functions", "do not go with the tool loop; name them under tools");
    }
  }

  @Override
  public String nameOf(JsonValue.Obj tool) {
    return Members.text(Members.object(tool, Members.text(tool, "type")), "name");
  }

  @Override
  public JsonValue.Obj listed(String name, ToolDefinition tool) {
    return JsonValue.object()
        .put("type", "function")
        .put(
            "function", LoopDialect.described(JsonValue.object(), name, tool, "parameters").build())
        .build();
  }

  @Override
  public ModelTurn read(JsonValue.Obj answer) {
    List<JsonValue> choices = Members.items(answer.get("choices"));
    if (choices.size() != 1 || !(choices.getFirst() instanceof JsonValue.Obj choice)) {
      throw ModelTurn.broken("it has not one choice");
    }
    JsonValue.Obj message = Members.object(choice, "message");
    List<JsonValue> calls = Members.items(message.get("tool_calls"));
    if (calls.isEmpty() || !ASKING.contains(Members.text(choice, "finish_reason"))) {
      return ModelTurn.last();
    }
    List<ToolAsk> asks = new ArrayList<>();
    for (JsonValue item : calls) {
      if (!(item instanceof JsonValue.Obj call)) {
        throw ModelTurn.broken("a tool call of it is no object");
      }
      asks.add(ask(call));
    }
    return ModelTurn.asking(asks, List.of(message), null);
  }

  private static ToolAsk ask(JsonValue.Obj call) {
    if (Members.text(call, "type").equals("custom")) {
      return ToolAsk.ofCustom(call.get("id"), Members.object(call, "custom").get("name"));
    }
    JsonValue.Obj function = Members.object(call, "function");
    return ToolAsk.ofText(call.get("id"), function.get("name"), function.get("arguments"));
  }

  @Override
  public ModelTurn readEvents(List<JsonValue.Obj> events) {
    var message = new ChatStream();
    events.forEach(message::take);
    return read(message.answer());
  }

  @Override
  public JsonValue.Obj next(JsonValue.Obj request, ModelTurn turn, List<ToolAnswer> answers) {
    List<JsonValue> results =
        turn.answered(
            answers,
            (ask, answer) ->
                JsonValue.object()
                    .put("role", "tool")
                    .put("tool_call_id", ask.id())
                    .put("content", answer.flagged()));
    return OpenAiChoice.unforced(Members.appended(request, "messages", turn.followedBy(results)));
  }
}
