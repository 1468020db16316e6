package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the lists of messages of all dialects have in common. */
final class Turns {
  /** Most messages of one request. */
  static final int MOST = 10_000;

  /** Longest base64 text of one image: 10 MiB of bytes. */
  static final int IMAGE_CHARS = 14 << 20;

  private static final Pattern TOOL_NAME = Pattern.compile("[A-Za-z0-9_-]{1,128}");

  private final Set<String> answerable = new HashSet<>();
  private boolean kept;
  private boolean modelSpoke;

  /**
   * @param kept whether the provider has kept what came before, whose tools may be answered first
   */
  Turns(boolean kept) {
    this.kept = kept;
  }

  /** The list of that name, not empty and not too long. */
  static List<JsonValue> list(JsonValue.Obj request, String name) {
    if (!(request.get(name) instanceof JsonValue.Arr list)) {
      throw Fault.in(name, "must be an array of messages");
    }
    if (list.items().isEmpty()) {
      throw Fault.in(name, "at least one message is required");
    }
    if (list.items().size() > MOST) {
      throw Fault.in(name, "more than " + MOST + " messages");
    }
    return list.items();
  }

  /** Whose turn it is now; what the model asked for may be answered until it speaks again. */
  void turn(boolean model) {
    if (model && !modelSpoke) {
      answerable.clear();
      kept = false;
    }
    modelSpoke = model;
  }

  /** The model asked for a tool. */
  void asked(JsonValue.Obj block, String name, String place) {
    answerable.add(id(block, name, place));
  }

  /** A tool answered; somebody has to have asked for it in the model's last turn. */
  void answered(JsonValue.Obj block, String name, String place, String question) {
    String id = id(block, name, place);
    if (!kept && !answerable.contains(id)) {
      throw Fault.in(
          place + "." + name, "answers no " + question + " of the previous turn of the assistant");
    }
  }

  private static String id(JsonValue.Obj block, String name, String place) {
    if (block.get(name) instanceof JsonValue.Str id && !id.value().isEmpty()) {
      return id.value();
    }
    throw Fault.in(place + "." + name, "must be a string that is not empty");
  }

  /** An object at that place. */
  static JsonValue.Obj object(JsonValue value, String place) {
    if (value instanceof JsonValue.Obj object) {
      return object;
    }
    throw Fault.in(place, "must be an object");
  }

  /** The role of a message, one of {@code roles}. */
  static String role(JsonValue.Obj message, String place, List<String> roles) {
    if (message.get("role") instanceof JsonValue.Str role && roles.contains(role.value())) {
      return role.value();
    }
    throw Fault.in(place + ".role", "must be one of " + String.join(", ", roles));
  }

  /** Content that is a string or an array of typed objects, neither of them empty. */
  static List<JsonValue> content(JsonValue.Obj message, String place) {
    return switch (message.get("content")) {
      case JsonValue.Str text when !text.value().isEmpty() -> List.of();
      case JsonValue.Arr blocks when !blocks.items().isEmpty() -> {
        for (int i = 0; i < blocks.items().size(); i++) {
          type(object(blocks.items().get(i), place + ".content." + i), place + ".content." + i);
        }
        yield blocks.items();
      }
      case null, default ->
          throw Fault.in(
              place + ".content", "must be a string or an array of objects, and not be empty");
    };
  }

  /** Whether a model said nothing there, which goes back to it as it came. */
  static boolean isSilent(@Nullable JsonValue content) {
    return content instanceof JsonValue.Str text && text.value().isEmpty();
  }

  /** The type that every block has; which types there are is the provider's. */
  static String type(JsonValue.Obj block, String place) {
    if (block.get("type") instanceof JsonValue.Str type && !type.value().isEmpty()) {
      return type.value();
    }
    throw Fault.in(place + ".type", "must be a string that is not empty");
  }

  /** Holds the data of an image to its size. */
  static void image(@Nullable JsonValue data, String place) {
    if (data instanceof JsonValue.Str text && text.value().length() > IMAGE_CHARS) {
      throw Fault.in(place, "is larger than " + IMAGE_CHARS + " characters of base64");
    }
  }

  /** Takes note of a tool's name, which must be one and be the only one. */
  static void toolName(JsonValue.Obj tool, String place, Set<String> names) {
    if (!(tool.get("name") instanceof JsonValue.Str name)
        || !TOOL_NAME.matcher(name.value()).matches()) {
      throw Fault.in(place + ".name", "must be 1 to 128 letters, digits, underscores, hyphens");
    }
    if (!names.add(name.value())) {
      throw Fault.in(place + ".name", "is the name of another tool already");
    }
  }

  /** The tools of a request; none when it names none. */
  static List<JsonValue> tools(JsonValue.Obj request) {
    return switch (request.get("tools")) {
      case null -> List.of();
      case JsonValue.Null none -> List.of();
      case JsonValue.Arr list -> list.items();
      default -> throw Fault.in("tools", "must be an array");
    };
  }
}
