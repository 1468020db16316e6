package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What was started is stopped in reverse, whatever becomes of a part. */
class OpenPartsTest {
  private final List<String> closed = new ArrayList<>();
  private final OpenParts parts = new OpenParts();

  @Test
  void closesInReverse() {
    parts.add(() -> closed.add("log"));
    parts.add(() -> closed.add("vault"));
    parts.add(() -> closed.add("edge"));

    parts.close();

    assertThat(closed).containsExactly("edge", "vault", "log");
    assertThat(parts.isEmpty()).isTrue();
  }

  @Test
  void closesTheOthersWhenOneFails() {
    parts.add(() -> closed.add("log"));
    parts.add(
        () -> {
          throw new IllegalStateException("it does not close");
        });
    parts.add(() -> closed.add("edge"));

    parts.close();

    assertThat(closed).containsExactly("edge", "log");
  }

  @Test
  void closesEachOnce() {
    parts.add(() -> closed.add("log"));

    parts.close();
    parts.close();

    assertThat(closed).containsExactly("log");
  }
}
