package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a stream whose end its client does not read. */
class SlowReadersTest {
  /** More than sockets buffer. */
  private static final int LARGE = 24 << 20;

  private static final int PIECE = 1 << 16;

  private final Vertx vertx = Vertx.vertx();
  private final LiveSecrets live = new LiveSecrets();
  private final Promise<Void> gone = Promise.promise();

  @AfterEach
  void close() {
    vertx.close().await();
    live.close();
  }

  /** Asks, and reads nothing; {@code end} is told how the answer ends. */
  private HttpClientResponse asked(HttpVersion version, long millis, Promise<String> end) {
    int port =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> {
                  var exchange = new Exchange(request, "req_1", null, Map.of(), live);
                  exchange.whenGone(gone::tryComplete);
                  exchange.begin(200, "text/event-stream").setChunked(true);
                  for (int sent = 0; sent < LARGE; sent += PIECE) {
                    exchange.write(Buffer.buffer(new byte[PIECE]));
                  }
                  StreamEnd.whenRead(exchange, millis);
                })
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    HttpClientAgent client =
        vertx.createHttpClient(
            new HttpClientOptions().setProtocolVersion(version).setHttp2ClearTextUpgrade(false));
    return client
        .request(HttpMethod.GET, port, "127.0.0.1", "/")
        .compose(
            asking ->
                asking
                    .send()
                    .onSuccess(
                        response ->
                            response
                                .pause()
                                .exceptionHandler(broken -> end.tryComplete("broken off"))
                                .endHandler(whole -> end.tryComplete("whole"))))
        .await();
  }

  @ParameterizedTest
  @EnumSource(
      value = HttpVersion.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void whoDoesNotReadItIsCutOff(HttpVersion version) throws Exception {
    Promise<String> end = Promise.promise();
    HttpClientResponse response = asked(version, 10, end);
    gone.future().await(1, TimeUnit.MINUTES);
    response.resume();
    assertThat(end.future().await(1, TimeUnit.MINUTES)).isEqualTo("broken off");
  }

  @ParameterizedTest
  @EnumSource(
      value = HttpVersion.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void whoReadsItHasAll(HttpVersion version) throws Exception {
    HttpClientResponse response = asked(version, TimeUnit.HOURS.toMillis(1), Promise.promise());
    Future<Buffer> body = response.body();
    response.resume();
    assertThat(body.await(1, TimeUnit.MINUTES).length()).isEqualTo(LARGE);
  }
}
