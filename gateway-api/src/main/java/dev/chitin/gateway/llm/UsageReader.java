package dev.chitin.gateway.llm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what the documents of one answer report: a request's cost, and how it ended. A later
 * report takes the place of an earlier one.
 */
final class UsageReader {
  /** Types of the events that are the last of a stream. */
  private static final List<String> LAST =
      List.of(
          "message_stop", "response.completed", "response.incomplete", "response.failed", "error");

  private @Nullable Long input;
  private @Nullable Long output;
  private boolean failed;
  private boolean ended;

  /** What was reported so far. */
  Usage usage() {
    return new Usage(input, output);
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
    Long read = document.sum("input_tokens", "prompt_tokens");
    if (read != null) {
      Long cached = document.sum("cache_creation_input_tokens", "cache_read_input_tokens");
      input = read + (cached == null ? 0 : cached);
    }
    Long written = document.sum("output_tokens", "completion_tokens");
    // The first event of a message knows what was read, and not yet what will be written.
    if (written != null && !type.equals("message_start")) {
      output = written;
    }
  }
}
