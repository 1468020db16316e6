package dev.chitin.sandbox.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bus;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.SandboxAddresses;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the reader holds is touched on the test's one event loop alone. */
class WindowedSinkTest {
  private static final String READER = "chitin.test.reader";

  private final Vertx vertx = Vertx.vertx();
  private final Bus bus = Bus.of(vertx);
  private final Context context = vertx.getOrCreateContext();
  private final Deque<Promise<OutputChunk.Ack>> unanswered = new ArrayDeque<>();
  private final List<Integer> seen = new ArrayList<>();
  private int most;

  @AfterEach
  void close() throws Exception {
    get(vertx.close());
  }

  @Test
  void aFastWriterIsHeldToTheWindowAndLosesNothing() throws Exception {
    int pieces = 50;
    serve(
        () -> {
          if (seen.size() == pieces) {
            unanswered.forEach(ack -> ack.complete(OutputChunk.Ack.VALUE));
          } else if (unanswered.size() >= OutputChunk.WINDOW - 1) {
            unanswered.remove().complete(OutputChunk.Ack.VALUE);
          }
        });
    WindowedSink sink = sink();

    get(
        on(
            () -> {
              Future<Void> last = Future.succeededFuture();
              for (int i = 0; i < pieces; i++) {
                byte piece = (byte) i;
                last = last.compose(room -> sink.write(piece(piece)));
              }
              return last;
            }));

    assertThat(seen).hasSizeGreaterThanOrEqualTo(pieces - 1).isSorted().doesNotHaveDuplicates();
    assertThat(most).isLessThanOrEqualTo(OutputChunk.WINDOW);
  }

  @Test
  void aReaderThatAnswersNothingStopsTheWriterWithinTheWindow() throws Exception {
    serve(() -> {});
    WindowedSink sink = sink();

    int taken =
        get(
            on(
                () -> {
                  int writes = 1;
                  while (sink.write(piece((byte) writes)).succeeded()) {
                    writes++;
                  }
                  return Future.succeededFuture(writes);
                }));

    assertThat(taken).isLessThanOrEqualTo(OutputChunk.WINDOW);
  }

  @Test
  void aReaderThatIsGoneFailsWhoeverWaitsAndWhoeverComesAfter() throws Exception {
    serve(
        () -> {
          if (seen.size() == OutputChunk.WINDOW - 1) {
            unanswered.remove().fail("the client is gone");
          }
        });
    WindowedSink sink = sink();

    Throwable waiting =
        get(
            on(
                () -> {
                  Future<Void> write = sink.write(piece((byte) 0));
                  for (int i = 1; i < OutputChunk.WINDOW - 1; i++) {
                    write = sink.write(piece((byte) i));
                  }
                  return write.map(new Throwable("went on")).recover(Future::succeededFuture);
                }));
    Throwable after =
        get(
            on(
                () ->
                    sink.write(piece((byte) 9))
                        .map(new Throwable("went on"))
                        .recover(Future::succeededFuture)));

    assertThat(waiting).hasMessageContaining("reader is gone");
    assertThat(after).hasMessageContaining("reader is gone");
    assertThat(seen).hasSize(OutputChunk.WINDOW - 1);
  }

  private WindowedSink sink() {
    return new WindowedSink(
        bus.endpoint(SandboxAddresses.output(READER), OutputChunk.WINDOW),
        Deadline.after(Duration.ofSeconds(30)));
  }

  private void serve(Runnable onArrival) throws Exception {
    get(
        on(
            () ->
                bus.serve(
                    SandboxAddresses.output(READER),
                    1_000,
                    (chunk, call) -> {
                      Promise<OutputChunk.Ack> ack = Promise.promise();
                      unanswered.add(ack);
                      seen.add((int) chunk.bytes().borrow()[0]);
                      most = Math.max(most, unanswered.size());
                      onArrival.run();
                      return ack.future();
                    })));
  }

  private static OutputChunk piece(byte content) {
    return new OutputChunk(OutputChunk.Stream.STDOUT, Bytes.adopt(new byte[] {content}));
  }

  private <T> Future<T> on(Callable<Future<T>> action) {
    Promise<T> done = Promise.promise();
    context.runOnContext(
        now -> {
          try {
            action.call().onComplete(done);
          } catch (Exception e) {
            done.fail(e);
          }
        });
    return done.future();
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
