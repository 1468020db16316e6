package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;

/** How many tokens a request asks for, held against {@code providers.<name>.max_tokens}. */
final class TokenLimit {
  private static final long MOST_CHOICES = 128;

  private TokenLimit() {}

  /**
   * The limit in {@code name}; where a request need not name one, the provider's.
   *
   * @param required whether it has to name one
   */
  static long of(JsonValue.Obj request, String name, ProviderSettings provider, boolean required) {
    JsonValue given = request.get(name);
    if (given == null || given instanceof JsonValue.Null) {
      if (required) {
        throw Fault.at("max_tokens", name, name + " is required");
      }
      return provider.maxTokens();
    }
    Long number = Members.whole(given);
    if (number == null || number < 1) {
      throw Fault.at(
          "max_tokens",
          name,
          name + " must be a whole number between 1 and " + provider.maxTokens());
    }
    if (number > provider.maxTokens()) {
      throw Fault.at(
          "max_tokens",
          name,
          name
              + " is "
              + number
              + ", and this gateway asks for "
              + provider.maxTokens()
              + " at most (providers."
              + provider.dialect().provider()
              + ".max_tokens)");
    }
    return number;
  }

  /** The new name and the old one; both may be there, and the larger one counts. */
  static long ofChat(JsonValue.Obj request, ProviderSettings provider) {
    long now = of(request, "max_completion_tokens", provider, false);
    long old = of(request, "max_tokens", provider, false);
    boolean named = isNamed(request, "max_completion_tokens");
    boolean namedOld = isNamed(request, "max_tokens");
    if (named && namedOld) {
      return Math.max(now, old);
    }
    return named ? now : old;
  }

  private static boolean isNamed(JsonValue.Obj request, String name) {
    return Members.whole(request.get(name)) != null;
  }

  /** How many answers are asked for at once. */
  static long choices(JsonValue.Obj request) {
    JsonValue given = request.get("n");
    if (given == null || given instanceof JsonValue.Null) {
      return 1;
    }
    Long number = Members.whole(given);
    if (number == null || number < 1 || number > MOST_CHOICES) {
      throw Fault.in("n", "must be a whole number between 1 and " + MOST_CHOICES);
    }
    return number;
  }
}
