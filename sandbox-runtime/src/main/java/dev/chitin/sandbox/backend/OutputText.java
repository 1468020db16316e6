package dev.chitin.sandbox.backend;

import dev.chitin.bus.json.JsonValue;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Puts bytes into JSON without loss: as text when they are valid UTF-8, else as base64 that says
 * so.
 */
public final class OutputText {
  private OutputText() {}

  /** Puts {@code bytes} under {@code text} or, when they are not text, under {@code base64}. */
  public static void put(JsonValue.Builder object, byte[] bytes) {
    try {
      object.put(
          "text", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      object.put("base64", Base64.getEncoder().encodeToString(bytes));
    }
  }

  /**
   * Puts {@code bytes} under {@code name} and, when not text, {@code base64} under {@code flag}.
   */
  public static void put(JsonValue.Builder object, String name, String flag, byte[] bytes) {
    try {
      object.put(
          name, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      object.put(name, Base64.getEncoder().encodeToString(bytes));
      object.put(flag, "base64");
    }
  }
}
