package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The frame of {@code messages} and {@code tools} in the Messages API. */
final class AnthropicMessages {
  private static final List<String> ROLES = List.of("user", "assistant", "system");

  /** What the system says from the beginning stands in a member of its own. */
  private static final List<String> FIRST_ROLES = List.of("user", "assistant");

  private AnthropicMessages() {}

  static void check(JsonValue.Obj request) {
    boolean kept = goesOn(request);
    List<JsonValue> messages =
        kept && JsonValue.Arr.EMPTY.equals(request.get("messages"))
            ? List.of() // The model goes on where it paused.
            : Turns.list(request, "messages");
    var turns = new Turns(kept);
    for (int i = 0; i < messages.size(); i++) {
      String place = "messages." + i;
      JsonValue.Obj message = Turns.object(messages.get(i), place);
      String role = Turns.role(message, place, i == 0 ? FIRST_ROLES : ROLES);
      boolean model = role.equals("assistant");
      turns.turn(model);
      if (!role.equals("system") || !setsOutputAlone(message)) {
        blocks(Turns.content(message, place), place + ".content", model, turns);
      }
    }
    tools(request);
  }

  /** A message of the system may say how to answer from here on, and nothing else. */
  private static boolean setsOutputAlone(JsonValue.Obj message) {
    return !Members.has(message, "content")
        && message.get("output_config") instanceof JsonValue.Obj output
        && !output.members().isEmpty();
  }

  /** Whether it adds to a thread that the provider has kept. */
  private static boolean goesOn(JsonValue.Obj request) {
    return Members.text(Members.object(request, "thread"), "type").equals("continue");
  }

  private static void blocks(List<JsonValue> blocks, String place, boolean model, Turns turns) {
    for (int i = 0; i < blocks.size(); i++) {
      String at = place + "." + i;
      JsonValue.Obj block = Turns.object(blocks.get(i), at);
      switch (Turns.type(block, at)) {
        case "tool_use" -> {
          if (!model) {
            throw Fault.in(at, "a tool_use stands in a message of the assistant only");
          }
          turns.asked(block, "id", at);
        }
        case "tool_result" -> {
          if (model) {
            throw Fault.in(at, "a tool_result stands in a message of the user only");
          }
          turns.answered(block, "tool_use_id", at, "tool_use");
        }
        case "image" -> {
          if (block.get("source") instanceof JsonValue.Obj source) {
            Turns.image(source.get("data"), at + ".source.data");
          }
        }
        default -> {
          // Block types that come later, and those that have no rule here, pass.
        }
      }
    }
  }

  private static void tools(JsonValue.Obj request) {
    List<JsonValue> tools = Turns.tools(request);
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      String place = "tools." + i;
      tool(Turns.object(tools.get(i), place), place, names);
    }
    // A tool that was withdrawn may come back under its name.
    RequestTools.defined(request)
        .forEach(named -> tool(named.tool(), named.place(), new HashSet<>()));
  }

  /** Tools of the provider's own have types of their own, and most have names. */
  private static void tool(JsonValue.Obj tool, String place, Set<String> names) {
    boolean own = !Members.has(tool, "type") || Members.text(tool, "type").equals("custom");
    if (own || Members.has(tool, "name")) {
      Turns.toolName(tool, place, names);
    }
  }
}
