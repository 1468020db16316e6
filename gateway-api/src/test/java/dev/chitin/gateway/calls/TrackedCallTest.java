package dev.chitin.gateway.calls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TrackedCallTest {
  private static final int ROUNDS = 20_000;

  /** Reads until nothing more will come; the name of the last event. */
  private static String last(TrackedCall call) {
    long next = 0;
    String last = "none";
    while (true) {
      TrackedCall.Page page = call.page(next, 64);
      if (!page.events().isEmpty()) {
        last = page.events().getLast().name();
        next = page.events().getLast().id() + 1;
      }
      if (page.last()) {
        return last;
      }
    }
  }

  private static void endWhileItIsRead(Consumer<TrackedCall> end, String name) throws Exception {
    var together = new CyclicBarrier(2);
    for (int i = 0; i < ROUNDS; i++) {
      var call = new TrackedCall("call_" + i, "tool", "a", 0);
      CompletableFuture<Void> ending =
          CompletableFuture.runAsync(
              () -> {
                meet(together);
                end.accept(call);
              });
      meet(together);
      assertThat(last(call)).isEqualTo(name);
      ending.get();
      assertThat(call.outcome().isComplete()).isTrue();
    }
  }

  private static void meet(CyclicBarrier together) {
    try {
      together.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whoReadsACallToItsEndAlwaysGetsItsResult() throws Exception {
    endWhileItIsRead(call -> call.ended(JsonValue.Obj.EMPTY), "result");
  }

  @Test
  void whoReadsACallToItsEndAlwaysGetsItsFailure() throws Exception {
    ChitinException failed =
        Problem.of(ProblemCode.CALL_CANCELLED, "It was taken back.").toException();
    endWhileItIsRead(call -> call.failed(failed, JsonValue.Obj.EMPTY), "error");
  }
}
