package dev.chitin.gateway.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.json.JsonValue;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TrackedCallsTest {
  private final AtomicLong clock = new AtomicLong(System.nanoTime());
  private final TrackedCalls calls = new TrackedCalls(StreamBounds.DEFAULT, clock::get);

  private TrackedCall add(String owner, int number) {
    var call = new TrackedCall("call_" + owner + number, "tool", owner, 0);
    calls.add(call);
    return call;
  }

  @Test
  void oneOwnersOldestThatIsOverGoesFirstAndNeverAnothers() {
    TrackedCall others = add("b", 0);
    others.ended(JsonValue.Obj.EMPTY);
    for (int i = 0; i < TrackedCalls.MOST_OF_ONE; i++) {
      add("a", i);
    }
    assertThatThrownBy(() -> add("a", 1_000)).hasMessageContaining("call.limit");
    calls.find("call_a7", "a").orElseThrow().ended(JsonValue.Obj.EMPTY);
    add("a", 1_000);
    assertThat(calls.find("call_a7", "a")).isEmpty();
    assertThat(calls.find("call_b0", "b")).isPresent();
    assertThat(calls.find("call_b0", "a")).isEmpty();
  }

  @Test
  void whatIsOverIsForgottenAfterItsTimeAndWhatRunsIsNot() {
    add("a", 1).ended(JsonValue.Obj.EMPTY);
    add("a", 2);
    clock.addAndGet(Duration.ofMinutes(TrackedCalls.KEPT_MINUTES + 1).toNanos());
    assertThat(calls.find("call_a1", "a")).isEmpty();
    assertThat(calls.find("call_a2", "a")).isPresent();
  }

  @Test
  void theRingKeepsTheNewestWithinItsBoundsAndTellsTheGap() {
    TrackedCall call = add("a", 1);
    JsonValue.Obj data = JsonValue.object().put("data", "x".repeat(100)).build();
    for (int i = 0; i < 3 * EventRing.MOST_EVENTS; i++) {
      call.event("stdout", data);
    }
    TrackedCall.Page page = call.page(5, 10);
    assertThat(page.hasGap()).isTrue();
    assertThat(page.gapFrom()).isEqualTo(5);
    assertThat(page.gapTo()).isEqualTo(2L * EventRing.MOST_EVENTS - 1);
    assertThat(page.events().getFirst().id()).isEqualTo(2L * EventRing.MOST_EVENTS);
    call.event("stdout", JsonValue.object().put("data", "y".repeat(2 << 20)).build());
    assertThat(call.page(0, 10).events()).as("one that is too large stands alone").hasSize(1);
  }

  @Test
  void anOutcomeDoesNotPushOutWhatLedToIt() {
    TrackedCall call = add("a", 1);
    call.event("stdout", JsonValue.object().put("data", "x").build());
    call.ended(JsonValue.object().put("stdout", "z".repeat(2 << 20)).build());
    TrackedCall.Page page = call.page(0, 10);
    assertThat(page.events()).extracting(CallEvent::name).containsExactly("stdout", "result");
    assertThat(page.last()).isTrue();
  }

  @Test
  void everyListenerHearsOfEachEventUntilItLeaves() {
    TrackedCall call = add("a", 1);
    var heard = new AtomicInteger();
    Runnable leaving = () -> heard.addAndGet(10);
    call.listen(() -> heard.addAndGet(1));
    call.listen(leaving);
    call.event("stdout", JsonValue.Obj.EMPTY);
    call.leave(leaving);
    call.event("stdout", JsonValue.Obj.EMPTY);
    assertThat(heard).hasValue(12);
  }
}
