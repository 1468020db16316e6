package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A provider's answer to one turn, whole.
 *
 * @param failed whether it is an error, or has one among its events
 */
record TurnAnswer(AnswerHead head, Bytes bytes, boolean failed) {
  /** What a model said goes back to it as it said it, its numbers too. */
  static final JsonLimits LIMITS =
      new JsonLimits(64, 500_000, 64 << 20, 1_024, 100_000).withNumbersAsWritten();

  /**
   * What the model said; strictly read, since it decides what is run.
   *
   * @throws dev.chitin.bus.ChitinException {@code llm.provider_failed} when it cannot be read
   */
  ModelTurn read(LoopDialect dialect) {
    return head.events() ? dialect.readEvents(events()) : dialect.read(parsed(bytes.borrow()));
  }

  /** The data of all events (WHATWG HTML, section 9.2.6) but for the mark of the end. */
  private List<JsonValue.Obj> events() {
    List<JsonValue.Obj> events = new ArrayList<>();
    StringBuilder data = new StringBuilder();
    for (String line : new String(bytes.borrow(), StandardCharsets.UTF_8).split("\r\n|\n|\r", -1)) {
      if (line.isEmpty()) {
        String text = data.toString();
        data.setLength(0);
        if (!text.isBlank() && !text.strip().equals("[DONE]")) {
          events.add(parsed(text.getBytes(StandardCharsets.UTF_8)));
        }
      } else if (line.startsWith("data:")) {
        data.append(data.isEmpty() ? "" : "\n").append(line.substring("data:".length()).strip());
      }
    }
    return events;
  }

  private static JsonValue.Obj parsed(byte[] json) {
    try {
      if (StrictJson.parse(json, LIMITS) instanceof JsonValue.Obj object) {
        return object;
      }
      throw ModelTurn.broken("it is no JSON object");
    } catch (JsonSyntaxException e) {
      throw ModelTurn.broken("%s (line %d, column %d)".formatted(e.reason(), e.line(), e.column()));
    }
  }
}
