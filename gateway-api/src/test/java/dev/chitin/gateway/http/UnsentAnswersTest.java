package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UnsentAnswersTest {
  /** More than sockets buffer. */
  private static final int LARGE = 24 << 20;

  private static final int SMALL = 20_000;
  private static final long MOST = 60L << 20;

  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong total = new AtomicLong();
  private final Promise<String> closed = Promise.promise();

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private HttpServer serve() {
    var unsent = new UnsentAnswers(MOST);
    Buffer large = Buffer.buffer(new byte[LARGE]);
    Buffer small = Buffer.buffer(new byte[SMALL]);
    return vertx
        .createHttpServer(new HttpServerOptions())
        .connectionHandler(
            connection ->
                connection.closeHandler(
                    gone -> closed.tryComplete("while " + total.get() + " were unsent")))
        .requestHandler(
            request -> {
              Buffer body = "/large".equals(request.path()) ? large : small;
              unsent.end(request, request.response(), body.slice());
              total.set(unsent.total());
            })
        .listen(0, "127.0.0.1")
        .await();
  }

  private static Socket ask(int port, String path) throws Exception {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    String request = "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  @Test
  void whoHoldsMostIsClosedWhenAllHoldTooMuch() throws Exception {
    int port = serve().actualPort();
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        silent.add(ask(port, "/large"));
      }
      closed.future().await(1, TimeUnit.MINUTES);
      assertThat(total.get()).isBetween(1L, MOST);
      try (Socket reading = ask(port, "/small")) {
        assertThat(reading.getInputStream().readNBytes(SMALL)).hasSize(SMALL);
      }
    } finally {
      for (Socket one : silent) {
        one.close();
      }
    }
  }
}
