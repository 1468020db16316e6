package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.calls.StreamBounds;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdleConnectionsTest {
  private static long idleMillis(long callMillis, long silenceMillis) {
    var bounds = new EdgeBounds(1, 1, 1, 1, 1, 1, 1, 1, callMillis, StreamBounds.DEFAULT);
    return Duration.ofSeconds(HttpVerticle.idleSeconds(bounds, silenceMillis)).toMillis();
  }

  @Test
  void noneIsIdleWhileItsRouteMayStillAnswer() {
    assertThat(idleMillis(1_000, 0)).isGreaterThan(120_000);
    assertThat(idleMillis(300_000, 1_000)).isGreaterThan(300_000);
    assertThat(idleMillis(1_000, 600_000)).isGreaterThan(600_000);
  }
}
