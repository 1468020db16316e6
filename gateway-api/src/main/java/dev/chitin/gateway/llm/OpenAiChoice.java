package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.Set;

/** The member {@code tool_choice} of OpenAI's routes. */
final class OpenAiChoice {
  private static final Set<String> FREE = Set.of("auto", "none");

  private OpenAiChoice() {}

  /** A choice that forces a tool has had its effect; kept, the model could never answer. */
  static JsonValue.Obj unforced(JsonValue.Obj request) {
    return switch (request.get("tool_choice")) {
      case JsonValue.Str choice when !FREE.contains(choice.value()) -> auto(request);
      case JsonValue.Obj choice when !isAllowance(choice) -> auto(request);
      case null, default -> request;
    };
  }

  /** {@code allowed_tools} narrows the choice, and forces one only in the mode {@code required}. */
  private static boolean isAllowance(JsonValue.Obj choice) {
    JsonValue.Obj inner =
        Members.has(choice, "allowed_tools") ? Members.object(choice, "allowed_tools") : choice;
    return Members.text(choice, "type").equals("allowed_tools")
        && Members.text(inner, "mode").equals("auto");
  }

  private static JsonValue.Obj auto(JsonValue.Obj request) {
    return Members.with(request, "tool_choice", new JsonValue.Str("auto"));
  }
}
