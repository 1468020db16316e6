package dev.chitin.gateway.llm;

import org.jspecify.annotations.Nullable;

/**
 * What a provider says that a request cost.
 *
 * @param inputTokens read, from caches or not; null when it did not say
 * @param outputTokens written; null when it did not say how many in the end
 */
record Usage(@Nullable Long inputTokens, @Nullable Long outputTokens) {
  static final Usage UNKNOWN = new Usage(null, null);

  /** All of it, or null when a part is not known. */
  @Nullable Long total() {
    return inputTokens == null || outputTokens == null ? null : inputTokens + outputTokens;
  }
}
