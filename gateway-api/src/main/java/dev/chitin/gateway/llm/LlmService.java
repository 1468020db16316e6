package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.calls.RunningCalls;
import dev.chitin.gateway.telemetry.ModelSpans;
import dev.chitin.sandbox.exec.Clearance;
import dev.chitin.sandbox.http.RelayClient;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Carries requests to the configured providers: the ground floor of the routes that clients of
 * providers use. One for a node.
 */
public final class LlmService implements AutoCloseable {
  /** Large bodies are read so many at once; each takes some multiple of its size meanwhile. */
  private static final int READERS = 2;

  private final Vertx vertx;
  private final LlmSettings settings;
  private final Clearance clearance;
  private final WorkerExecutor workers;
  private final LlmPreparation preparation;
  private final CredentialWatch watch;
  private final RunningCalls running;
  private final BodyRoom room;
  private final LlmCounters counters = new LlmCounters();
  private final Map<Dialect, Provider> providers = new EnumMap<>(Dialect.class);

  /**
   * @param node the node's name
   * @param clients gives who carries the requests to a provider
   * @param live takes secrets that are in use out of prompts
   * @param watch ends requests with the credential of their client
   * @param running has all that runs, for a stop of the gateway
   * @param spans traces what is asked of models
   */
  public LlmService(
      Vertx vertx,
      LlmSettings settings,
      String node,
      Clearance clearance,
      Function<ProviderSettings, RelayClient> clients,
      LiveSecrets live,
      CredentialWatch watch,
      RunningCalls running,
      ModelSpans spans) {
    this.vertx = vertx;
    this.settings = settings;
    this.clearance = clearance;
    this.watch = watch;
    this.running = running;
    this.room = new BodyRoom(settings.bodiesBytes());
    this.workers = vertx.createSharedWorkerExecutor("chitin-llm", READERS, 60, TimeUnit.SECONDS);
    this.preparation = new LlmPreparation(workers, live);
    for (ProviderSettings provider : settings.providers()) {
      Dialect dialect = provider.dialect();
      providers.put(
          dialect,
          new Provider(
              provider,
              new LlmPlans(provider, node),
              new TokenBudget(dialect.provider(), provider.tokensPerDay(), InstantSource.system()),
              clients.apply(provider),
              spans));
    }
  }

  /** Size of the largest body. */
  public int bodyBytes() {
    return settings.bodyBytes();
  }

  /** Longest that a client may wait while nothing comes. */
  public long longestSilenceMillis() {
    return settings.longestSilenceMillis();
  }

  /** The memory of all bodies. */
  public BodyRoom room() {
    return room;
  }

  public LlmCounters counters() {
    return counters;
  }

  /**
   * Refuses a dialect without a provider, before a body is read for it.
   *
   * @throws ChitinException {@code llm.provider_unknown}
   */
  public void require(Dialect dialect) {
    if (!providers.containsKey(dialect)) {
      throw Problem.of(
              ProblemCode.LLM_PROVIDER_UNKNOWN,
              "This gateway has no provider '" + dialect.provider() + "'.")
          .withRule("providers." + dialect.provider())
          .withHint("An operator names it and its credential in the configuration.")
          .toException();
    }
  }

  /**
   * Carries out what {@code client} asks for and answers it.
   *
   * @param body empty for none
   * @param share what the body has of {@link #room}; given back when it is sent
   * @return completes when all is over and recorded; never fails
   */
  public Future<Void> call(
      LlmRoute route,
      Dialect dialect,
      LlmClient client,
      String callId,
      Bytes body,
      BodyRoom.Share share) {
    Provider provider = Objects.requireNonNull(providers.get(dialect));
    try {
      return carried(run(route, provider, client, callId, share), client, body);
    } catch (ChitinException refused) {
      counters.ended(route, LlmCounters.Outcome.REFUSED);
      share.close();
      client.fail(refused, callId);
      return Future.succeededFuture();
    }
  }

  /** Carries {@code run} out where the end of the credential and of the gateway reach it. */
  private Future<Void> carried(LlmRun run, LlmClient client, Bytes body) {
    Consumer<ChitinException> stop =
        reason -> client.context().runOnContext(now -> run.stop(reason));
    RunningCalls.Request request = running.enter(stop);
    CredentialWatch.Hold hold;
    try {
      hold =
          watch.hold(
              client.caller().credential(),
              () -> stop.accept(CredentialWatch.ended().toException()));
    } catch (ChitinException refused) {
      request.close();
      throw refused;
    }
    return run.run(body)
        .onComplete(
            done -> {
              hold.close();
              request.close();
            });
  }

  private LlmRun run(
      LlmRoute route, Provider provider, LlmClient client, String callId, BodyRoom.Share share) {
    ToolLoopSettings loop = LoopChoice.of(client, route, provider.settings());
    return loop == null
        ? new LlmCall(
            vertx, clearance, counters, preparation, provider, route, client, callId, share)
        : new ToolLoop(
            vertx,
            clearance,
            counters,
            preparation,
            provider,
            loop,
            route,
            client,
            callId,
            share,
            settings.bodyBytes());
  }

  @Override
  public void close() {
    providers.values().forEach(provider -> provider.client().close());
    workers.close().await();
  }
}
