package dev.chitin.gateway.llm;

import dev.chitin.audit.AuditEvent.Phase;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.llm.LlmCounters.Outcome;
import dev.chitin.gateway.telemetry.ModelSpans.ModelSpan;
import dev.chitin.sandbox.exec.Clearance;
import dev.chitin.sandbox.http.RelayClient;
import dev.chitin.sandbox.http.RelayRequest;
import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.Future;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request to a provider and its records: clear, reserve, send, and at its end settle and
 * record. Nothing is sent before the record that allows it is durable, nor with a secret in it that
 * came into use meanwhile. Used on one event loop.
 */
final class ProviderExchange {
  private static final Logger LOG = LoggerFactory.getLogger(ProviderExchange.class);
  private static final long CONNECT_MILLIS = 10_000;

  private final Clearance clearance;
  private final LlmCounters counters;
  private final LlmPreparation preparation;
  private final Provider provider;
  private final LlmRoute route;
  private final String account;
  private final CallContext context;
  private final long startedNanos = System.nanoTime();
  private TokenBudget.@Nullable Reservation reservation;
  private Clearance.@Nullable Cleared cleared;
  private @Nullable MessageRequest request;
  private @Nullable ModelSpan span;
  private long sentBytes;

  /**
   * @param account whose budget it costs
   * @param context cancelling it ends the request at once
   */
  ProviderExchange(
      Clearance clearance,
      LlmCounters counters,
      LlmPreparation preparation,
      Provider provider,
      LlmRoute route,
      String account,
      CallContext context) {
    this.clearance = clearance;
    this.counters = counters;
    this.preparation = preparation;
    this.provider = provider;
    this.route = route;
    this.account = account;
    this.context = context;
  }

  /** Asks; the answer stands still until it is read. Who asked owes the log an end. */
  Future<RelayedAnswer> ask(LlmPreparation.Prepared prepared) {
    MessageRequest asked = prepared.request();
    request = asked;
    sentBytes = prepared.body().length();
    if (asked != null && route.generates()) {
      String name = provider.settings().dialect().provider();
      span = provider.spans().begin(name, asked.model(), context.trace());
    }
    return clearance
        .clear(prepared.plan(), context)
        .compose(
            done -> {
              cleared = done;
              if (asked != null && route.generates()) {
                reservation = provider.budget().reserve(account, asked.tokens());
              }
              return preparation.recheck(prepared).compose(clean -> send(prepared, done));
            });
  }

  private Future<RelayedAnswer> send(LlmPreparation.Prepared prepared, Clearance.Cleared done) {
    return provider
        .client()
        .send(
            new RelayRequest(
                done.plan(),
                prepared.headers(),
                prepared.body(),
                done.leases(),
                CONNECT_MILLIS,
                provider.settings().firstByteMillis()),
            context);
  }

  /** How many answers in one were asked for. */
  int choices() {
    return request == null ? 1 : request.choices();
  }

  /** Why an answer is not the client's to see, if so. */
  @Nullable ChitinException unfit(RelayedAnswer answer) {
    int status = answer.status();
    if (status == 401 || status == 403) {
      return Unfit.credential(provider.settings());
    }
    if (status < 200 || (status >= 300 && status < 400) || status >= 600) {
      return Unfit.redirect(provider.settings(), status);
    }
    return answer.isInspectable() ? null : Unfit.notInspectable(provider.settings());
  }

  /** Ends an answer that is not read, and records it. */
  Future<Outcome> refused(RelayedAnswer answer) {
    answer.reset();
    return recordEnd(
            "provider_error",
            answer.status(),
            Usage.UNKNOWN,
            0,
            Digest.of(),
            isCharged(answer.status()))
        .transform(recorded -> over(Outcome.PROVIDER_ERROR));
  }

  /** Settles and records an answer that came whole. */
  Future<Outcome> whole(AnswerReader answer) {
    boolean error = answer.failed() || answer.status() >= 400;
    return recordEnd(
            error ? "provider_error" : "completed",
            answer.status(),
            answer.usage(),
            answer.bytes(),
            answer.digest(),
            isCharged(answer.status()))
        .transform(recorded -> over(error ? Outcome.PROVIDER_ERROR : Outcome.OK));
  }

  /** Settles and records an answer that did not come whole. */
  Future<Outcome> brokenOff(AnswerReader answer, ChitinException failure) {
    return recordEnd(
            status(failure),
            answer.status(),
            answer.usage(),
            answer.bytes(),
            answer.digest(),
            isCharged(answer.status()))
        .transform(recorded -> over(Outcome.of(failure)));
  }

  /**
   * Settles and records that there is no answer.
   *
   * @param stopped why this side ended it, or null
   */
  Future<Outcome> unanswered(ChitinException failure, @Nullable ChitinException stopped) {
    Clearance.Cleared done = cleared;
    ChitinException reason = stopped == null ? failure : stopped;
    boolean asked =
        failure.code() == ProblemCode.LLM_PROVIDER_FAILED
            || failure.code() == ProblemCode.LLM_PROVIDER_TIMEOUT;
    if (done == null) {
      settle(Usage.NONE);
      return over(Outcome.ofUnsent(reason));
    }
    if (!asked) {
      settle(Usage.NONE);
      return clearance.notRun(done, reason).transform(recorded -> over(Outcome.ofUnsent(reason)));
    }
    boolean reached = !RelayClient.isUnreached(failure);
    if (!reached) {
      sentBytes = 0;
    }
    if (stopped == null) {
      LOG.warn(
          "{}: no answer of the provider '{}': {} {}",
          done.plan().plan().callId(),
          provider.settings().dialect().provider(),
          failure.problem().detail(),
          root(failure).getMessage());
    }
    return recordEnd(
            reached || stopped != null ? status(reason) : "unreached",
            null,
            Usage.UNKNOWN,
            0,
            Digest.of(),
            reached)
        .transform(recorded -> over(Outcome.of(reason)));
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    for (Throwable one = failure.getCause(); one != null; one = one.getCause()) {
      root = one;
    }
    return root;
  }

  private Future<Outcome> over(Outcome outcome) {
    counters.ended(route, outcome);
    if (span != null) {
      span.end(outcome == Outcome.OK ? null : outcome.label());
    }
    return Future.succeededFuture(outcome);
  }

  /** Providers charge for what they answer; a redirect or an error is no answer. */
  private static boolean isCharged(int status) {
    return status >= 200 && status < 300;
  }

  private void settle(Usage usage) {
    if (reservation != null && request != null) {
      reservation.settle(usage.cost(request));
    }
  }

  private Future<Void> recordEnd(
      String status,
      @Nullable Integer httpStatus,
      Usage usage,
      long bytes,
      Digest digest,
      boolean charged) {
    settle(charged ? usage : Usage.NONE);
    counters.used(provider.settings().dialect(), usage);
    if (span != null) {
      span.used(usage.inputTokens(), usage.outputTokens());
    }
    return clearance.ended(
        Objects.requireNonNull(cleared),
        new Phase.Relayed(
            status,
            httpStatus,
            request == null ? null : request.model(),
            sentBytes,
            bytes,
            usage.inputTokens(),
            usage.outputTokens(),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos),
            digest));
  }

  private static String status(ChitinException failure) {
    return switch (Outcome.of(failure)) {
      case CANCELLED, LOOP_BOUND -> "cancelled";
      default -> failure.code() == ProblemCode.LLM_PROVIDER_TIMEOUT ? "timeout" : "cut";
    };
  }
}
