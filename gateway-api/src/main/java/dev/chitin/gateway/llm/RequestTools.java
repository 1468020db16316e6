package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.List;

/**
 * The tools that a request names, wherever its dialect has a place for them: {@code tools}, the
 * namespaces there, items of {@code input} that bring some, and blocks of {@code messages} that
 * define one in the middle of a conversation or report that it was.
 */
final class RequestTools {
  private final List<Named> found = new ArrayList<>();

  private RequestTools() {}

  /**
   * One of them.
   *
   * @param place where it stands, {@code tools.3} say
   */
  record Named(String place, JsonValue.Obj tool) {}

  /** All of them, in the order of the places. */
  static List<Named> of(JsonValue.Obj request) {
    var tools = new RequestTools();
    tools.listed(request, "");
    List<JsonValue> input = Members.items(request.get("input"));
    for (int i = 0; i < input.size(); i++) {
      if (input.get(i) instanceof JsonValue.Obj item) {
        tools.listed(item, "input." + i + ".");
      }
    }
    defined(request).forEach(tools::take);
    return tools.found;
  }

  /** Those that blocks of {@code messages} define. */
  static List<Named> defined(JsonValue.Obj request) {
    var tools = new RequestTools();
    List<JsonValue> messages = Members.items(request.get("messages"));
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i) instanceof JsonValue.Obj message) {
        tools.blocks(Members.items(message.get("content")), "messages." + i + ".content.");
      }
    }
    return tools.found;
  }

  private void listed(JsonValue.Obj holder, String place) {
    List<JsonValue> tools = Members.items(holder.get("tools"));
    for (int i = 0; i < tools.size(); i++) {
      if (tools.get(i) instanceof JsonValue.Obj tool) {
        take(new Named(place + "tools." + i, tool));
      }
    }
  }

  private void take(Named named) {
    found.add(named);
    listed(named.tool(), named.place() + ".");
  }

  private void blocks(List<JsonValue> blocks, String place) {
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i) instanceof JsonValue.Obj block) {
        String at = place + i;
        if (Members.object(block, "tool").get("definition") instanceof JsonValue.Obj tool) {
          found.add(new Named(at + ".tool.definition", tool));
        }
        blocks(Members.items(block.get("tool_changes")), at + ".tool_changes.");
      }
    }
  }
}
