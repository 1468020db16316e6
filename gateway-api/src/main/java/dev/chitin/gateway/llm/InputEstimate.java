package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.List;

/**
 * About how many tokens a model reads in a request of which its provider does not say it: one for
 * each {@value #TEXT} bytes of the body, which is what English prose comes to, and one for each
 * {@value #MEDIA} characters of images, sound and files, which are many characters of base64 for
 * few tokens.
 */
final class InputEstimate {
  private static final int TEXT = 4;
  private static final int MEDIA = 64;

  /** Members that hold media, as a text of base64 or as a URL that does. */
  private static final List<String> PLACES = List.of("data", "url", "image_url", "file_data");

  private long media;

  private InputEstimate() {}

  /**
   * The estimate for a request.
   *
   * @param bytes of its body
   */
  static long of(JsonValue.Obj request, long bytes) {
    var estimate = new InputEstimate();
    estimate.look(request);
    long text = Math.max(0, bytes - estimate.media);
    return Math.ceilDiv(text, TEXT) + Math.ceilDiv(estimate.media, MEDIA);
  }

  private void look(JsonValue value) {
    switch (value) {
      case JsonValue.Obj object -> {
        object.members().values().forEach(this::look);
        PLACES.forEach(name -> place(object, name));
      }
      case JsonValue.Arr array -> array.items().forEach(this::look);
      default -> {
        // Numbers and texts elsewhere are what they are.
      }
    }
  }

  private void place(JsonValue.Obj object, String name) {
    if (object.get(name) instanceof JsonValue.Str text
        && (text.value().startsWith("data:") || isEncoded(object, name))) {
      media += text.value().length();
    }
  }

  /** A source of the Messages API says so; sound of Chat Completions names its format. */
  private static boolean isEncoded(JsonValue.Obj object, String name) {
    return name.equals("data")
        && ((object.get("type") instanceof JsonValue.Str type && type.value().equals("base64"))
            || object.get("format") instanceof JsonValue.Str);
  }
}
