package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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

  @Test
  void whoComesAtOnceWithOthersIsCountedWithThem() throws Exception {
    int threads = 8;
    int rounds = 2_000;
    var start = new CyclicBarrier(threads);
    var each = new ArrayList<StreamPlaces<Object>>();
    for (int i = 0; i < rounds; i++) {
      each.add(new StreamPlaces<>(MOST));
    }
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(
            pool.submit(
                () -> {
                  start.await();
                  for (StreamPlaces<Object> one : each) {
                    try {
                      one.take(new Object());
                    } catch (ChitinException full) {
                      assertThat(full.code()).isEqualTo(ProblemCode.GATEWAY_OVERLOADED);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(each).allSatisfy(one -> assertThat(one.size()).isEqualTo(MOST));
  }
}
