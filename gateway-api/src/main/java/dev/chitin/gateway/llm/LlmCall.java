package dev.chitin.gateway.llm;

import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.llm.LlmCounters.Outcome;
import dev.chitin.sandbox.exec.Clearance;
import dev.chitin.sandbox.http.RelayClient;
import dev.chitin.sandbox.http.RelayRequest;
import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One request to a provider on its way: prepare, reserve, clear, send, pass the answer on, settle,
 * record. Nothing is sent before the record that allows it is durable. Used on one event loop.
 */
final class LlmCall {
  private static final long CONNECT_MILLIS = 10_000;

  private final Vertx vertx;
  private final Clearance clearance;
  private final LlmCounters counters;
  private final Provider provider;
  private final LlmRoute route;
  private final LlmClient client;
  private final String callId;
  private final BodyRoom.Share share;
  private final CallContext context;
  private final long startedNanos = System.nanoTime();
  private TokenBudget.@Nullable Reservation reservation;
  private Clearance.@Nullable Cleared cleared;
  private @Nullable RelayedStream stream;
  private @Nullable String model;
  private @Nullable ChitinException stopped;
  private long sentBytes;
  private boolean over;

  /**
   * @param share what the body has of the memory; given back once it is sent
   */
  LlmCall(
      Vertx vertx,
      Clearance clearance,
      LlmCounters counters,
      Provider provider,
      LlmRoute route,
      LlmClient client,
      String callId,
      BodyRoom.Share share) {
    this.vertx = vertx;
    this.clearance = clearance;
    this.counters = counters;
    this.provider = provider;
    this.route = route;
    this.client = client;
    this.callId = callId;
    this.share = share;
    this.context =
        new CallContext(Deadline.after(Duration.ofMillis(provider.settings().timeoutMillis())));
  }

  /** Carries it out; completes when it is over and recorded, whatever came of it. */
  Future<Void> run(LlmPreparation preparation, Bytes body) {
    long timer = vertx.setTimer(provider.settings().timeoutMillis(), late -> stop(tooLong()));
    client.request().response().closeHandler(gone -> stop(left()));
    return Future.succeededFuture()
        .compose(
            begun -> preparation.prepare(route, provider, client, callId, body, context.deadline()))
        .compose(this::clear)
        .compose(this::send)
        .compose(this::pass)
        .recover(failure -> failed(ChitinException.from(failure)))
        .onComplete(
            done -> {
              vertx.cancelTimer(timer);
              share.close();
            });
  }

