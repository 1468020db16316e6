package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.vault.scrub.SecretSearch;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a model asks for in one turn, one call after the other and in its order. Whatever
 * comes of a call is an answer for the model: refusals and failures too. No secret in use is in it.
 * Used on one event loop.
 */
final class ToolRound {
  private final ToolLoopSettings loop;
  private final OfferedTools offered;
  private final CallerTools caller;
  private final LlmPreparation preparation;
  private final SecretSearch search;
  private final String turnId;
  private final Deadline deadline;
  private CallerTools.@Nullable Running running;
  private @Nullable ChitinException stopped;
  private int calls;

  /**
   * @param preparation looks at long answers where it holds nobody up
   * @param search finds secrets in the answers
   * @param turnId the call's id of the turn; those of the tools begin with it
   */
  ToolRound(
      ToolLoopSettings loop,
      OfferedTools offered,
      CallerTools caller,
      LlmPreparation preparation,
      SecretSearch search,
      String turnId,
      Deadline deadline) {
    this.loop = loop;
    this.offered = offered;
    this.caller = caller;
    this.preparation = preparation;
    this.search = search;
    this.turnId = turnId;
    this.deadline = deadline;
  }

  /** One answer for each of {@code asks}; fails only when it was stopped. */
  Future<List<ToolAnswer>> run(List<ToolAsk> asks) {
    return answer(asks, 0, new ArrayList<>());
  }

  /** How many calls were begun. */
  int calls() {
    return calls;
  }

  /** Goes on at {@code from}; as deep as there are calls, which the configuration bounds. */
  private Future<List<ToolAnswer>> answer(List<ToolAsk> asks, int from, List<ToolAnswer> answers) {
    for (int i = from; i < asks.size(); i++) {
      if (stopped != null) {
        return Future.failedFuture(stopped);
      }
      ToolAsk ask = asks.get(i);
      Optional<ToolDefinition> tool = offered.find(ask);
      JsonValue.Obj arguments = ask.arguments();
      if (tool.isEmpty() || arguments == null || calls >= loop.maxCalls()) {
        answers.add(fit(ToolAnswer.notRun(reason(ask, tool.isPresent()))));
        continue;
      }
      int next = i + 1;
      return call(tool.get(), arguments)
          .compose(done -> preparation.reading(done.text().length(), () -> fit(done)))
          .compose(
              done -> {
                answers.add(done);
                return answer(asks, next, answers);
              });
    }
    return Future.succeededFuture(answers);
  }

  private String reason(ToolAsk ask, boolean known) {
    if (offered.isOwn(ask)) {
      return "this tool is answered by the client. Ask for it in a turn without these others: "
          + String.join(", ", offered.names())
          + ".";
    }
    if (!known) {
      return "no tool of that name is offered.";
    }
    return ask.fault() == null
        ? "more than " + loop.maxCalls() + " calls in one turn. Ask for fewer at once."
        : "the arguments cannot be read: " + ask.fault() + ".";
  }

  private Future<ToolAnswer> call(ToolDefinition tool, JsonValue.Obj arguments) {
    calls++;
    return Future.succeededFuture()
        .compose(
            begun -> {
              var call = caller.call(tool.name(), arguments, turnId + "-" + calls, deadline);
              running = call;
              return call.result();
            })
        .map(ToolAnswer::of)
        .otherwise(failure -> ToolAnswer.refused(ChitinException.from(failure).problem()))
        .onComplete(done -> running = null);
  }

  /** Without secrets first, so that none is cut into a piece that nobody knows. */
  private ToolAnswer fit(ToolAnswer answer) {
    String clean = search.without(answer.text());
    if (!clean.equals(answer.text())) {
      search.report("llm.tool_result");
    }
    return new ToolAnswer(clean, answer.error()).cut(loop.resultBytes());
  }

  /** Ends the call that runs, and begins no other. */
  void stop(ChitinException reason) {
    stopped = reason;
    if (running != null) {
      running.cancel("the request that asked for it ended");
    }
  }
}
