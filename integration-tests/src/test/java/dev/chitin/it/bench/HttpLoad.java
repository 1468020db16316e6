package dev.chitin.it.bench;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Requests in a closed loop over a fixed number of connections, a fixed number in all. */
final class HttpLoad implements AutoCloseable {
  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
  private final int connections;
  private final HttpClient client;

  HttpLoad(int connections) {
    this(connections, false);
  }

  /**
   * @param tls whether over TLS, to whoever answers: the certificate is the bench's own
   */
  HttpLoad(int connections, boolean tls) {
    this.connections = connections;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAlive(true)
                .setPipelining(false)
                .setSsl(tls)
                .setTrustAll(tls)
                .setVerifyHost(!tls),
            new PoolOptions().setHttp1MaxSize(connections));
  }

  /** What is sent, always the same. */
  record Shot(int port, String path, Map<String, String> headers, String body) {}

  /** Sends {@code count} requests; gives requests a second. Any answer but 200 fails. */
  double fire(Shot shot, int count) {
    var left = new AtomicInteger(count);
    var done = new AtomicLong();
    Promise<Void> finished = Promise.promise();
    long begun = System.nanoTime();
    for (int i = 0; i < connections; i++) {
      next(shot, left, done, count, finished);
    }
    finished.future().await();
    return count / ((System.nanoTime() - begun) / 1e9);
  }

  private void next(
      Shot shot, AtomicInteger left, AtomicLong done, int count, Promise<Void> finished) {
    if (left.getAndDecrement() <= 0) {
      return;
    }
    one(shot)
        .onFailure(finished::tryFail)
        .onSuccess(
            answered -> {
              if (done.incrementAndGet() == count) {
                finished.tryComplete();
              }
              next(shot, left, done, count, finished);
            });
  }

  private Future<Buffer> one(Shot shot) {
    var options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost("127.0.0.1")
            .setPort(shot.port())
            .setURI(shot.path());
    return client
        .request(options)
        .compose(
            request -> {
              shot.headers().forEach(request::putHeader);
              return request.send(Buffer.buffer(shot.body()));
            })
        .compose(
            response ->
                response
                    .body()
                    .compose(
                        body ->
                            response.statusCode() == 200
                                ? Future.succeededFuture(body)
                                : Future.failedFuture(body.toString())));
  }

  @Override
  public void close() {
    client.close().await();
    vertx.close().await();
  }
}