  /** Ends it wherever it is. */
  void stop(ChitinException reason) {
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

  private Future<LlmPreparation.Prepared> clear(LlmPreparation.Prepared prepared) {
    MessageRequest request = prepared.request();
    sentBytes = prepared.body().length();
    if (request != null) {
      model = request.model();
      if (route.generates()) {
        reservation = provider.budget().reserve(client.caller().account(), request.tokens());
      }
    }
    return clearance
        .clear(prepared.plan(), context)
        .map(
            done -> {
              cleared = done;
              return prepared;
            });
  }

  private Future<RelayedAnswer> send(LlmPreparation.Prepared prepared) {
    Clearance.Cleared done = Objects.requireNonNull(cleared);
    ProviderSettings settings = provider.settings();
    return provider
        .client()
        .send(
            new RelayRequest(
                done.plan(),
                prepared.headers(),
                prepared.body(),
                done.leases(),
                CONNECT_MILLIS,
                settings.firstByteMillis()),
            context);
  }

  private Future<Void> pass(RelayedAnswer answer) {
    share.close();
    ChitinException unfit = unfit(answer);
    if (unfit != null) {
      answer.reset();
      return recordEnd("provider_error", answer.status(), Usage.UNKNOWN, 0, Digest.of(), 0L)
          .transform(recorded -> tell(unfit, Outcome.PROVIDER_ERROR));
    }
    var passing =
        new RelayedStream(vertx, client, answer, callId, provider.settings().idleMillis());
    stream = passing;
    if (stopped != null) {
      passing.stop(stopped);
    }
    return passing
        .relay()
        .transform(
            done ->
                done.succeeded()
                    ? passed(passing)
                    : brokenOff(passing, ChitinException.from(done.cause())));
  }

  /** Why an answer is not the client's to see, if so. */
  private @Nullable ChitinException unfit(RelayedAnswer answer) {
    int status = answer.status();
    if (status == 401 || status == 403) {
      return Unfit.credential(provider.settings());
    }
    if (status < 200 || (status >= 300 && status < 400)) {
      return Unfit.redirect(provider.settings(), status);
    }
    return answer.isInspectable() ? null : Unfit.notInspectable(provider.settings());
  }

  private Future<Void> passed(RelayedStream passing) {
    boolean error = passing.failed() || passing.status() >= 400;
    Long cost = passing.status() >= 400 ? Long.valueOf(0) : passing.usage().total();
    return recordEnd(
            error ? "provider_error" : "completed",
            passing.status(),
            passing.usage(),
            passing.bytes(),
            passing.digest(),
            cost)
        .transform(
            recorded -> {
              over(error ? Outcome.PROVIDER_ERROR : Outcome.OK);
              passing.end();
              return Future.succeededFuture();
            });
  }

  private Future<Void> brokenOff(RelayedStream passing, ChitinException failure) {
    return recordEnd(
            status(failure),
            passing.status(),
            passing.usage(),
            passing.bytes(),
            passing.digest(),
            passing.usage().total())
        .transform(
            recorded -> {
              over(outcome(failure));
              passing.tell(provider.settings().dialect(), route == LlmRoute.RESPONSES, failure);
              return Future.succeededFuture();
            });
  }

  /** There is no answer of the provider. */
  private Future<Void> failed(ChitinException failure) {
    Clearance.Cleared done = cleared;
    ChitinException reason = stopped == null ? failure : stopped;
    boolean asked =
        done != null
            && (failure.code() == ProblemCode.LLM_PROVIDER_FAILED
                || failure.code() == ProblemCode.LLM_PROVIDER_TIMEOUT);
    if (done == null) {
      settle(0L);
      return tell(reason, stopped == null ? Outcome.REFUSED : outcome(reason));
    }
    if (!asked) {
      settle(0L);
      return clearance.notRun(done, reason).transform(recorded -> tell(reason, Outcome.REFUSED));
    }
    Long cost = RelayClient.isUnreached(failure) ? Long.valueOf(0) : null;
    return recordEnd(status(reason), null, Usage.UNKNOWN, 0, Digest.of(), cost)
        .transform(recorded -> tell(reason, outcome(reason)));
  }

  private Future<Void> tell(ChitinException reason, Outcome outcome) {
    over(outcome);
    if (reason.code() == ProblemCode.LLM_BUDGET_EXCEEDED) {
      client
          .request()
          .response()
          .putHeader("retry-after", Long.toString(provider.budget().untilTomorrow()))
          .putHeader("x-should-retry", "false");
    }
    client.fail(reason, callId);
    return Future.succeededFuture();
  }

  private void over(Outcome outcome) {
    over = true;
    counters.ended(route, outcome);
  }

  /** Settles what it cost, or keeps the whole reservation when that is not known. */
  private void settle(@Nullable Long cost) {
    if (reservation != null) {
      if (cost == null) {
        reservation.keep();
      } else {
        reservation.settle(cost);
      }
    }
  }

  private Future<Void> recordEnd(
      String status,
      @Nullable Integer httpStatus,
      Usage usage,
      long bytes,
      Digest digest,
      @Nullable Long cost) {
    settle(cost);
    counters.used(provider.settings().dialect(), usage);
    return clearance.ended(
        Objects.requireNonNull(cleared),
        new Phase.Relayed(
            status,
            httpStatus,
            model,
            sentBytes,
            bytes,
            usage.inputTokens(),
            usage.outputTokens(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos),
            digest));
  }

  private static String status(ChitinException failure) {
    return switch (failure.code()) {
      case CALL_CANCELLED, AUTH_INVALID -> "cancelled";
      case LLM_PROVIDER_TIMEOUT -> "timeout";
      default -> "cut";
    };
  }

  private static Outcome outcome(ChitinException failure) {
    return status(failure).equals("cancelled") ? Outcome.CANCELLED : Outcome.PROVIDER_FAILED;
  }

  private static ChitinException left() {
    return Problem.of(ProblemCode.CALL_CANCELLED, "The client left.").toException();
  }

  private ChitinException tooLong() {
    return Problem.of(
            ProblemCode.LLM_PROVIDER_TIMEOUT,
            "The answer was not whole within " + provider.settings().timeoutMillis() + " ms.")
        .withHint(
            "Ask for less, or raise providers."
                + provider.settings().dialect().provider()
                + ".timeout_ms.")
        .toException();
  }
}
