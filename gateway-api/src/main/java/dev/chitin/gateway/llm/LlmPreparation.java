package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.policy.SealedPlan;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Makes a client's request into what can be decided on: its body is read strictly, checked, freed
 * of secrets that are in use, and planned. The bytes that were checked are the bytes that go on.
 * Large bodies are read by a few workers, since that takes a multiple of their memory.
 */
final class LlmPreparation {
  private static final int ON_EVENT_LOOP = 64 * 1024;
  private static final JsonLimits LIMITS = new JsonLimits(64, 1_000_000, 256 << 20, 256, 100_000);

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
   * @param headers that go on
   * @param body that goes on
   */
  record Prepared(
      SealedPlan plan, @Nullable MessageRequest request, Map<String, String> headers, Bytes body) {}

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
    boolean hasBody = route != LlmRoute.MODELS;
    String query = query(client.request().query());
    return reading(
        body.length(),
        () -> {
          Bytes clean = hasBody ? clean(body) : body;
          MessageRequest request =
              hasBody
                  ? MessageRequest.check(route, provider.settings(), parse(clean), clean.length())
                  : null;
          var draft =
              new LlmPlans.Draft(
                  callId,
                  client.caller().principal(),
                  client.session(),
                  route,
                  query,
                  headers,
                  clean,
                  request == null ? null : request.model());
          return new Prepared(provider.plans().plan(draft, deadline), request, headers, clean);
        });
  }

  /**
   * A request that was read and checked, and is not planned yet.
   *
   * @param document its body without secrets
   */
  record Read(JsonValue.Obj document, MessageRequest request) {}

  /** Reads the body of a request that will not go on as it is. */
  Future<Read> read(LlmRoute route, ProviderSettings provider, Bytes body) {
    return reading(
        body.length(),
        () -> {
          Bytes clean = clean(body);
          JsonValue document = parse(clean);
          MessageRequest request = MessageRequest.check(route, provider, document, clean.length());
          return new Read((JsonValue.Obj) document, request);
        });
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

  /**
   * The body without secrets. Taking one out of a string may take a backslash along, so the rest is
   * read anew; what cannot be read then is refused.
   */
  private Bytes clean(Bytes body) {
    return Bytes.adopt(live.clean("llm.prompt", body.borrow()));
  }

  private static JsonValue parse(Bytes body) {
    try {
      return StrictJson.parse(body.borrow(), LIMITS);
    } catch (JsonSyntaxException e) {
      throw unreadable(e);
    }
  }

  private static ChitinException unreadable(JsonSyntaxException e) {
    return Problem.of(
            ProblemCode.REQUEST_MALFORMED,
            "body: cannot be read: %s (line %d, column %d)"
                .formatted(e.reason(), e.line(), e.column()))
        .withErrors(List.of(new Problem.FieldError(e.pointer(), e.reason())))
        .toException();
  }

  private static @Nullable String query(@Nullable String query) {
    if (query == null || query.isEmpty()) {
      return null;
    }
    if (!query.matches("[A-Za-z0-9_.~%=&-]{1,1024}")) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, "The query is not a plain one.")
          .withHint("Percent-encode what is no letter, digit, '_', '.', '~' or '-'.")
          .toException();
    }
    return query;
  }
}
