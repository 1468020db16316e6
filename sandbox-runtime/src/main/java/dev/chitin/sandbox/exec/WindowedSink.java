package dev.chitin.sandbox.exec;

import dev.chitin.bus.Deadline;
import dev.chitin.bus.Endpoint;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.backend.OutputSink;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Sends pieces to a reader on the bus and lets the writer go on while fewer than {@link
 * OutputChunk#WINDOW} of them are unanswered. Used on one event loop.
 */
final class WindowedSink implements OutputSink {
  private final Endpoint<OutputChunk, OutputChunk.Ack> reader;
  private final Deadline deadline;
  private final Deque<Promise<Void>> waiting = new ArrayDeque<>();
  private int unanswered;
  private boolean gone;

  WindowedSink(Endpoint<OutputChunk, OutputChunk.Ack> reader, Deadline deadline) {
    this.reader = reader;
    this.deadline = deadline;
  }

  @Override
  public Future<Void> write(OutputChunk chunk) {
    if (gone) {
      return Future.failedFuture("the reader is gone");
    }
    unanswered++;
    reader
        .call(chunk, deadline)
        .onComplete(
            answer -> {
              unanswered--;
              gone |= answer.failed();
              release();
            });
    if (unanswered < OutputChunk.WINDOW - 1) {
      return Future.succeededFuture();
    }
    Promise<Void> room = Promise.promise();
    waiting.add(room);
    return room.future();
  }

  private void release() {
    Promise<Void> next = waiting.poll();
    while (next != null) {
      if (gone) {
        next.fail("the reader is gone");
      } else {
        next.complete();
        return;
      }
      next = waiting.poll();
    }
  }
}
