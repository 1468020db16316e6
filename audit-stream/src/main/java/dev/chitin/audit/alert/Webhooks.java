package dev.chitin.audit.alert;

import dev.chitin.audit.LogEntry;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** All receivers of alerts. May be given alerts from any thread. */
public final class Webhooks implements AutoCloseable {
  private static final long FIRST_PAUSE_MILLIS = 1_000;

  private final Context context;
  private final HttpClient client;
  private final List<Webhook> hooks = new ArrayList<>();

  /**
   * @param receivers with who signs for each
   */
  public Webhooks(
      Vertx vertx, Map<WebhookSettings, WebhookSigner> receivers, Destinations destinations) {
    this(vertx, receivers, destinations, FIRST_PAUSE_MILLIS);
  }

  Webhooks(
      Vertx vertx,
      Map<WebhookSettings, WebhookSigner> receivers,
      Destinations destinations,
      long firstPauseMillis) {
    context = vertx.getOrCreateContext();
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAlive(false)
                .setVerifyHost(true)
                .setDecompressionSupported(false)
                .setMaxHeaderSize(32 * 1024)
                .setConnectTimeout(10_000));
    receivers.forEach(
        (settings, signer) ->
            hooks.add(
                new Webhook(
                    vertx,
                    context,
                    client,
                    settings,
                    signer,
                    destinations,
                    Clock.systemUTC(),
                    firstPauseMillis)));
  }

  /** Sends the alert {@code entry} to whoever wants it. */
  public void send(LogEntry entry) {
    if (!hooks.isEmpty()) {
      WebhookRequest request = WebhookRequest.of(entry);
      context.runOnContext(nothing -> hooks.forEach(hook -> hook.offer(request)));
    }
  }

  /** How many alerts receivers have taken. */
  public long delivered() {
    return sum(Webhook::delivered);
  }

  /** How many were given up. */
  public long failed() {
    return sum(Webhook::failed);
  }

  /** How many found no place to wait. */
  public long dropped() {
    return sum(Webhook::dropped);
  }

  private long sum(ToLongFunction<Webhook> count) {
    return hooks.stream().mapToLong(count).sum();
  }

  @Override
  public void close() {
    context.runOnContext(nothing -> hooks.forEach(Webhook::close));
    client.close();
  }
}
