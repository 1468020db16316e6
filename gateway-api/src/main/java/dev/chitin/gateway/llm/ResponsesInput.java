package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The frame of {@code input} and {@code tools} in the Responses API. */
final class ResponsesInput {
  private static final List<String> ROLES = List.of("developer", "system", "user", "assistant");

  private ResponsesInput() {}

  static void check(JsonValue.Obj request) {
    foreground(request);
    switch (request.get("input")) {
      case JsonValue.Str text when !text.value().isEmpty() -> {
        // A prompt.
      }
      case JsonValue.Str empty -> throw Fault.in("input", "must not be empty");
      case null -> {
        if (!goesOn(request) && request.get("prompt") == null) {
          throw Fault.in("input", "is required");
        }
      }
      default -> items(request);
    }
    tools(request);
  }

  private static void foreground(JsonValue.Obj request) {
    JsonValue background = request.get("background");
    boolean foreground =
        background == null
            || background instanceof JsonValue.Null
            || (background instanceof JsonValue.Bool flag && !flag.value());
    if (!foreground) {
      throw Fault.in("background", "must be false: nothing here would fetch or count the answer");
    }
  }

  /** Whether there was more before that the provider has kept. */
  private static boolean goesOn(JsonValue.Obj request) {
    return request.get("previous_response_id") instanceof JsonValue.Str
        || (request.get("conversation") != null
            && !(request.get("conversation") instanceof JsonValue.Null));
  }

  private static void items(JsonValue.Obj request) {
    List<JsonValue> items = Turns.list(request, "input");
    boolean whole = !goesOn(request);
    Set<String> calls = new HashSet<>();
    for (int i = 0; i < items.size(); i++) {
      String place = "input." + i;
      JsonValue.Obj item = Turns.object(items.get(i), place);
      String type = item.get("type") == null ? "message" : Turns.type(item, place);
      switch (type) {
        case "message" -> {
          Turns.role(item, place, ROLES);
          Turns.content(item, place);
        }
        case "function_call" -> {
          if (item.get("call_id") instanceof JsonValue.Str id) {
            calls.add(id.value());
          }
        }
        case "function_call_output" -> {
          if (whole
              && !(item.get("call_id") instanceof JsonValue.Str id && calls.contains(id.value()))) {
            throw Fault.in(place + ".call_id", "answers no function_call before it");
          }
        }
        default -> {
          // Item types that come later, and those that have no rule here, pass.
        }
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
        Turns.toolName(tool, place, names);
      }
    }
  }
}
