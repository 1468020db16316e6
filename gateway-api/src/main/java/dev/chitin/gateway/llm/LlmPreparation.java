package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.Presented;
import dev.chitin.policy.SealedPlan;
import dev.chitin.vault.scrub.LiveSecrets;
import dev.chitin.vault.scrub.SecretSearch;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Makes a client's request into what can be decided on: its body is read strictly, freed of secrets
 * that are in use, checked, and planned. The bytes that were checked are the bytes that go on.
 * Large bodies are read by a few workers, since that takes a multiple of their memory.
 */
final class LlmPreparation {
  private static final int ON_EVENT_LOOP = 64 * 1024;

  private final WorkerExecutor workers;
  private final LiveSecrets live;

  /**
   * @param live takes secrets out of prompts
   */
  LlmPreparation(WorkerExecutor workers, LiveSecrets live) {
    this.workers = workers;
    this.live = live;
  }

  /**
   * A request that can be decided on.
   *
   * @param request what is known of the body, null where there is none
   * @param model that is named by the path, or null
   * @param query as the client wrote it, or null
   * @param headers that go on
   * @param body that goes on
   * @param search what it was searched for
   * @param known what of that was known then
   */
  record Prepared(
      SealedPlan plan,
      @Nullable MessageRequest request,
      @Nullable String model,
      @Nullable String query,
      Map<String, String> headers,
      Bytes body,
      SecretSearch search,
      long known) {}

  /**
   * Prepares what {@code client} sent.
   *
   * @param headers that go on, by lower-case name
   * @param body empty for none
   */
  Future<Prepared> prepare(
      LlmRoute route,
      Provider provider,
      LlmClient client,
      String callId,
      Map<String, String> headers,
      Bytes body,
      Deadline deadline) {
    String model = model(route, client.request().path());
    String query = query(client.request().query());
    SecretSearch search = search(client);
    long known = search.known();
    return reading(
        body.length(),
        () -> {
          ForwardedFields.requireNoSecret(search, model, query, headers);
          CleanBody clean = route.hasBody() ? CleanBody.of(body, search) : null;
          MessageRequest request =
              clean == null
                  ? null
                  : MessageRequest.check(
                      route, provider.settings(), clean.document(), clean.bytes().length());
          Bytes bytes = clean == null ? body : clean.bytes();
          var draft =
              new LlmPlans.Draft(
                  callId,
                  client.caller().principal(),
                  client.session(),
                  route,
                  model == null ? route.path() : LlmRoute.MODELS.path() + "/" + model,
                  query,
                  headers,
                  bytes,
                  request == null ? null : request.model());
          SealedPlan plan = provider.plans().plan(draft, deadline);
          return new Prepared(plan, request, model, query, headers, bytes, search, known);
        });
  }

  /**
   * Looks again at what is about to be sent, if a secret came into use since it was looked at: the
   * provider's own does so when it is leased for the first time.
   *
   * @return fails with {@code request.malformed} when such a secret stands in it
   */
  Future<Void> recheck(Prepared prepared) {
    SecretSearch search = prepared.search();
    if (search.known() == prepared.known()) {
      return Future.succeededFuture();
    }
    return reading(
            prepared.body().length(),
            () -> {
              ForwardedFields.requireNoSecret(
                  search, prepared.model(), prepared.query(), prepared.headers());
              if (prepared.request() != null) {
                CleanBody.require(prepared.body(), search);
              }
              return prepared;
            })
        .mapEmpty();
  }

  /**
   * A request that was read and checked, and is not planned yet.
   *
   * @param document its body without secrets
   */
  record Read(JsonValue.Obj document, MessageRequest request) {}

  /** Reads the body of a request that will not go on as it is. */
  Future<Read> read(LlmRoute route, ProviderSettings provider, LlmClient client, Bytes body) {
    SecretSearch search = search(client);
    return reading(
        body.length(),
        () -> {
          CleanBody clean = CleanBody.of(body, search);
          JsonValue document = clean.document();
          MessageRequest request =
              MessageRequest.check(route, provider, document, clean.bytes().length());
          return new Read((JsonValue.Obj) document, request);
        });
  }

  /** Looks for the secrets in use, and for the credential by which {@code client} is known here. */
  SecretSearch search(LlmClient client) {
    MultiMap fields = client.request().headers();
    var presented =
        new Presented(fields.getAll("authorization"), fields.getAll("x-api-key"), List.of());
    return live.search(presented.texts());
  }

  /** Does what takes long for many bytes where it holds nobody up. */
  <T> Future<T> reading(long bytes, Callable<T> work) {
    return bytes > ON_EVENT_LOOP
        ? workers.executeBlocking(work, false).map(Objects::requireNonNull)
        : attempt(work);
  }

  private static <T> Future<T> attempt(Callable<T> work) {
    try {
      return Future.succeededFuture(work.call());
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  /** The model that a path names, where it is the route's to do so. */
  private static @Nullable String model(LlmRoute route, @Nullable String path) {
    if (route != LlmRoute.MODEL) {
      return null;
    }
    String name = path == null ? "" : path.substring(path.lastIndexOf('/') + 1);
    if (!name.matches("[A-Za-z0-9._:@-]{1,256}")) {
      throw Fault.in(
          "model", "is not a plain name: letters, digits and the signs . _ : @ - alone go on");
    }
    return name;
  }

  private static @Nullable String query(@Nullable String query) {
    if (query == null || query.isEmpty()) {
      return null;
    }
    if (!query.matches("[A-Za-z0-9_.~%=&-]{1,1024}")) {
      throw Fault.in(
          "query",
          "is not a plain one; percent-encode what is no letter, digit, '_', '.', '~' or '-'");
    }
    return query;
  }
}
