package dev.chitin.gateway.llm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what the documents of one answer report: a request's cost, and how it ended. A later
 * report of a number takes the place of an earlier one. Where a provider made several requests to
 * models of the one, and says what each cost, all of them count: what it sums up leaves some out.
 */
final class UsageReader {
  /** Types of the events that are the last of a stream. */
  private static final List<String> LAST =
      List.of(
          "message_stop", "response.completed", "response.incomplete", "response.failed", "error");

  private static final List<String> READ = List.of("input_tokens", "prompt_tokens");
  private static final List<String> CACHED =
      List.of("cache_creation_input_tokens", "cache_read_input_tokens");
  private static final List<String> WRITTEN = List.of("output_tokens", "completion_tokens");

  private final Map<String, Long> sums = new HashMap<>();
  private final Map<String, Long> iterations = new HashMap<>();
  private boolean failed;
  private boolean ended;

  /** What was reported so far. */
  Usage usage() {
    return new Usage(more(input(sums), input(iterations)), more(output(sums), output(iterations)));
  }

  private static @Nullable Long input(Map<String, Long> numbers) {
    Long read = more(numbers.get(READ.getFirst()), numbers.get(READ.getLast()));
    return read == null
        ? null
        : Long.valueOf(
            read + CACHED.stream().mapToLong(name -> numbers.getOrDefault(name, 0L)).sum());
  }

  private static @Nullable Long output(Map<String, Long> numbers) {
    return more(numbers.get(WRITTEN.getFirst()), numbers.get(WRITTEN.getLast()));
  }

  private static @Nullable Long more(@Nullable Long one, @Nullable Long other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return Math.max(one, other);
  }

  /** Whether an event said that the provider failed. */
  boolean failed() {
    return failed;
  }

  /** Whether an event came that is the last of its stream. */
  boolean ended() {
    return ended;
  }

  /** Takes in a document that is whole. */
  void read(UsageDocument document) {
    String type = document.type();
    failed |= type.equals("error") || type.equals("response.failed") || document.hasError();
    ended |= failed || LAST.contains(type);
    READ.forEach(name -> take(name, document));
    CACHED.forEach(name -> take(name, document));
    // The first event of a message knows what was read, and not yet what will be written.
    if (!type.equals("message_start")) {
      WRITTEN.forEach(name -> take(name, document));
    }
  }

  private void take(String name, UsageDocument document) {
    Long sum = document.sum(name);
    if (sum != null) {
      sums.put(name, sum);
    }
    Long iterated = document.iterated(name);
    if (iterated != null) {
      iterations.put(name, iterated);
    }
  }
}
