package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;

/** What one client asked for, on its way. Used on one event loop. */
interface LlmRun {

  /** Carries it out; completes when it is over and recorded, whatever came of it. */
  Future<Void> run(Bytes body);

  /** Ends it wherever it is. */
  void stop(ChitinException reason);

  /** Why a run ends whose client is gone. */
  static ChitinException left() {
    return Problem.of(ProblemCode.CALL_CANCELLED, "The client left.").toException();
  }

  /** Why a run ends that takes longer than one exchange with the provider may. */
  static ChitinException tooLong(ProviderSettings provider) {
    return Problem.of(
            ProblemCode.LLM_PROVIDER_TIMEOUT,
            "The answer was not whole within " + provider.timeoutMillis() + " ms.")
        .withHint("Ask for less, or raise " + provider.key("timeout_ms") + ".")
        .toException();
  }

  /** Answers with a failure; one that a repetition cannot mend says so. */
  static void refuse(LlmClient client, Provider provider, ChitinException reason, String callId) {
    if (reason.code() == ProblemCode.LLM_BUDGET_EXCEEDED) {
      client
          .request()
          .response()
          .putHeader("retry-after", Long.toString(provider.budget().untilTomorrow()))
          .putHeader("x-should-retry", "false");
    }
    client.fail(reason, callId);
  }
}
