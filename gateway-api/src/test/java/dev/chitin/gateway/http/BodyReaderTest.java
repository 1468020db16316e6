package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.Timeouts;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A body comes whole, in time and within its size, or is refused on the request's own context. */
class BodyReaderTest {
  private static final int LIMIT = 8;

  private final Vertx vertx = Vertx.vertx();
  private final Promise<Seen> seen = Promise.promise();

  private record Seen(
      @Nullable Bytes body, @Nullable Throwable failure, Context asked, @Nullable Context told) {
    ProblemCode code() {
      return ChitinException.from(failure == null ? new AssertionError("it came") : failure).code();
    }
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private void read(HttpServerRequest request, Duration patience) {
    Context here = vertx.getOrCreateContext();
    var timeouts = new Timeouts(((ContextInternal) here).nettyEventLoop());
    var reader = new BodyReader(timeouts, LIMIT, patience);
    reader
        .read(request, reader.hold())
        .onComplete(
            done ->
                seen.complete(new Seen(done.result(), done.cause(), here, Vertx.currentContext())));
  }

  /** What is made of a request with a body of {@code length} bytes of which {@code sent} come. */
  private Seen asked(int length, String sent, Duration patience) throws Exception {
    int port =
        vertx
            .createHttpServer()
            .requestHandler(request -> read(request, patience))
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n";
      socket.getOutputStream().write((head + sent).getBytes(StandardCharsets.US_ASCII));
      return seen.future().await(1, TimeUnit.MINUTES);
    }
  }

  @Test
  void aWholeOneIsGiven() throws Exception {
    Seen got = asked(LIMIT, "12345678", Duration.ofMinutes(1));
    assertThat(got.body()).isEqualTo(Bytes.adopt("12345678".getBytes(StandardCharsets.US_ASCII)));
    assertThat(got.told()).isEqualTo(got.asked());
  }

  @Test
  void oneThatDoesNotComeIsRefusedInTimeAndOnTheRequestsContext() throws Exception {
    Seen got = asked(LIMIT, "1234", Duration.ofMillis(20));
    assertThat(got.code()).isEqualTo(ProblemCode.REQUEST_TIMEOUT);
    assertThat(got.told()).isEqualTo(got.asked());
  }

  @Test
  void allTogetherHaveABoundUntilTheyAreAnswered() throws Exception {
    Queue<BodyReader.Hold> holds = new ConcurrentLinkedQueue<>();
    Queue<String> came = new ConcurrentLinkedQueue<>();
    Context loop = vertx.getOrCreateContext();
    var timeouts = new Timeouts(((ContextInternal) loop).nettyEventLoop());
    var reader = new BodyReader(timeouts, LIMIT, Duration.ofMinutes(1), 2 * LIMIT);
    Promise<Integer> port = Promise.promise();
    loop.runOnContext(
        here ->
            vertx
                .createHttpServer()
                .requestHandler(
                    request -> {
                      BodyReader.Hold hold = reader.hold();
                      holds.add(hold);
                      reader
                          .read(request, hold)
                          .onComplete(
                              done -> {
                                came.add(
                                    done.succeeded()
                                        ? "whole"
                                        : ChitinException.from(done.cause()).code().code());
                                request.response().end();
                              });
                    })
                .listen(0, "127.0.0.1")
                .onSuccess(server -> port.complete(server.actualPort())));
    int at = port.future().await(1, TimeUnit.MINUTES);
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpRequest eight =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at))
              .POST(HttpRequest.BodyPublishers.ofString("12345678"))
              .build();
      for (int i = 0; i < 3; i++) {
        http.send(eight, HttpResponse.BodyHandlers.discarding());
      }
      assertThat(came).containsExactly("whole", "whole", "gateway.overloaded");
      Promise<Void> answered = Promise.promise();
      loop.runOnContext(
          here -> {
            holds.forEach(BodyReader.Hold::close);
            answered.complete();
          });
      answered.future().await(1, TimeUnit.MINUTES);
      http.send(eight, HttpResponse.BodyHandlers.discarding());
      assertThat(came).last().isEqualTo("whole");
    }
  }

  @Test
  void oneByteTooManyIsRefused() throws Exception {
    assertThat(asked(LIMIT + 1, "123456789", Duration.ofMinutes(1)).code())
        .isEqualTo(ProblemCode.REQUEST_TOO_LARGE);
  }
}
