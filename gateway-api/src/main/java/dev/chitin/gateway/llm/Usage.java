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
  static final Usage NONE = new Usage(0L, 0L);

  /** All of it; a part that is not known counts as what was expected of {@code request}. */
  long cost(MessageRequest request) {
    return (inputTokens == null ? request.input() : inputTokens)
        + (outputTokens == null ? request.tokens() : outputTokens);
  }
}
