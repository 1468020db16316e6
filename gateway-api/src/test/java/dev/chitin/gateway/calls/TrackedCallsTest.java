package dev.chitin.gateway.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.json.JsonValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
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

  private void fill(String owner, int count, boolean over) {
    for (int i = 0; i < count; i++) {
      TrackedCall call = add(owner, i);
      if (over) {
        call.ended(JsonValue.Obj.EMPTY);
      }
    }
  }

  private long held(String owner) {
    return IntStream.range(0, TrackedCalls.MOST)
        .filter(i -> calls.find("call_" + owner + i, owner).isPresent())
        .count();
  }

  @Test
  void theOldestThatIsOverOfWhoHoldsMostGivesWayToANewcomer() {
    fill("a", 60, true);
    fill("b", 64, true);
    fill("c", 62, true);
    fill("d", 64, false);
    fill("e", 6, true);
    add("newcomer", 0);
    assertThat(calls.find("call_b0", "b")).isEmpty();
    assertThat(calls.find("call_b1", "b")).isPresent();
    assertThat(calls.size()).isEqualTo(TrackedCalls.MOST);
  }

  @Test
  void aPlaceIsLostOnlyToWhoHoldsLess() {
    for (String owner : List.of("a", "b", "c", "d")) {
      fill(owner, TrackedCalls.MOST_OF_ONE, true);
    }
    int share = TrackedCalls.MOST / 5;
    fill("greedy", share + 1, false);
    assertThatThrownBy(() -> add("greedy", share + 1))
        .hasMessageContaining("gateway.overloaded")
        .hasMessageContaining("All " + TrackedCalls.MOST + " places")
        .hasMessageNotContaining("You");
    for (String owner : List.of("a", "b", "c", "d")) {
      assertThat(held(owner)).isEqualTo(share);
    }
    calls.find("call_greedy7", "greedy").orElseThrow().ended(JsonValue.Obj.EMPTY);
    add("greedy", share + 1);
    assertThat(calls.find("call_greedy7", "greedy")).as("its own goes").isEmpty();
  }

  @Test
  void whatRunsNeverGivesWayAndTheRefusalNamesTheBoundThatIsMet() {
    List<String> owners = List.of("a", "b", "c", "d");
    owners.forEach(owner -> fill(owner, TrackedCalls.MOST_OF_ONE, false));
    assertThatThrownBy(() -> add("newcomer", 0))
        .hasMessageContaining("gateway.overloaded")
        .hasMessageContaining("All " + TrackedCalls.MOST + " places")
        .hasMessageNotContaining("You");
    assertThatThrownBy(() -> add("a", 1_000))
        .hasMessageContaining("call.limit")
        .hasMessageContaining("You already have " + TrackedCalls.MOST_OF_ONE);
    calls.find("call_c9", "c").orElseThrow().ended(JsonValue.Obj.EMPTY);
    add("newcomer", 0);
    assertThat(calls.find("call_c9", "c")).isEmpty();
    assertThat(owners.stream().mapToLong(this::held).sum()).isEqualTo(TrackedCalls.MOST - 1);
  }

  @Test
  void whoNeverLetsMoreRunThanThereArePlacesAlwaysFindsOne() throws Exception {
    try (var threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        String owner = "owner" + thread;
        done.add(threads.submit(() -> fill(owner, 2_000, true)));
      }
      for (Future<?> one : done) {
        one.get();
      }
    }
    assertThat(calls.size()).isEqualTo(TrackedCalls.MOST);
    clock.addAndGet(Duration.ofMinutes(TrackedCalls.KEPT_MINUTES + 1).toNanos());
    add("a", 1);
    assertThat(calls.size()).isEqualTo(1);
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
  void aCallIsOverForAllThoughAListenerFails() {
    TrackedCall ran = add("a", 1);
    TrackedCall refused = add("a", 2);
    for (TrackedCall call : List.of(ran, refused)) {
      call.listen(
          () -> {
            throw new IllegalStateException("the listener");
          });
    }
    assertThatThrownBy(() -> ran.ended(JsonValue.Obj.EMPTY)).hasMessage("the listener");
    assertThatThrownBy(() -> refused.failed(new IllegalStateException(), JsonValue.Obj.EMPTY))
        .hasMessage("the listener");
    assertThat(ran.outcome().succeeded()).isTrue();
    assertThat(refused.outcome().failed()).isTrue();
    clock.addAndGet(Duration.ofMinutes(TrackedCalls.KEPT_MINUTES + 1).toNanos());
    assertThat(calls.find("call_a1", "a")).isEmpty();
    assertThat(calls.size()).isZero();
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

  private static final int LARGE = 4 << 20;

  private void end(String owner, int number) {
    add(owner, number).ended(JsonValue.object().put("stdout", "x".repeat(LARGE)).build());
  }

  @Test
  void theOutputThatIsKeptIsBoundedAndWhoHasMostOfItGivesWay() {
    end("small", 0);
    for (int i = 0; i < TrackedCalls.MOST_OF_ONE; i++) {
      end("large", i);
      assertThat(calls.characters()).isBetween(1L, TrackedCalls.MOST_CHARACTERS);
      assertThat(calls.find("call_large" + i, "large")).isPresent();
    }
    assertThat(calls.find("call_large0", "large")).isEmpty();
    assertThat(calls.find("call_small0", "small")).isPresent();
    clock.addAndGet(Duration.ofMinutes(TrackedCalls.KEPT_MINUTES + 1).toNanos());
    assertThat(calls.find("call_small0", "small")).isEmpty();
    assertThat(calls.characters()).isZero();
    assertThat(calls.size()).isZero();
  }

  @Test
  void aCallThatIsLargerThanAllMayBeIsKeptUntilTheNextEnds() {
    add("a", 0)
        .ended(
            JsonValue.object()
                .put("stdout", "x".repeat((int) TrackedCalls.MOST_CHARACTERS))
                .build());
    assertThat(calls.find("call_a0", "a")).isPresent();
    end("b", 0);
    assertThat(calls.find("call_a0", "a")).isEmpty();
    assertThat(calls.find("call_b0", "b")).isPresent();
  }
}
