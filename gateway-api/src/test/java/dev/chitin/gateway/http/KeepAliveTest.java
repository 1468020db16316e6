package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeepAliveTest {
  private static final Duration INTERVAL = Duration.ofMillis(10);

  @Test
  void commentsComeUntilItIsClosedAndNoneAfter() {
    Vertx vertx = Vertx.vertx();
    try {
      Promise<List<String>> seen = Promise.promise();
      vertx.runOnContext(
          begin -> {
            var written = new ArrayList<String>();
            var keepAlive = new KeepAlive[1];
            keepAlive[0] =
                new KeepAlive(
                    vertx,
                    INTERVAL,
                    text -> {
                      written.add(text);
                      if (written.size() == 3) {
                        keepAlive[0].close();
                        // On the same loop, after several intervals in which more could come.
                        vertx.setTimer(10 * INTERVAL.toMillis(), later -> seen.complete(written));
                      }
                    });
          });
      assertThat(seen.future().await()).containsExactly(": ka\n\n", ": ka\n\n", ": ka\n\n");
    } finally {
      vertx.close().await();
    }
  }
}
