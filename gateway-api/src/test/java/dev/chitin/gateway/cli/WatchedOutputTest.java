package dev.chitin.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class WatchedOutputTest {
  private static WatchedOutput written(OutputStream to) {
    var watched = new WatchedOutput(to);
    new PrintStream(watched, true, StandardCharsets.UTF_8).println("a key that is shown once");
    return watched;
  }

  @Test
  void whatADeviceDoesNotTakeIsLost() throws IOException {
    try (var full = new FileOutputStream("/dev/full")) {
      assertThat(written(full).lost()).hasValueSatisfying(why -> assertThat(why).contains("space"));
    }
    assertThat(written(OutputStream.nullOutputStream()).lost()).isEmpty();
  }

  @Test
  void aReaderThatWantsNoMoreLosesNothing() {
    OutputStream left =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    assertThat(written(left).lost()).isEmpty();
  }
}
