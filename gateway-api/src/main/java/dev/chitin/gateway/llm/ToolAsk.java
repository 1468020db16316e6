package dev.chitin.gateway.llm;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A tool that a model asks for. All of it is the model's word and nothing to rely on.
 *
 * @param id by which the model knows the answer
 * @param name of the tool
 * @param arguments null when they cannot be read
 * @param fault why they cannot be read, else null
 * @param custom whether it is one of those tools that take text, which are the client's alone
 * @param toolset the set of the client's that the name belongs to, or null
 */
record ToolAsk(
    String id,
    String name,
    JsonValue.@Nullable Obj arguments,
    @Nullable String fault,
    boolean custom,
    @Nullable String toolset) {
  private static final int MOST_CHARS = 256;

  /** Some providers keep what a model thought in it. */
  private static final int MOST_ID_CHARS = 64 * 1024;

  /** One whose arguments came as an object; read anew, as strictly as those of any call. */
  static ToolAsk of(@Nullable JsonValue id, @Nullable JsonValue name, JsonValue.Obj arguments) {
    return ofText(id, name, new JsonValue.Str(CanonicalJson.inOrder(arguments)));
  }

  /** The same of a set of the client's, where names may be what they are elsewhere. */
  ToolAsk within(@Nullable JsonValue set) {
    return set instanceof JsonValue.Str named && !named.value().isEmpty()
        ? new ToolAsk(id, name, arguments, fault, custom, named.value())
        : this;
  }

  /**
   * One whose arguments came as text that should be a JSON object; none stands for an empty one.
   */
  static ToolAsk ofText(
      @Nullable JsonValue id, @Nullable JsonValue name, @Nullable JsonValue text) {
    String given = text instanceof JsonValue.Str string ? string.value() : "";
    try {
      JsonValue read =
          given.isBlank()
              ? JsonValue.Obj.EMPTY
              : StrictJson.parse(given.getBytes(StandardCharsets.UTF_8), JsonLimits.REQUEST);
      return read instanceof JsonValue.Obj object
          ? new ToolAsk(
              text(id, "id", MOST_ID_CHARS),
              text(name, "name", MOST_CHARS),
              object,
              null,
              false,
              null)
          : unreadable(id, name, "they are no JSON object");
    } catch (JsonSyntaxException e) {
      return unreadable(
          id, name, "%s (line %d, column %d)".formatted(e.reason(), e.line(), e.column()));
    }
  }

  /** One of a client's tools that take text. */
  static ToolAsk ofCustom(@Nullable JsonValue id, @Nullable JsonValue name) {
    return new ToolAsk(
        text(id, "id", MOST_ID_CHARS), text(name, "name", MOST_CHARS), null, null, true, null);
  }

  private static ToolAsk unreadable(
      @Nullable JsonValue id, @Nullable JsonValue name, String fault) {
    return new ToolAsk(
        text(id, "id", MOST_ID_CHARS), text(name, "name", MOST_CHARS), null, fault, false, null);
  }

  private static String text(@Nullable JsonValue value, String what, int most) {
    if (value instanceof JsonValue.Str text
        && !text.value().isEmpty()
        && text.value().length() <= most) {
      return text.value();
    }
    throw ModelTurn.broken("it asks for a tool without a usable " + what);
  }
}
