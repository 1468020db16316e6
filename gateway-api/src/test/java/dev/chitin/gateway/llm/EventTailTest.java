package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTailTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void onlyWholeEventsPassWhereverTheStreamIsCut(String end) {
    String event = "event: a" + end + "data: b" + end + end;
    byte[] stream = bytes(event + event + ": comment" + end + end + "data: half");
    for (int first = 0; first <= stream.length; first++) {
      for (int second = first; second <= stream.length; second++) {
        var tail = new EventTail();
        String passed =
            text(tail.take(Arrays.copyOfRange(stream, 0, first)))
                + text(tail.take(Arrays.copyOfRange(stream, first, second)))
                + text(tail.take(Arrays.copyOfRange(stream, second, stream.length)));
        assertThat(passed + text(tail.rest())).isEqualTo(text(stream));
        // A line end of two bytes may be parted: its second half then begins what is held.
        assertThat(text(tail.rest()).strip()).isEqualTo("data: half");
        assertThat(tail.isCut()).isFalse();
      }
    }
  }

  @Test
  void anEventThatIsTooLongPassesInPieces() {
    var tail = new EventTail();
    assertThat(tail.take(bytes("data: " + "x".repeat(60_000)))).isEmpty();
    assertThat(tail.take(bytes("x".repeat(10_000)))).hasSize(70_006);
    assertThat(tail.isCut()).isTrue();
    assertThat(tail.take(bytes("more"))).hasSize(4);
    assertThat(text(tail.take(bytes("\n\ndata: y")))).isEqualTo("\n\n");
    assertThat(tail.isCut()).isFalse();
    assertThat(text(tail.take(bytes("\n\n")))).isEqualTo("data: y\n\n");
    assertThat(tail.rest()).isEmpty();
  }

  @Test
  void nothingIsLostOrHeldBeyondItsBound() {
    var random = new Random(6455);
    for (int round = 0; round < 300; round++) {
      var tail = new EventTail();
      var sent = new ByteArrayOutputStream();
      var passed = new ByteArrayOutputStream();
      for (int i = 0; i < 40; i++) {
        byte[] piece = new byte[random.nextInt(9_000)];
        for (int j = 0; j < piece.length; j++) {
          piece[j] = (byte) (random.nextInt(400) == 0 ? "\n\r".charAt(j % 2) : 'a');
        }
        sent.writeBytes(piece);
        passed.writeBytes(tail.take(piece));
        assertThat(tail.rest().length).isLessThanOrEqualTo(64 * 1024);
      }
      passed.writeBytes(tail.rest());
      assertThat(passed.toByteArray()).isEqualTo(sent.toByteArray());
    }
  }
}
