package dev.chitin.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.gateway.cli.AdminClient.ServerEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallDisplayTest {
  private static final ServerEvent RESULT =
      new ServerEvent("result", "{\"status\":\"exit 0\",\"durationMs\":7,\"audit\":{\"index\":3}}");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private CallDisplay display(boolean terminal) {
    return new CallDisplay(stream(out), stream(err), terminal, TimeUnit.HOURS.toMillis(1));
  }

  private static PrintStream stream(ByteArrayOutputStream to) {
    return new PrintStream(to, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream of) {
    return of.toString(StandardCharsets.UTF_8);
  }

  @Test
  void outputIsShownAsItComesAndTheEndAfterIt() {
    try (CallDisplay display = display(false)) {
      display.take(new ServerEvent("started", "{\"callId\":\"c\"}"));
      display.take(new ServerEvent("stdout", "{\"data\":\"one\\n\"}"));
      assertThat(text(out)).isEqualTo("one\n");
      display.take(new ServerEvent("stderr", "{\"data\":\"hm\\n\"}"));
      assertThat(text(err)).isEqualTo("hm\n");
      display.take(RESULT);
      display.end();
      assertThat(text(err)).isEqualTo("hm\nexit 0, 7 ms, audit {\"index\":3}\n");
    }
  }

  @Test
  void escapesDoNotReachTheTerminalAndOctetsPassOnlyElsewhere() {
    var octets = new ServerEvent("stdout", "{\"data\":\"/wAb\",\"encoding\":\"base64\"}");
    try (CallDisplay display = display(true)) {
      display.take(new ServerEvent("stdout", "{\"data\":\"\\u001b[2Jx\"}"));
      display.take(octets);
      assertThat(text(out)).isEqualTo("\\u001b[2Jx[3 bytes that are not text]\n");
    }
    out.reset();
    try (CallDisplay display = display(false)) {
      display.take(octets);
      assertThat(out.toByteArray()).containsExactly(0xff, 0x00, 0x1b);
    }
  }

  @Test
  void secondsAreCountedOnATerminalAndGoWhenSomethingComes() throws InterruptedException {
    var counted = new CountDownLatch(1);
    var watched =
        new PrintStream(err, true, StandardCharsets.UTF_8) {
          @Override
          public void flush() {
            super.flush();
            if (text(err).contains("running, 0 s")) {
              counted.countDown();
            }
          }
        };
    try (var display = new CallDisplay(stream(out), watched, true, 1)) {
      assertThat(counted.await(20, TimeUnit.SECONDS)).isTrue();
      display.take(RESULT);
      display.end();
    }
    assertThat(text(err)).contains("Ctrl-C cancels)\r\u001b[K").endsWith("{\"index\":3}\n");
  }

  @Test
  void anErrorAfterTheBeginningIsAProblemAndSoIsAStreamThatBreaksOff() {
    try (CallDisplay display = display(false)) {
      assertThatThrownBy(display::end)
          .isInstanceOf(ChitinException.class)
          .hasMessageContaining("broke off");
      display.take(
          new ServerEvent("error", "{\"code\":\"auth.invalid\",\"detail\":\"The key ended.\"}"));
      assertThatThrownBy(display::end)
          .isInstanceOf(ChitinException.class)
          .hasMessageContaining("The key ended.");
    }
  }

  @Test
  void whatWasNotStreamedIsShownAtTheEndAndWhatWasIsNotShownAgain() {
    try (CallDisplay display = display(false)) {
      assertThat(display.take(new ServerEvent("stdout", "{\"data\":\"one\\n\"}"))).isTrue();
      boolean more =
          display.take(
              new ServerEvent(
                  "result",
                  "{\"status\":\"exit 1\",\"durationMs\":4,\"audit\":{\"index\":3},"
                      + "\"stdout\":\"one\\n\",\"stderr\":\"There is no such file.\\n\"}"));
      assertThat(more).isFalse();
      display.end();
      assertThat(text(out)).isEqualTo("one\n");
      assertThat(text(err))
          .isEqualTo("There is no such file.\nexit 1, 4 ms, audit {\"index\":3}\n");
    }
  }
}
