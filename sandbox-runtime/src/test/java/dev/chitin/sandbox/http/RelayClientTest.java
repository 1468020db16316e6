package dev.chitin.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.ConnectException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** A connection that cannot be made is tried once more, and nothing else is. */
class RelayClientTest {
  private static final HttpClientRequest MADE = proxy(HttpClientRequest.class, List.of());

  private static <T> T proxy(Class<T> type, List<Future<HttpClientRequest>> answers) {
    return proxy(type, new ArrayDeque<>(answers));
  }

  /** Gives these answers one after the other; a question beyond the last is an error. */
  private static <T> T proxy(Class<T> type, Deque<Future<HttpClientRequest>> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            RelayClientTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("request");
              return answers.removeFirst();
            }));
  }

  private static Future<HttpClientRequest> refused() {
    return Future.failedFuture(new ConnectException("refused"));
  }

  @Test
  void aConnectionThatFailsIsTriedOnceMore() {
    HttpClient client = proxy(HttpClient.class, List.of(refused(), Future.succeededFuture(MADE)));
    assertThat(RelayClient.connect(client, new RequestOptions()).result()).isSameAs(MADE);
  }

  @Test
  void oneThatFailsTwiceIsNotTriedAThirdTime() {
    Deque<Future<HttpClientRequest>> answers =
        new ArrayDeque<>(List.of(refused(), refused(), Future.succeededFuture(MADE)));
    HttpClient client = proxy(HttpClient.class, answers);
    assertThat(RelayClient.connect(client, new RequestOptions()).cause())
        .isInstanceOf(ConnectException.class);
    assertThat(answers).hasSize(1);
  }

  @Test
  void whatFailsOtherwiseIsNotTriedAgain() {
    for (Exception other :
        List.of(new SSLHandshakeException("unknown authority"), new IOException("reset"))) {
      Deque<Future<HttpClientRequest>> answers =
          new ArrayDeque<>(List.of(Future.failedFuture(other), Future.succeededFuture(MADE)));
      HttpClient client = proxy(HttpClient.class, answers);
      assertThat(RelayClient.connect(client, new RequestOptions()).cause()).isSameAs(other);
      assertThat(answers).hasSize(1);
    }
  }
}
