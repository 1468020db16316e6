package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * Reads what providers report of a request's cost, from whole answers and from events of streams. A
 * later report takes the place of an earlier one. What cannot be read reports nothing.
 */
final class UsageReader {
  private static final JsonLimits LIMITS = new JsonLimits(64, 200_000, 1 << 20, 1_024, 100_000);

  private @Nullable Long input;
  private @Nullable Long output;
  private boolean failed;

  /** What was reported so far. */
  Usage usage() {
    return new Usage(input, output);
  }

  /** Whether an event said that the provider failed. */
  boolean failed() {
    return failed;
  }

  /** Reads one document. */
  void read(byte[] json) {
    if (parsed(json) instanceof JsonValue.Obj document) {
      read(document);
    }
  }

  /** The client gets the bytes as they are, whatever they are. */
  private static JsonValue parsed(byte[] json) {
    try {
      return StrictJson.parse(json, LIMITS);
    } catch (JsonSyntaxException unreadable) {
      return JsonValue.Null.VALUE;
    }
  }

  private void read(JsonValue.Obj document) {
    String type = document.get("type") instanceof JsonValue.Str text ? text.value() : "";
    failed |=
        type.equals("error")
            || type.equals("response.failed")
            || document.get("error") instanceof JsonValue.Obj;
    // The first event of a message knows what was read, and not yet what will be written.
    boolean begins = type.equals("message_start");
    for (String inner : new String[] {"message", "response"}) {
      if (document.get(inner) instanceof JsonValue.Obj object) {
        usage(object.get("usage"), begins);
      }
    }
    usage(document.get("usage"), begins);
  }

  private void usage(@Nullable JsonValue value, boolean begins) {
    if (!(value instanceof JsonValue.Obj usage)) {
      return;
    }
    Long read = sum(usage, "input_tokens", "prompt_tokens");
    if (read != null) {
      Long cached = sum(usage, "cache_creation_input_tokens", "cache_read_input_tokens");
      input = read + (cached == null ? 0 : cached);
    }
    Long written = sum(usage, "output_tokens", "completion_tokens");
    if (written != null && !begins) {
      output = written;
    }
  }

  private static @Nullable Long sum(JsonValue.Obj usage, String... names) {
    Long sum = null;
    for (String name : names) {
      if (usage.get(name) instanceof JsonValue.Int number && number.value() >= 0) {
        sum = (sum == null ? 0 : sum) + number.value();
      }
    }
    return sum;
  }
}
