package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which providers there are, and what requests to them may hold of the memory.
 *
 * @param providers at most one of each dialect
 * @param bodyBytes size of one body
 * @param bodiesBytes of all bodies that are held at once
 */
public record LlmSettings(List<ProviderSettings> providers, int bodyBytes, long bodiesBytes) {
  /** The providers' own limit. */
  public static final int BODY_BYTES = 32 << 20;

  public static final long BODIES_BYTES = 256L << 20;

  public LlmSettings {
    providers = List.copyOf(providers);
  }

  /**
   * The destinations that each provider's requests alone may reach although they are private: those
   * that the operator names by address and port.
   */
  public Map<String, List<String>> namedAddresses() {
    Map<String, List<String>> named = new HashMap<>();
    providers.forEach(
        provider ->
            provider
                .namedAddress()
                .ifPresent(address -> named.put(provider.dialect().tool(), List.of(address))));
    return named;
  }

  /** Longest that a client of one of them may wait while nothing comes; 0 without any. */
  long longestSilenceMillis() {
    return providers.stream().mapToLong(ProviderSettings::longestSilenceMillis).max().orElse(0);
  }

  /**
   * Refuses a loop with a tool that is not there.
   *
   * @param tools names of all tools
   * @throws dev.chitin.bus.ChitinException {@code config.invalid}
   */
  public void requireTools(Collection<String> tools) {
    for (ProviderSettings provider : providers) {
      for (String tool :
          provider.toolLoop() == null ? List.<String>of() : provider.toolLoop().tools()) {
        if (!tools.contains(tool)) {
          String key = "providers." + provider.dialect().provider() + ".tool_loop.tools";
          throw Problem.of(
                  ProblemCode.CONFIG_INVALID, key + " names '" + tool + "', which is no tool.")
              .withRule(key)
              .withHint("chitin tool list shows them.")
              .toException();
        }
      }
    }
  }

  /**
   * Refuses a tool that would stand under a provider's name in grants, plans and records.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid}
   */
  public static void refuseName(String tool) {
    if (Arrays.stream(Dialect.values()).anyMatch(dialect -> dialect.tool().equals(tool))) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "The tool name " + tool + " is taken by the requests to a model provider.")
          .withRule("tools." + tool)
          .withHint("Give the tool another name.")
          .toException();
    }
  }
}
