package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.sandbox.exec.Clearance;
import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One request that is passed on as it is, and its answer as it comes. Used on one event loop. */
final class LlmCall implements LlmRun {
  private final Vertx vertx;
  private final LlmPreparation preparation;
  private final Provider provider;
  private final LlmRoute route;
  private final LlmClient client;
  private final String callId;
  private final BodyRoom.Share share;
  private final CallContext context;
  private final ProviderExchange exchange;
  private @Nullable RelayedStream stream;
  private @Nullable ChitinException stopped;
  private boolean over;

  /**
   * @param share what the body has of the memory; given back once it is sent
   */
  LlmCall(
      Vertx vertx,
      Clearance clearance,
      LlmCounters counters,
      LlmPreparation preparation,
      Provider provider,
      LlmRoute route,
      LlmClient client,
      String callId,
      BodyRoom.Share share) {
    this.vertx = vertx;
    this.preparation = preparation;
    this.provider = provider;
    this.route = route;
    this.client = client;
    this.callId = callId;
    this.share = share;
    this.context =
        new CallContext(
            Deadline.after(Duration.ofMillis(provider.settings().timeoutMillis())), client.trace());
    this.exchange =
        new ProviderExchange(
            clearance, counters, preparation, provider, route, client.caller().account(), context);
  }

  @Override
  public Future<Void> run(Bytes body) {
    ProviderSettings settings = provider.settings();
    long timer = vertx.setTimer(settings.timeoutMillis(), late -> stop(LlmRun.tooLong(settings)));
    client.whenGone(() -> stop(LlmRun.left()));
    return Future.succeededFuture()
        .compose(
            begun ->
                preparation.prepare(
                    route,
                    provider,
                    client,
                    callId,
                    ForwardedFields.in(client.request().headers(), settings, route.hasBody()),
                    body,
                    context.deadline()))
        .compose(exchange::ask)
        .compose(this::pass)
        .recover(failure -> failed(ChitinException.from(failure)))
        .onComplete(
            done -> {
              over = true;
              vertx.cancelTimer(timer);
              share.close();
            });
  }

  @Override
  public void stop(ChitinException reason) {
    if (over || stopped != null) {
      return;
    }
    stopped = reason;
    // First here, so that its end has this reason and not that the connection was reset.
    if (stream != null) {
      stream.stop(reason);
    }
    context.cancel(reason.problem().detail());
  }

  private Future<Void> pass(RelayedAnswer answer) {
    share.close();
    ChitinException unfit = exchange.unfit(answer);
    if (unfit != null) {
      return exchange.refused(answer).onSuccess(done -> refuse(unfit)).mapEmpty();
    }
    var passing =
        new RelayedStream(vertx, client, answer, callId, exchange.choices(), provider.settings());
    stream = passing;
    if (stopped != null) {
      passing.stop(stopped);
    }
    return passing
        .relay()
        .transform(
            done ->
                done.succeeded()
                    ? exchange.whole(passing.reader()).onSuccess(recorded -> passing.end())
                    : brokenOff(passing, ChitinException.from(done.cause())))
        .mapEmpty();
  }

  private Future<LlmCounters.Outcome> brokenOff(RelayedStream passing, ChitinException failure) {
    return exchange
        .brokenOff(passing.reader(), failure)
        .onSuccess(
            recorded ->
                passing.tell(provider.settings().dialect(), route == LlmRoute.RESPONSES, failure));
  }

  /** There is no answer of the provider. */
  private Future<Void> failed(ChitinException failure) {
    return exchange
        .unanswered(failure, stopped)
        .onSuccess(
            recorded ->
                refuse(
                    stopped == null ? CredentialFault.told(provider.settings(), failure) : stopped))
        .mapEmpty();
  }

  private void refuse(ChitinException reason) {
    LlmRun.refuse(client, provider, reason, callId);
  }
}
