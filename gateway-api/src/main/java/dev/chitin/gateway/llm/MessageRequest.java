package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway needs to know of a request's body, which is passed on as it came.
 *
 * @param model as asked for; null where a prompt that the provider has kept names it
 * @param input about how many tokens the model reads
 * @param tokens most tokens that the answer may cost; 0 when no model writes one
 * @param choices how many answers in one are asked for
 * @param streamed whether the answer is asked for as a stream of events
 */
record MessageRequest(
    @Nullable String model, long input, long tokens, int choices, boolean streamed) {

  /**
   * Checks the frame of {@code body}: what no provider could do with, or the operator does not
   * allow, is refused; block types and members that are not known pass.
   *
   * @param bytes of the body
   * @throws dev.chitin.bus.ChitinException {@code request.malformed} with the place
   */
  static MessageRequest check(
      LlmRoute route, ProviderSettings provider, JsonValue body, long bytes) {
    if (!(body instanceof JsonValue.Obj request)) {
      throw Fault.in("body", "must be a JSON object");
    }
    String model =
        route == LlmRoute.RESPONSES && isNamedByPrompt(request, provider)
            ? null
            : model(request.get("model"), "model", provider);
    long input = InputEstimate.of(request, bytes);
    long more = ToolModels.check(request, provider);
    return switch (route) {
      case MESSAGES, COUNT_TOKENS -> {
        long tokens = TokenLimit.of(request, "max_tokens", provider, route == LlmRoute.MESSAGES);
        tokens = Math.max(tokens, Fallbacks.check(request, provider));
        AnthropicMessages.check(request);
        yield new MessageRequest(
            model, input, route == LlmRoute.MESSAGES ? tokens + more : 0, 1, streamed(request));
      }
      case CHAT -> {
        long one = TokenLimit.ofChat(request, provider);
        long choices = TokenLimit.choices(request);
        ChatMessages.check(request);
        yield new MessageRequest(
            model, input, one * choices, Math.toIntExact(choices), streamed(request));
      }
      case RESPONSES -> {
        long tokens = TokenLimit.of(request, "max_output_tokens", provider, false);
        ResponsesInput.check(request);
        yield new MessageRequest(model, input, tokens + more, 1, streamed(request));
      }
      case MODELS, MODEL -> throw new IllegalArgumentException("it has no body");
    };
  }

  /** A prompt may name the model; which one, only its provider knows. */
  private static boolean isNamedByPrompt(JsonValue.Obj request, ProviderSettings provider) {
    if (Members.has(request, "model") || !Members.has(request, "prompt")) {
      return false;
    }
    if (!provider.allowsEveryModel()) {
      throw Fault.in(
          "model", "is required beside a prompt: " + provider.key("models") + " allows some alone");
    }
    return true;
  }

  /** The name of a model that may be asked for. */
  static String model(@Nullable JsonValue given, String place, ProviderSettings provider) {
    if (!(given instanceof JsonValue.Str name) || name.value().isEmpty()) {
      throw Fault.in(place, "must be the name of a model");
    }
    if (name.value().length() > 256 || !provider.allowsModel(name.value())) {
      throw Fault.in(
          place,
          "is not one that this gateway may ask for; " + provider.key("models") + " lists them");
    }
    return name.value();
  }

  private static boolean streamed(JsonValue.Obj request) {
    return switch (request.get("stream")) {
      case null -> false;
      case JsonValue.Null none -> false;
      case JsonValue.Bool given -> given.value();
      default -> throw Fault.in("stream", "must be true or false");
    };
  }
}
