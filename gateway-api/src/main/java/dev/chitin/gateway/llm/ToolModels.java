package dev.chitin.gateway.llm;

import dev.chitin.bus.json.JsonValue;

/**
 * The models that tools of a provider's own ask, an advisor or a painter of images say: the {@code
 * model} of a tool. They may be no others, and write no more at once, than those that may be asked
 * for.
 */
final class ToolModels {
  private ToolModels() {}

  /**
   * Checks them.
   *
   * @return how many tokens they may write in all when each is asked once; what names no number is
   *     left out
   */
  static long check(JsonValue.Obj request, ProviderSettings provider) {
    long tokens = 0;
    for (RequestTools.Named named : RequestTools.of(request)) {
      JsonValue.Obj tool = named.tool();
      if (Members.has(tool, "model")) {
        MessageRequest.model(tool.get("model"), named.place() + ".model", provider);
        tokens +=
            Members.has(tool, "max_tokens") ? TokenLimit.of(tool, "max_tokens", provider, true) : 0;
      }
    }
    return tokens;
  }
}
