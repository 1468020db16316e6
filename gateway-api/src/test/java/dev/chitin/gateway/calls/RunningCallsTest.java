package dev.chitin.gateway.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.BusCall;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Principal;
import dev.chitin.sandbox.ToolCall;
import dev.chitin.sandbox.ToolExecutor;
import dev.chitin.sandbox.ToolResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class RunningCallsTest {
  private final List<String> told = new ArrayList<>();
  private final RunningCalls calls = new RunningCalls((call, deadline, trace) -> new Endless(call));

  /** A call that ends when it is cancelled. */
  private final class Endless implements BusCall<ToolResult> {
    private final ToolCall call;
    private final Promise<ToolResult> end = Promise.promise();

    Endless(ToolCall call) {
      this.call = call;
    }

    @Override
    public Future<ToolResult> result() {
      return end.future();
    }

    @Override
    public void cancel(String reason) {
      told.add(call.callId() + ": " + reason);
      end.fail("cancelled");
    }
  }

  private static Future<ToolResult> begin(ToolExecutor executor, String id) {
    var principal = new Principal("default", "alice", Set.of());
    return executor
        .execute(
            new ToolCall(id, principal, null, "tool", JsonValue.Obj.EMPTY, null),
            Deadline.after(Duration.ofMinutes(1)))
        .result();
  }

  private RunningCalls.Request enter(String id) {
    return calls.enter(reason -> told.add(id + ": " + reason.code()));
  }

  @Test
  void requestsAreCountedAndToldBeforeTheCallsThatTheyMade() {
    begin(calls, "before");
    RunningCalls.Request request = enter("loop");
    begin(calls.within(), "within");
    assertThat(calls.size()).isEqualTo(3);
    calls.close();
    assertThat(calls.cancelAll("the gateway stops")).isEqualTo(3);
    assertThat(told.getFirst()).isEqualTo("loop: gateway.draining");
    assertThat(told)
        .containsExactlyInAnyOrder(
            "loop: gateway.draining", "before: the gateway stops", "within: the gateway stops");
    assertThat(calls.idle().isComplete()).isFalse();
    request.close();
    assertThat(calls.idle().succeeded()).isTrue();
    assertThat(calls.size()).isZero();
  }

  @Test
  void whenItIsClosedNothingBeginsButCallsOfRequestsThatGoOnAndInTheEndNotThose() {
    RunningCalls.Request request = enter("loop");
    calls.close();
    assertThat(begin(calls, "late").cause()).hasMessageContaining("gateway.draining");
    assertThatThrownBy(() -> enter("late"))
        .isInstanceOf(ChitinException.class)
        .hasMessageContaining("gateway.draining");
    assertThat(calls.size()).isEqualTo(1);
    Future<ToolResult> within = begin(calls.within(), "within");
    assertThat(within.isComplete()).isFalse();
    calls.cancelAll("the gateway stops");
    assertThat(within.failed()).isTrue();
    assertThat(begin(calls.within(), "after").cause()).hasMessageContaining("gateway.draining");
    request.close();
    assertThat(calls.idle().succeeded()).isTrue();
  }

  @Test
  void aCallThatIsBeingHandedOnWhenAllAreCancelledIsCancelledToo() {
    var overtaken = new AtomicReference<RunningCalls>();
    var slow =
        new RunningCalls(
            (call, deadline, trace) -> {
              overtaken.get().close();
              overtaken.get().cancelAll("the gateway stops");
              return new Endless(call);
            });
    overtaken.set(slow);
    begin(slow, "begun");
    assertThat(told).containsExactly("begun: the gateway stops");
    assertThat(slow.idle().succeeded()).isTrue();
  }
}
