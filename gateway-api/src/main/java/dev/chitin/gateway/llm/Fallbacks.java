package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import java.util.List;

/**
 * The models that answer in the Messages API where the one that was asked for does not: {@code
 * fallbacks}. They may be no others, and cost no more, than those that may be asked for.
 */
final class Fallbacks {
  private Fallbacks() {}

  /**
   * Checks them.
   *
   * @return the most tokens that one of them may write; 0 when none says it
   */
  static long check(JsonValue.Obj request, ProviderSettings provider) {
    if (request.get("fallbacks") instanceof JsonValue.Str && !provider.allowsEveryModel()) {
      throw Fault.in(
          "fallbacks",
          "must name its models: " + provider.key("models") + " does not allow all that there are");
    }
    List<JsonValue> fallbacks = Members.items(request.get("fallbacks"));
    long most = 0;
    for (int i = 0; i < fallbacks.size(); i++) {
      String place = "fallbacks." + i;
      JsonValue.Obj fallback = Turns.object(fallbacks.get(i), place);
      MessageRequest.model(fallback.get("model"), place + ".model", provider);
      if (Members.has(fallback, "max_tokens")) {
        most = Math.max(most, TokenLimit.of(fallback, "max_tokens", provider, true));
      }
    }
    return most;
  }
}
