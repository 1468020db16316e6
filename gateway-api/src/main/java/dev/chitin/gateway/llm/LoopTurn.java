package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One turn of a loop: a request to the provider like any other, decided and recorded, whose answer
 * is read whole before anybody sees it. Used on one event loop.
 */
final class LoopTurn {
  private final Vertx vertx;
  private final Provider provider;
  private final CallContext context;
  private final ProviderExchange exchange;
  private final LoopRoom room;
  private @Nullable AnswerReader reader;
  private @Nullable ChitinException stopped;

  /**
   * @param context of {@code exchange}
   */
  LoopTurn(
      Vertx vertx,
      Provider provider,
      CallContext context,
      ProviderExchange exchange,
      LoopRoom room) {
    this.vertx = vertx;
    this.provider = provider;
    this.context = context;
    this.exchange = exchange;
    this.room = room;
  }

  /** Asks and reads; what came of it is recorded when this completes, in whatever way. */
  Future<TurnAnswer> run(Future<LlmPreparation.Prepared> prepared) {
    ProviderSettings settings = provider.settings();
    long timer = vertx.setTimer(settings.timeoutMillis(), late -> stop(LlmRun.tooLong(settings)));
    return prepared
        .compose(exchange::ask)
        .recover(failure -> unanswered(ChitinException.from(failure)).mapEmpty())
        .compose(this::read)
        .onComplete(done -> vertx.cancelTimer(timer));
  }

  private Future<Void> unanswered(ChitinException failure) {
    return exchange
        .unanswered(failure, stopped)
        .compose(
            recorded ->
                Future.failedFuture(
                    stopped == null
                        ? CredentialFault.told(provider.settings(), failure)
                        : stopped));
  }

  private Future<TurnAnswer> read(RelayedAnswer answer) {
    ChitinException unfit = exchange.unfit(answer);
    if (unfit != null) {
      return exchange.refused(answer).compose(recorded -> Future.failedFuture(unfit));
    }
    AnswerHead head = AnswerHead.of(answer);
    var reading = new AnswerReader(vertx, answer, head.events(), 1, provider.settings());
    reader = reading;
    if (stopped != null) {
      reading.stop(stopped);
    }
    var content = new ByteArrayOutputStream();
    return reading
        .read(piece -> keep(piece, content, reading))
        .transform(
            done ->
                done.succeeded()
                    ? exchange
                        .whole(reading)
                        .map(
                            recorded ->
                                new TurnAnswer(
                                    head,
                                    Bytes.adopt(content.toByteArray()),
                                    head.failed() || reading.failed()))
                    : brokenOff(reading, ChitinException.from(done.cause())));
  }

  private void keep(byte[] piece, ByteArrayOutputStream content, AnswerReader reading) {
    try {
      room.take(piece.length);
      content.writeBytes(piece);
    } catch (ChitinException full) {
      reading.stop(full);
    }
  }

  private Future<TurnAnswer> brokenOff(AnswerReader reading, ChitinException failure) {
    return exchange.brokenOff(reading, failure).compose(recorded -> Future.failedFuture(failure));
  }

  /** Ends it wherever it is. */
  void stop(ChitinException reason) {
    if (stopped != null) {
      return;
    }
    stopped = reason;
    if (reader != null) {
      reader.stop(reason);
    }
    context.cancel(reason.problem().detail());
  }
}
