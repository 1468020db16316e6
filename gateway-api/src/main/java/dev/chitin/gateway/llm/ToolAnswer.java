package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.json.CanonicalJson;
import java.nio.charset.StandardCharsets;

/**
 * What a model is told of a tool that it asked for.
 *
 * @param text for the model
 * @param error whether the tool did not do what was asked
 */
record ToolAnswer(String text, boolean error) {

  /** What a call came to. */
  static ToolAnswer of(CallerTools.Done done) {
    return new ToolAnswer(CanonicalJson.inOrder(done.document()), !done.succeeded());
  }

  /** A call that was refused: the code, why, and what would help. */
  static ToolAnswer refused(Problem problem) {
    StringBuilder text = new StringBuilder(problem.code().code()).append(": ");
    text.append(problem.detail());
    for (Problem.FieldError error : problem.errors()) {
      text.append(" [").append(error.pointer()).append("] ").append(error.detail()).append('.');
    }
    if (problem.hint() != null) {
      text.append(' ').append(problem.hint());
    }
    return new ToolAnswer(text.toString(), true);
  }

  /** One that was not run. */
  static ToolAnswer notRun(String why) {
    return new ToolAnswer("not run: " + why, true);
  }

  /** The same with at most {@code bytes} of text, cut between two characters. */
  ToolAnswer cut(int bytes) {
    byte[] all = text.getBytes(StandardCharsets.UTF_8);
    if (all.length <= bytes) {
      return this;
    }
    int end = bytes;
    while (end > 0 && (all[end] & 0xC0) == 0x80) {
      end--;
    }
    String begin = new String(all, 0, end, StandardCharsets.UTF_8);
    return new ToolAnswer(
        begin + "\n[cut: the first " + end + " of " + all.length + " bytes]", error);
  }

  /** How a dialect without a flag for errors says it. */
  String flagged() {
    return error ? "error: " + text : text;
  }
}
