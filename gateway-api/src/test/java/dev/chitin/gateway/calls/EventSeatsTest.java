package dev.chitin.gateway.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventSeatsTest {
  private final EventSeats seats = new EventSeats(new StreamBounds(6, 4, 3));

  private static TrackedCall call(String owner, int number) {
    return new TrackedCall("call_" + owner + number, "tool", owner, 0);
  }

  private List<EventSeats.Seat> take(TrackedCall call, int count) {
    List<EventSeats.Seat> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      taken.add(seats.take(call));
    }
    return taken;
  }

  @Test
  void aCallHasNoMoreReadersThanItsBound() {
    TrackedCall call = call("a", 1);
    take(call, 3);
    assertThatThrownBy(() -> seats.take(call))
        .hasMessageContaining("call.limit")
        .hasMessageContaining("already listen");
    seats.take(call("a", 2));
  }

  @Test
  void aPrincipalReadsNoMoreThanItsBoundAndNobodyElseIsHeldUp() {
    take(call("a", 1), 3);
    take(call("a", 2), 1);
    assertThatThrownBy(() -> seats.take(call("a", 3)))
        .hasMessageContaining("call.limit")
        .hasMessageContaining("You already read");
    seats.take(call("b", 1));
  }

  @Test
  void theGatewayHasNoMoreThanItsBound() {
    take(call("a", 1), 3);
    take(call("b", 1), 3);
    assertThatThrownBy(() -> seats.take(call("c", 1))).hasMessageContaining("gateway.overloaded");
    assertThat(seats.open()).isEqualTo(6);
  }

  @Test
  void aPlaceIsGivenBackOnce() {
    TrackedCall call = call("a", 1);
    List<EventSeats.Seat> taken = take(call, 3);
    taken.getFirst().close();
    taken.getFirst().close();
    assertThat(seats.open()).isEqualTo(2);
    seats.take(call);
    assertThatThrownBy(() -> seats.take(call)).hasMessageContaining("call.limit");
  }
}
