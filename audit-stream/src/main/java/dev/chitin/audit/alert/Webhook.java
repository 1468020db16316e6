package dev.chitin.audit.alert;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends alerts to one receiver, one after the other, in order. An alert is tried {@value #TRIES}
 * times with growing, jittered pauses; at most {@value #MOST_WAITING} wait, what comes then is
 * dropped and counted: it is in the log all the same. Redirects are answers like any other, and the
 * address is asked of the rules of egress at each try. For one event loop.
 */
final class Webhook {
  private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
  static final int TRIES = 5;
  static final int MOST_WAITING = 256;

  private static final long TIMEOUT_MILLIS = 10_000;

  private final Context context;
  private final Vertx vertx;
  private final HttpClient client;
  private final WebhookSettings settings;
  private final WebhookSigner signer;
  private final Destinations destinations;
  private final Clock clock;
  private final long firstPauseMillis;
  private final ArrayDeque<WebhookRequest> waiting = new ArrayDeque<>();
  private final LongAdder delivered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private boolean busy;
  private boolean closed;

  /** An answer, or none, that a later try may change. */
  private static final class Passing extends Exception {
    private static final long serialVersionUID = 1L;

    Passing(String message) {
      super(message);
    }
  }

  /**
   * @param firstPauseMillis before the second try; each further one waits twice as long
   */
  Webhook(
      Vertx vertx,
      Context context,
      HttpClient client,
      WebhookSettings settings,
      WebhookSigner signer,
      Destinations destinations,
      Clock clock,
      long firstPauseMillis) {
    this.vertx = vertx;
    this.context = context;
    this.client = client;
    this.settings = settings;
    this.signer = signer;
    this.destinations = destinations;
    this.clock = clock;
    this.firstPauseMillis = firstPauseMillis;
  }

  /** Queues {@code request}, if the receiver wants it; on the context's thread. */
  void offer(WebhookRequest request) {
    if (closed || !settings.wants(request.alert())) {
      return;
    }
    if (waiting.size() >= MOST_WAITING) {
      dropped.increment();
      return;
    }
    waiting.add(request);
    next();
  }

  private void next() {
    WebhookRequest request = busy || closed ? null : waiting.poll();
    if (request == null) {
      return;
    }
    busy = true;
    attempt(request, 1)
        .onComplete(
            done -> {
              (done.succeeded() ? delivered : failed).increment();
              if (done.failed()) {
                LOG.warn(
                    "an alert did not reach the webhook at {}: {}",
                    settings.host(),
                    done.cause().getMessage());
              }
              context.runOnContext(
                  later -> {
                    busy = false;
                    next();
                  });
            });
  }

  private Future<?> attempt(WebhookRequest request, int number) {
    return destinations
        .address(settings.host(), settings.port())
        .compose(address -> post(request, address))
        .recover(
            failure ->
                number < TRIES && !closed && isPassing(failure)
                    ? vertx
                        .timer(pauseMillis(number))
                        .compose(due -> attempt(request, number + 1).mapEmpty())
                    : Future.failedFuture(failure));
  }

  /** What the rules deny, and what the receiver refuses, is the same at the next try. */
  private static boolean isPassing(Throwable failure) {
    return failure instanceof Passing
        || failure instanceof java.io.IOException
        || failure instanceof io.vertx.core.VertxException;
  }

  /** Twice as long after each try, half of it chance. */
  private long pauseMillis(int number) {
    long full = firstPauseMillis << (number - 1);
    return Math.max(1, full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1));
  }

  private Future<Void> post(WebhookRequest request, SocketAddress address) {
    var options =
        new RequestOptions()
            .setServer(address)
            .setMethod(HttpMethod.POST)
            .setHost(settings.host())
            .setPort(settings.port())
            .setSsl(settings.isSecure())
            .setURI(settings.path())
            .setFollowRedirects(false)
            .setHeaders(request.headers(clock.millis() / 1_000, signer))
            .setConnectTimeout(TIMEOUT_MILLIS)
            .setIdleTimeout(TIMEOUT_MILLIS);
    return client
        .request(options)
        .compose(
            open -> open.send(request.body()).compose(answer -> judge(open, answer.statusCode())));
  }

  /** The answer's body is nobody's business; its connection ends here. */
  private static Future<Void> judge(HttpClientRequest request, int status) {
    request.connection().close();
    if (status >= 200 && status < 300) {
      return Future.succeededFuture();
    }
    return Future.failedFuture(
        status >= 500 || status == 408 || status == 429
            ? new Passing("it answered " + status)
            : new IllegalStateException(
                "it answered " + status + ", which no further try changes"));
  }

  /** Takes nothing more; what waits is in the log. */
  void close() {
    closed = true;
    waiting.clear();
  }

  long delivered() {
    return delivered.sum();
  }

  long failed() {
    return failed.sum();
  }

  long dropped() {
    return dropped.sum();
  }
}
