package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.OutputChunk.Stream;
import java.lang.foreign.MemorySegment;

/** What is read of a tool's two output streams. */
record Captures(OutputCapture stdout, OutputCapture stderr) {

  /**
   * @param overBudget called when either stream is far beyond its limit
   */
  static Captures of(
      Pipes pipes, Limits limits, Delivery delivery, MemorySegment buffer, Runnable overBudget) {
    return new Captures(
        new OutputCapture(
            Stream.STDOUT, pipes.stdout(), limits.stdoutBytes(), delivery, buffer, overBudget),
        new OutputCapture(
            Stream.STDERR, pipes.stderr(), limits.stderrBytes(), delivery, buffer, overBudget));
  }
}
