package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The live streams of the log are bounded, whoever comes, and however many come together. */
class StreamPlacesTest {
  private static final int MOST = 3;

  private final StreamPlaces<Object> places = new StreamPlaces<>(MOST);

  private boolean takes() {
    try {
      places.take(new Object());
      return true;
    } catch (ChitinException refused) {
      assertThat(refused.code()).isEqualTo(ProblemCode.GATEWAY_OVERLOADED);
      return false;
    }
  }

  @Test
  void oneMoreThanThereArePlacesIsRefusedAndAPlaceThatIsLeftIsTakenAgain() {
    Object leaving = new Object();
    places.take(leaving);
    assertThat(takes()).isTrue();
    assertThat(takes()).isTrue();
    assertThatThrownBy(() -> places.take(new Object()))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(ProblemCode.GATEWAY_OVERLOADED);
              assertThat(refused.problem().rule()).isEqualTo("audit.subscribers");
              assertThat(Objects.requireNonNull(refused.problem().hint())).contains("stream");
            });
    assertThat(places.size()).isEqualTo(MOST);
    places.leave(leaving);
    assertThat(takes()).isTrue();
    assertThat(takes()).isFalse();
  }

  /** While it takes its place, another one comes for the same. */
  private static final class Overtaken {
    private final StreamPlaces<Object> places;
    private final Thread other;
    private boolean asked;

    Overtaken(StreamPlaces<Object> places, Thread other) {
      this.places = places;
      this.other = other;
    }

    /** Asked for by the set between the look at its size and the change of it. */
    @Override
    public int hashCode() {
      if (!asked) {
        asked = true;
        other.start();
        while (other.isAlive() && other.getState() != Thread.State.BLOCKED) {
          Thread.onSpinWait();
        }
      }
      return System.identityHashCode(places);
    }

    @Override
    public boolean equals(Object another) {
      return this == another;
    }
  }

  @Test
  void twoThatComeTogetherForTheLastPlaceDoNotBothGetIt() throws Exception {
    var last = new StreamPlaces<Object>(1);
    var refused = new AtomicReference<ChitinException>();
    Thread other =
        new Thread(
            () -> {
              try {
                last.take("another");
              } catch (ChitinException full) {
                refused.set(full);
              }
            });
    last.take(new Overtaken(last, other));
    other.join();
    assertThat(last.size()).isEqualTo(1);
    assertThat(refused.get()).isNotNull();
  }
}
