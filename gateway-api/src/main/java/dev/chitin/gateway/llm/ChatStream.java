package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Puts the chunks of one completion of Chat Completions together again. */
final class ChatStream {
  /** Members of a delta that grow. */
  private static final List<String> TEXTS =
      List.of("content", "refusal", "reasoning_content", "reasoning");

  private final Map<String, StringBuilder> texts = new TreeMap<>();
  private final Map<Long, Call> calls = new TreeMap<>();
  private String finish = "";

  /** One tool call as far as it came. */
  private static final class Call {
    private String id = "";
    private String type = "";
    private String name = "";
    private final StringBuilder text = new StringBuilder();

    void grow(JsonValue.Obj part) {
      id = later(id, part, "id");
      type = later(type, part, "type");
      JsonValue.Obj inner =
          Members.object(part, Members.has(part, "custom") ? "custom" : "function");
      name = later(name, inner, "name");
      text.append(Members.text(inner, Members.has(part, "custom") ? "input" : "arguments"));
    }

    private static String later(String before, JsonValue.Obj part, String member) {
      String now = Members.text(part, member);
      return now.isEmpty() ? before : now;
    }

    JsonValue.Obj whole() {
      boolean custom = type.equals("custom");
      return JsonValue.object()
          .put("id", id)
          .put("type", custom ? type : "function")
          .put(
              custom ? "custom" : "function",
              JsonValue.object()
                  .put("name", name)
                  .put(custom ? "input" : "arguments", text.toString())
                  .build())
          .build();
    }
  }

  /** Takes the next chunk. */
  void take(JsonValue.Obj chunk) {
    for (JsonValue item : Members.items(chunk.get("choices"))) {
      // One choice is asked for; a chunk without its number is of that one.
      if (item instanceof JsonValue.Obj choice
          && (!(choice.get("index") instanceof JsonValue.Int index) || index.value() == 0)) {
        grow(Members.object(choice, "delta"));
        String reason = Members.text(choice, "finish_reason");
        finish = reason.isEmpty() ? finish : reason;
      }
    }
  }

  private void grow(JsonValue.Obj delta) {
    for (String name : TEXTS) {
      if (Members.has(delta, name)) {
        texts.computeIfAbsent(name, first -> new StringBuilder()).append(Members.text(delta, name));
      }
    }
    for (JsonValue item : Members.items(delta.get("tool_calls"))) {
      if (!(item instanceof JsonValue.Obj part)
          || !(part.get("index") instanceof JsonValue.Int index)) {
        throw ModelTurn.broken("a part of a tool call has no index");
      }
      calls.computeIfAbsent(index.value(), first -> new Call()).grow(part);
    }
  }

  /** The answer, as far as a conversation that goes on needs it. */
  JsonValue.Obj answer() {
    JsonValue.Builder message = JsonValue.object().put("role", "assistant");
    texts.forEach((name, text) -> message.put(name, text.toString()));
    if (!texts.containsKey("content")) {
      message.put("content", JsonValue.Null.VALUE);
    }
    message.put(
        "tool_calls",
        calls.isEmpty()
            ? null
            : new JsonValue.Arr(calls.values().stream().<JsonValue>map(Call::whole).toList()));
    JsonValue choice =
        JsonValue.object().put("message", message.build()).put("finish_reason", finish).build();
    return JsonValue.object().put("choices", new JsonValue.Arr(List.of(choice))).build();
  }
}
