package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Puts the chunks of one completion of Chat Completions together again. */
final class ChatStream {
  /** Members of a delta that grow. */
  private static final List<String> TEXTS =
      List.of("content", "refusal", "reasoning_content", "reasoning");

  private static final Set<String> DELTA =
      Set.of("role", "content", "refusal", "reasoning_content", "reasoning", "tool_calls");
  private static final Set<String> CALL = Set.of("index", "id", "type", "function", "custom");

  private final Map<String, StringBuilder> texts = new TreeMap<>();
  private final Map<Long, Call> calls = new TreeMap<>();
  private JsonValue.Obj others = JsonValue.Obj.EMPTY;
  private String finish = "";

  /** One tool call as far as it came. */
  private static final class Call {
    private String id = "";
    private String type = "";
    private String name = "";
    private final StringBuilder text = new StringBuilder();
    private JsonValue.Obj others = JsonValue.Obj.EMPTY;

    void grow(JsonValue.Obj part) {
      others = grown(others, part, CALL);
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
      JsonValue.Builder call = JsonValue.object();
      others.members().forEach(call::put);
      return call.put("id", id)
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

  /**
   * {@code before} with the members of {@code part} but for {@code known} ones: some providers want
   * back what no other has, a signature of a thought say. Arrays grow, all else is said anew.
   */
  private static JsonValue.Obj grown(JsonValue.Obj before, JsonValue.Obj part, Set<String> known) {
    JsonValue.Obj after = before;
    for (String name : part.members().keySet()) {
      if (!known.contains(name) && Members.has(part, name)) {
        after =
            part.get(name) instanceof JsonValue.Arr items
                ? Members.appended(after, name, items.items())
                : Members.with(after, name, part.members().get(name));
      }
    }
    return after;
  }

  private void grow(JsonValue.Obj delta) {
    others = grown(others, delta, DELTA);
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
    others.members().forEach(message::put);
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
