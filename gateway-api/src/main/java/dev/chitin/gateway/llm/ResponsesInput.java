package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The frame of {@code input} and {@code tools} in the Responses API. */
final class ResponsesInput {
  private static final List<String> ROLES = List.of("developer", "system", "user", "assistant");

  private ResponsesInput() {}

  static void check(JsonValue.Obj request) {
    foreground(request);
    if (!isBegun(request) || !isEmpty(request.get("input"))) {
      input(request);
    }
    tools(request);
  }

  private static void input(JsonValue.Obj request) {
    switch (request.get("input")) {
      case JsonValue.Str text when !text.value().isEmpty() -> {
        // A prompt.
      }
      case JsonValue.Str empty -> throw Fault.in("input", "must not be empty");
      case JsonValue.Null none -> throw Fault.in("input", "is required");
      case null -> throw Fault.in("input", "is required");
      default -> items(request);
    }
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

  /** Whether the provider has kept what stands before the input: it need not add anything. */
  private static boolean isBegun(JsonValue.Obj request) {
    return request.get("previous_response_id") instanceof JsonValue.Str
        || Members.has(request, "conversation")
        || Members.has(request, "prompt");
  }

  private static boolean isEmpty(@Nullable JsonValue input) {
    return switch (input) {
      case null -> true;
      case JsonValue.Null none -> true;
      case JsonValue.Str text -> text.value().isEmpty();
      case JsonValue.Arr items -> items.items().isEmpty();
      default -> false;
    };
  }

  private static void items(JsonValue.Obj request) {
    List<JsonValue> items = Turns.list(request, "input");
    boolean whole = !isBegun(request);
    Set<String> calls = new HashSet<>();
    for (int i = 0; i < items.size(); i++) {
      String place = "input." + i;
      JsonValue.Obj item = Turns.object(items.get(i), place);
      switch (type(item, place)) {
        case "message" -> {
          boolean model = Turns.role(item, place, ROLES).equals("assistant");
          JsonValue content = item.get("content");
          if (!model || !(Turns.isSilent(content) || JsonValue.Arr.EMPTY.equals(content))) {
            Turns.content(item, place);
          }
        }
        case "function_call" -> {
          if (item.get("call_id") instanceof JsonValue.Str id) {
            calls.add(id.value());
          }
        }
        case "function_call_output" -> {
          if (whole && !isOfNoCall(item) && !answers(item, calls)) {
            throw Fault.in(place + ".call_id", "answers no function_call before it");
          }
        }
        case "reasoning" -> {
          // It passes.
        }
        default -> {
          // As do types that come later; what one stands for may hold a call, as a reference does.
          whole = false;
        }
      }
    }
  }

  private static boolean answers(JsonValue.Obj item, Set<String> calls) {
    return item.get("call_id") instanceof JsonValue.Str id && calls.contains(id.value());
  }

  /** A tool may tell, under its name, what it was not asked for. */
  private static boolean isOfNoCall(JsonValue.Obj item) {
    return !Members.has(item, "call_id") && !Members.text(item, "name").isEmpty();
  }

  /** The type of an item; messages and references may go without. */
  private static String type(JsonValue.Obj item, String place) {
    if (Members.has(item, "type")) {
      return Turns.type(item, place);
    }
    boolean reference =
        Members.has(item, "id") && !Members.has(item, "role") && !Members.has(item, "content");
    return reference ? "item_reference" : "message";
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
