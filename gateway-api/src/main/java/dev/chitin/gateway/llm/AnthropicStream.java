package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts the events of one message of the Messages API together again. */
final class AnthropicStream {
  /** How the parts of a block grow: the delta's type, its member, and the block's. */
  private static final Map<String, List<String>> TEXTS =
      Map.of(
          "text_delta", List.of("text", "text"),
          "thinking_delta", List.of("thinking", "thinking"),
          "signature_delta", List.of("signature", "signature"));

  /** What one delta says for good. */
  private static final List<String> COMPACTION = List.of("content", "encrypted_content");

  private final Map<Long, Block> blocks = new TreeMap<>();
  private String stopReason = "";
  private JsonValue.Obj container = JsonValue.Obj.EMPTY;
  private @Nullable String unknown;

  /** One block as far as it came. */
  private static final class Block {
    private final JsonValue.Obj begun;
    private final Map<String, StringBuilder> texts = new TreeMap<>();
    private final Map<String, JsonValue> members = new TreeMap<>();
    private final List<JsonValue> citations = new ArrayList<>();
    private final StringBuilder input = new StringBuilder();

    Block(JsonValue.Obj begun) {
      this.begun = begun;
    }

    boolean isToolUse() {
      return Members.text(begun, "type").equals("tool_use");
    }

    ToolAsk ask() {
      ToolAsk ask =
          input.isEmpty()
              ? ToolAsk.of(begun.get("id"), begun.get("name"), Members.object(begun, "input"))
              : ToolAsk.ofText(
                  begun.get("id"), begun.get("name"), new JsonValue.Str(input.toString()));
      return ask.within(begun.get("toolset_name"));
    }

    JsonValue.Obj whole() {
      JsonValue.Obj block = begun;
      for (Map.Entry<String, StringBuilder> text : texts.entrySet()) {
        String all = Members.text(begun, text.getKey()) + text.getValue();
        block = Members.with(block, text.getKey(), new JsonValue.Str(all));
      }
      for (Map.Entry<String, JsonValue> member : members.entrySet()) {
        block = Members.with(block, member.getKey(), member.getValue());
      }
      if (!citations.isEmpty()) {
        block = Members.appended(block, "citations", citations);
      }
      return input.isEmpty() ? block : Members.with(block, "input", said());
    }

    /** A model is told what could not be read of it; providers want an object here all the same. */
    private JsonValue said() {
      try {
        JsonValue read =
            StrictJson.parse(input.toString().getBytes(StandardCharsets.UTF_8), TurnAnswer.LIMITS);
        return read instanceof JsonValue.Obj object ? object : JsonValue.Obj.EMPTY;
      } catch (JsonSyntaxException unreadable) {
        return JsonValue.Obj.EMPTY;
      }
    }
  }

  /** Takes the next event. */
  void take(JsonValue.Obj event) {
    switch (Members.text(event, "type")) {
      case "content_block_start" -> {
        if (blocks.put(index(event), new Block(Members.object(event, "content_block"))) != null) {
          throw ModelTurn.broken("two blocks of it have one index");
        }
      }
      case "content_block_delta" -> {
        Block block = blocks.get(index(event));
        if (block == null) {
          throw ModelTurn.broken("a part of it belongs to no block");
        }
        grow(block, Members.object(event, "delta"));
      }
      case "message_start" -> container(Members.object(event, "message"));
      case "message_delta" -> {
        String reason = Members.text(Members.object(event, "delta"), "stop_reason");
        stopReason = reason.isEmpty() ? stopReason : reason;
        container(Members.object(event, "delta"));
      }
      default -> {
        // Pings, ends, and what comes later add nothing to the message.
      }
    }
  }

  private void container(JsonValue.Obj message) {
    container =
        Members.has(message, "container") ? Members.object(message, "container") : container;
  }

  private void grow(Block block, JsonValue.Obj delta) {
    String type = Members.text(delta, "type");
    List<String> text = TEXTS.get(type);
    if (text != null) {
      block
          .texts
          .computeIfAbsent(text.getLast(), first -> new StringBuilder())
          .append(Members.text(delta, text.getFirst()));
    } else if (type.equals("input_json_delta")) {
      block.input.append(Members.text(delta, "partial_json"));
    } else if (type.equals("compaction_delta")) {
      COMPACTION.forEach(
          member -> {
            JsonValue value = delta.get(member);
            if (value != null) {
              block.members.put(member, value);
            }
          });
    } else if (type.equals("citations_delta") && delta.get("citation") != null) {
      block.citations.add(Members.object(delta, "citation"));
    } else {
      unknown = "its stream has parts of a kind that this gateway does not know";
    }
  }

  private static long index(JsonValue.Obj event) {
    if (event.get("index") instanceof JsonValue.Int index) {
      return index.value();
    }
    throw ModelTurn.broken("an event of it has no index");
  }

  /** What the model asks for. */
  List<ToolAsk> asks() {
    return blocks.values().stream().filter(Block::isToolUse).map(Block::ask).toList();
  }

  /** The message, as far as a conversation that goes on needs it. */
  JsonValue.Obj message() {
    return JsonValue.object()
        .put("stop_reason", stopReason)
        .put("container", container)
        .put(
            "content",
            new JsonValue.Arr(blocks.values().stream().<JsonValue>map(Block::whole).toList()))
        .build();
  }

  /** Why the message may not be whole, or null. */
  @Nullable String unknown() {
    return unknown;
  }
}
