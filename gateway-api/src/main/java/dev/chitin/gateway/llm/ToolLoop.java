package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.llm.LlmCounters.Outcome;
import dev.chitin.sandbox.exec.Clearance;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with a model that may use the gateway's tools: each turn is a recorded request to
 * the provider, each tool a call of the client like any other, and what the model says in the end
 * is the client's answer. A turn that asks for nothing but the client's own tools ends it too. All
 * calls of one loop have ids that begin with the loop's own. Used on one event loop.
 */
final class ToolLoop implements LlmRun {
  private final Vertx vertx;
  private final Clearance clearance;
  private final LlmCounters counters;
  private final LlmPreparation preparation;
  private final Provider provider;
  private final ToolLoopSettings loop;
  private final LlmRoute route;
  private final LlmClient client;
  private final String callId;
  private final BodyRoom.Share share;
  private final int bodyBytes;
  private final LoopDialect dialect;
  private final Deadline deadline;
  private final LoopAnswer answer;
  private @Nullable OfferedTools offered;
  private @Nullable LoopRoom room;
  private @Nullable LoopTurn turn;
  private @Nullable ToolRound round;
  private @Nullable ChitinException stopped;
  private int turns;
  private boolean counted;
  private boolean over;

  /**
   * @param loop what the operator allows
   * @param share what the body has of the memory; given back at the end
   * @param bodyBytes size of the largest request
   */
  ToolLoop(
      Vertx vertx,
      Clearance clearance,
      LlmCounters counters,
      LlmPreparation preparation,
      Provider provider,
      ToolLoopSettings loop,
      LlmRoute route,
      LlmClient client,
      String callId,
      BodyRoom.Share share,
      int bodyBytes) {
    this.vertx = vertx;
    this.clearance = clearance;
    this.counters = counters;
    this.preparation = preparation;
    this.provider = provider;
    this.loop = loop;
    this.route = route;
    this.client = client;
    this.callId = callId;
    this.share = share;
    this.bodyBytes = bodyBytes;
    this.dialect = LoopDialect.of(route);
    this.deadline = Deadline.after(Duration.ofMillis(loop.timeoutMillis()));
    this.answer = new LoopAnswer(vertx, client, provider, route, callId);
  }

  @Override
  public Future<Void> run(Bytes body) {
    long timer = vertx.setTimer(loop.timeoutMillis(), late -> stop(late()));
    client.whenGone(() -> stop(LlmRun.left()));
    room = new LoopRoom(share, body.length(), provider.settings(), loop);
    return preparation
        .read(route, provider.settings(), client, body)
        .map(this::begun)
        .compose(this::turn)
        .onSuccess(answer::give)
        .onFailure(failure -> failed(stopped == null ? ChitinException.from(failure) : stopped))
        .onComplete(
            done -> {
              over = true;
              vertx.cancelTimer(timer);
              answer.close();
              share.close();
            })
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private void failed(ChitinException reason) {
    if (!counted) {
      counters.ended(route, turns == 0 ? Outcome.ofUnsent(reason) : Outcome.of(reason));
    }
    answer.fail(reason);
  }

  private ChitinException late() {
    return LoopRoom.bound(
        provider.settings(),
        "The tool loop was not over within " + loop.timeoutMillis() + " ms.",
        "timeout_ms");
  }

  private JsonValue.Obj begun(LlmPreparation.Read read) {
    var tools =
        OfferedTools.of(provider.settings(), loop, client.tools(), dialect, read.document());
    offered = tools;
    if (read.request().streamed()) {
      answer.streamed();
    }
    return tools.added(dialect, read.document());
  }

  /** Takes one turn and, when the model asks for tools, all that follow; the last one's answer. */
  private Future<TurnAnswer> turn(JsonValue.Obj request) {
    if (stopped != null) {
      return Future.failedFuture(stopped);
    }
    if (deadline.expired()) {
      return Future.failedFuture(late()); // A tool's end at that time may come before the timer.
    }
    turns++;
    answer.turn();
    var context =
        new CallContext(
            Deadline.after(Duration.ofMillis(provider.settings().timeoutMillis())).min(deadline),
            client.trace());
    var exchange =
        new ProviderExchange(
            clearance, counters, preparation, provider, route, client.caller().account(), context);
    var now = new LoopTurn(vertx, provider, context, exchange, Objects.requireNonNull(room));
    turn = now;
    return now.run(prepared(request, context.deadline()))
        .onFailure(failure -> counted = true)
        .onComplete(done -> turn = null)
        .compose(whole -> judge(request, whole));
  }

  private Future<LlmPreparation.Prepared> prepared(JsonValue.Obj request, Deadline until) {
    Bytes body = Bytes.adopt(CanonicalJson.inOrder(request).getBytes(StandardCharsets.UTF_8));
    if (body.length() > bodyBytes) {
      return Future.failedFuture(
          LoopRoom.bound(
              provider.settings(),
              "The request with its tools is larger than " + bodyBytes + " bytes.",
              "max_bytes"));
    }
    return preparation.prepare(route, provider, client, turnId(), headers(), body, until);
  }

  /** The id of the turn that is taken now. */
  private String turnId() {
    return callId + "-" + turns;
  }

  /** A key for repetitions stands for one request, and these are several. */
  private Map<String, String> headers() {
    Map<String, String> headers =
        ForwardedFields.in(client.request().headers(), provider.settings(), true);
    headers.remove("idempotency-key");
    return headers;
  }

  private Future<TurnAnswer> judge(JsonValue.Obj request, TurnAnswer whole) {
    if (whole.failed()) {
      return Future.succeededFuture(whole);
    }
    return preparation
        .reading(whole.bytes().length(), () -> whole.read(dialect))
        .compose(said -> goOn(request, whole, said));
  }

  private Future<TurnAnswer> goOn(JsonValue.Obj request, TurnAnswer whole, ModelTurn said) {
    var tools = Objects.requireNonNull(offered);
    // A pause before any tool was run is the client's: nothing of it would be missing there.
    boolean goesOn = said.paused() && turns > 1;
    if (!tools.answers(said.asks()) && !goesOn) {
      return Future.succeededFuture(whole);
    }
    if (said.closed() != null) {
      throw ModelTurn.broken(said.closed());
    }
    said.requireDistinct();
    if (turns >= loop.maxTurns()) {
      throw LoopRoom.bound(
          provider.settings(), "After " + turns + " turns the model is not done.", "max_turns");
    }
    if (stopped != null) {
      throw stopped;
    }
    answer.working();
    var now =
        new ToolRound(
            loop,
            tools,
            client.tools(),
            preparation,
            preparation.search(client),
            turnId(),
            deadline);
    round = now;
    return now.run(said.asks())
        .onComplete(
            done -> {
              round = null;
              answer.ran(now.calls());
            })
        .compose(answers -> turn(next(request, said, answers)));
  }

  private JsonValue.Obj next(JsonValue.Obj request, ModelTurn said, List<ToolAnswer> answers) {
    answers.forEach(
        one ->
            Objects.requireNonNull(room).take(one.text().getBytes(StandardCharsets.UTF_8).length));
    return dialect.next(request, said, answers);
  }

  @Override
  public void stop(ChitinException reason) {
    if (over || stopped != null) {
      return;
    }
    stopped = reason;
    if (turn != null) {
      turn.stop(reason);
    }
    if (round != null) {
      round.stop(reason);
    }
  }
}
