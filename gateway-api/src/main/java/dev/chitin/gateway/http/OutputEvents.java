package dev.chitin.gateway.http;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.backend.OutputText;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Turns pieces of a tool's output into the events {@code stdout} and {@code stderr}, cut where no
 * character is split. Used by one thread.
 */
final class OutputEvents {
  private final Map<OutputChunk.Stream, Utf8Border> borders =
      new EnumMap<>(OutputChunk.Stream.class);
  private final BiConsumer<String, JsonValue.Obj> events;

  /**
   * @param events takes each event's name and data
   */
  OutputEvents(BiConsumer<String, JsonValue.Obj> events) {
    this.events = events;
  }

  void take(OutputChunk chunk) {
    byte[] bytes =
        borders
            .computeIfAbsent(chunk.stream(), stream -> new Utf8Border())
            .take(chunk.bytes().borrow());
    if (bytes.length > 0) {
      event(chunk.stream(), bytes);
    }
  }

  /** What was held back, at the end. */
  void end() {
    borders.forEach(
        (stream, border) -> {
          byte[] rest = border.rest();
          if (rest.length > 0) {
            event(stream, rest);
          }
        });
  }

  private void event(OutputChunk.Stream stream, byte[] bytes) {
    JsonValue.Builder data = JsonValue.object();
    OutputText.put(data, "data", "encoding", bytes);
    events.accept(stream == OutputChunk.Stream.STDOUT ? "stdout" : "stderr", data.build());
  }
}
