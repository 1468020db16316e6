package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Bytes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A set of keys that is fetched over https, from the one address that the operator wrote: no other
 * scheme, no redirect, no proxy, no more than the set may have, and not for ever.
 */
final class UrlKeySource implements KeySource, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final URI url;
  private final HttpClientAgent client;

  /**
   * @param ca PEM text of those who vouch for the server, or null for the platform's
   */
  UrlKeySource(Vertx vertx, URI url, @Nullable Buffer ca) {
    this.vertx = vertx;
    this.url = url;
    var options =
        new HttpClientOptions()
            .setSsl(true)
            .setVerifyHost(true)
            .setMaxRedirects(0)
            .setDecompressionSupported(false)
            .setMaxHeaderSize(16 * 1024)
            .setConnectTimeout(Math.toIntExact(PATIENCE.toMillis()))
            .setIdleTimeout(Math.toIntExact(PATIENCE.toSeconds()))
            .setIdleTimeoutUnit(TimeUnit.SECONDS);
    if (ca != null) {
      options.setTrustOptions(new PemTrustOptions().addCertValue(ca));
    }
    this.client = vertx.createHttpClient(options);
  }

  @Override
  public Future<Bytes> read() {
    String query = url.getRawQuery();
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    var request =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setHost(url.getHost())
            .setPort(url.getPort() < 0 ? 443 : url.getPort())
            .setSsl(true)
            .setURI(query == null ? path : path + "?" + query)
            .setFollowRedirects(false)
            .setTimeout(PATIENCE.toMillis())
            .putHeader("accept", "application/jwk-set+json, application/json");
    return client
        .request(request)
        .compose(open -> open.send().compose(this::body).onFailure(failed -> open.reset()));
  }

  @Override
  public String place() {
    return url.toString();
  }

  private Future<Bytes> body(HttpClientResponse response) {
    if (response.statusCode() != 200) {
      // The request is reset for it: that this ends the answer's body is nobody's fault.
      response.exceptionHandler(reset -> {});
      return Future.failedFuture(
          new IOException("the server answered with status " + response.statusCode()));
    }
    Promise<Bytes> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    long timer =
        vertx.setTimer(
            PATIENCE.toMillis(),
            late -> whole.tryFail(new IOException("the answer took longer than 10 seconds")));
    response.handler(
        piece -> {
          if (body.length() + piece.length() > JwkSet.MOST_BYTES) {
            whole.tryFail(new IOException("the answer is larger than 256 KiB"));
          } else {
            body.appendBuffer(piece);
          }
        });
    response.exceptionHandler(whole::tryFail);
    response.endHandler(end -> whole.tryComplete(Bytes.adopt(body.getBytes())));
    return whole.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  @Override
  public void close() {
    client.close();
  }
}
