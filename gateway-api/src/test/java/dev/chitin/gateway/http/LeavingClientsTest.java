package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.telemetry.Telemetry;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a request holds is given back when its client leaves, whatever its route has begun. */
class LeavingClientsTest {
  private final Vertx vertx = Vertx.vertx();
  private final LiveSecrets live = new LiveSecrets();

  @AfterEach
  void close() {
    vertx.close().await();
    live.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = HttpVersion.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void theEndOfARequestIsToldThoughNobodyAnswersIt(HttpVersion version) throws Exception {
    Promise<Context> arrived = Promise.promise();
    Promise<Void> ended = Promise.promise();
    Promise<Void> cancelled = Promise.promise();
    var telemetry = Telemetry.of(null, "test");
    var observer = new RequestObserver(telemetry, new AccessLog(false));
    int port =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> {
                  Arrival arrival = observer.begin(request, ended::tryComplete);
                  new Exchange(request, arrival, null, Map.of(), live, new UnsentAnswers())
                      .whenGone(cancelled::tryComplete);
                  arrived.complete(Vertx.currentContext());
                })
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    HttpClientAgent client =
        vertx.createHttpClient(
            new HttpClientOptions().setProtocolVersion(version).setHttp2ClearTextUpgrade(false));
    HttpClientRequest asking = client.request(HttpMethod.GET, port, "127.0.0.1", "/").await();
    asking.exceptionHandler(left -> {});
    asking.end().await();
    Context loop = arrived.future().await(1, TimeUnit.MINUTES);
    asking.reset();
    cancelled.future().await(1, TimeUnit.MINUTES);
    ended.future().await(1, TimeUnit.MINUTES);
    Promise<Void> counted = Promise.promise();
    loop.runOnContext(after -> counted.complete());
    counted.future().await(1, TimeUnit.MINUTES);
    assertThat(
            telemetry
                .registry()
                .get("chitin.http.server.requests")
                .tag("status", Integer.toString(Arrival.CLIENT_GONE))
                .timer()
                .count())
        .isEqualTo(1);
    client.close().await(); // Unreferenced it may close by itself, and its requests fail.
  }
}
