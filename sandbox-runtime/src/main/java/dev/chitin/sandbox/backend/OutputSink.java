package dev.chitin.sandbox.backend;

import dev.chitin.sandbox.OutputChunk;
import io.vertx.core.Future;

/** Takes a tool's output while it runs. */
@FunctionalInterface
public interface OutputSink {
  /** Takes everything at once and shows it to nobody. */
  OutputSink NONE = chunk -> Future.succeededFuture();

  /**
   * Takes one piece.
   *
   * @return completes when the next piece may come; until then the stream is not read on. A failure
   *     means that nobody listens any more
   */
  Future<Void> write(OutputChunk chunk);
}
