package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BodyRoomTest {
  private static final int ROUNDS = 200_000;

  private final BodyRoom room = new BodyRoom(100);

  @Test
  void whatIsTakenIsGivenBackOnceAndARefusalTakesNothing() {
    BodyRoom.Share first = room.share();
    first.grow(60);
    BodyRoom.Share second = room.share();
    assertThatThrownBy(() -> second.grow(41)).hasMessageContaining("gateway.overloaded");
    second.grow(40);
    first.grow(10);
    assertThat(room.taken()).isEqualTo(50);
    first.close();
    first.close();
    second.close();
    assertThat(room.taken()).isZero();
  }

  @Test
  void whoAsksForWhatIsThereIsNotRefusedWhileAnotherAsksForTooMuch() throws Exception {
    CompletableFuture<Void> asking =
        CompletableFuture.runAsync(
            () -> {
              BodyRoom.Share greedy = room.share();
              for (int i = 0; i < ROUNDS; i++) {
                refused(greedy);
              }
            });
    BodyRoom.Share share = room.share();
    while (!asking.isDone()) {
      share.grow(50);
      share.grow(40);
      share.close();
    }
    asking.get();
    assertThat(room.taken()).isZero();
  }

  private static void refused(BodyRoom.Share greedy) {
    try {
      greedy.grow(1_000);
    } catch (ChitinException full) {
      assertThat(full).hasMessageContaining("gateway.overloaded");
    }
  }
}
