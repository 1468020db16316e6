package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The frame of {@code messages} and {@code tools} in Chat Completions. */
final class ChatMessages {
  private static final List<String> ROLES =
      List.of("developer", "system", "user", "assistant", "tool", "function");

  private ChatMessages() {}

  static void check(JsonValue.Obj request) {
    List<JsonValue> messages = Turns.list(request, "messages");
    var turns = new Turns(false);
    for (int i = 0; i < messages.size(); i++) {
      String place = "messages." + i;
      JsonValue.Obj message = Turns.object(messages.get(i), place);
      String role = Turns.role(message, place, ROLES);
      turns.turn(role.equals("assistant"));
      switch (role) {
        case "assistant" -> assistant(message, place, turns);
        case "tool" -> {
          turns.answered(message, "tool_call_id", place, "tool call");
          // A tool may have had nothing to say.
          mayBeEmpty(message, place);
        }
        case "function" -> mayBeEmpty(message, place);
        default -> images(Turns.content(message, place), place + ".content");
      }
    }
    tools(request);
  }

  /** Calls, a refusal or speech may stand in the place of content; a model may say nothing. */
  private static void assistant(JsonValue.Obj message, String place, Turns turns) {
    List<JsonValue> calls = calls(message, place);
    boolean other = !calls.isEmpty() || Turns.isSilent(message.get("content"));
    other |= has(message, "function_call", JsonValue.Obj.class, place, "must be an object");
    other |= has(message, "refusal", JsonValue.Str.class, place, "must be a string");
    other |= has(message, "audio", JsonValue.Obj.class, place, "must be an object");
    if (other) {
      mayBeEmpty(message, place);
    } else {
      Turns.content(message, place);
    }
    for (int i = 0; i < calls.size(); i++) {
      String at = place + ".tool_calls." + i;
      turns.asked(Turns.object(calls.get(i), at), "id", at);
    }
  }

  private static List<JsonValue> calls(JsonValue.Obj message, String place) {
    return has(message, "tool_calls", JsonValue.Arr.class, place, "must be an array")
            && message.get("tool_calls") instanceof JsonValue.Arr calls
        ? calls.items()
        : List.of();
  }

  /** Whether there is such a member, which then is of that type. */
  private static boolean has(
      JsonValue.Obj message, String name, Class<?> type, String place, String otherwise) {
    JsonValue value = message.get(name);
    if (value == null || value instanceof JsonValue.Null) {
      return false;
    }
    if (!type.isInstance(value)) {
      throw Fault.in(place + "." + name, otherwise);
    }
    return true;
  }

  private static void mayBeEmpty(JsonValue.Obj message, String place) {
    JsonValue content = message.get("content");
    boolean empty =
        content == null
            || content instanceof JsonValue.Null
            || (content instanceof JsonValue.Str text && text.value().isEmpty());
    if (!empty) {
      Turns.content(message, place);
    }
  }

  private static void images(List<JsonValue> parts, String place) {
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i) instanceof JsonValue.Obj part
          && part.get("image_url") instanceof JsonValue.Obj image) {
        Turns.image(image.get("url"), place + "." + i + ".image_url.url");
      }
    }
  }

  private static void tools(JsonValue.Obj request) {
    List<JsonValue> tools = Turns.tools(request);
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      String place = "tools." + i;
      JsonValue.Obj tool = Turns.object(tools.get(i), place);
      String type = Turns.type(tool, place);
      if (type.equals("function") || type.equals("custom")) {
        String at = place + "." + type;
        JsonValue inner = tool.get(type);
        Turns.toolName(Turns.object(inner == null ? JsonValue.Null.VALUE : inner, at), at, names);
      }
    }
  }
}
