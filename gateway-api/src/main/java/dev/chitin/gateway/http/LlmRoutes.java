package dev.chitin.gateway.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.TraceContext;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.llm.BodyRoom;
import dev.chitin.gateway.llm.CallerTools;
import dev.chitin.gateway.llm.Dialect;
import dev.chitin.gateway.llm.LlmClient;
import dev.chitin.gateway.llm.LlmRoute;
import dev.chitin.gateway.llm.LlmService;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.gateway.session.SessionTable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The routes of model providers: {@code POST /v1/messages}, {@code /v1/messages/count_tokens},
 * {@code /v1/chat/completions} and {@code /v1/responses}, {@code GET /v1/models} and {@code
 * /v1/models/{model}}. A client that leaves ends its request at the provider too.
 */
final class LlmRoutes {
  private static final String JSON = "application/json";
  private static final Operation.Failure ANTHROPIC_ERRORS =
      new Operation.Failure(JSON, "AnthropicError", Map.of(422, 400, 503, 529));
  private static final Operation.Failure OPENAI_ERRORS =
      new Operation.Failure(JSON, "OpenAiError", Map.of(422, 400));

  private final LlmService service;
  private final CallAdmission admission;
  private final SessionTable sessions;
  private final Lingering lingering;
  private final LlmBodyReader bodies;
  private final HttpEdge edge;

  LlmRoutes(Vertx vertx, HttpEdge edge) {
    this.edge = edge;
    this.service = edge.llm();
    this.admission = edge.admission();
    this.sessions = edge.sessions();
    this.lingering = new Lingering(vertx);
    this.bodies =
        new LlmBodyReader(vertx, service.bodyBytes(), edge.settings().bounds().bodyTimeoutMillis());
  }

  List<Route> routes() {
    return Arrays.stream(LlmRoute.values()).map(this::route).toList();
  }

  private Route route(LlmRoute route) {
    return Route.of(
            HttpMethod.valueOf(route.method()),
            route.path(),
            Scope.LLM_CALL,
            route.hasBody() ? Route.Body.JSON_UNREAD : Route.Body.NONE,
            exchange -> answer(route, exchange))
        .withIdempotencyKey()
        .withBodyBytes(service.bodyBytes())
        .described(operation(route));
  }

  private static Operation operation(LlmRoute route) {
    return switch (route) {
      case MESSAGES ->
          streamed("Create a message (Anthropic)", "MessageRequest").failing(ANTHROPIC_ERRORS);
      case COUNT_TOKENS ->
          Operation.of("models", "Count a message's tokens (Anthropic)")
              .takes(JSON, "CountTokensRequest")
              .gives(200, "What the provider answers.", "ProviderAnswer")
              .failing(ANTHROPIC_ERRORS);
      case CHAT -> streamed("Create a completion (OpenAI)", "ChatRequest").failing(OPENAI_ERRORS);
      case RESPONSES ->
          streamed("Create a response (OpenAI)", "ResponsesRequest").failing(OPENAI_ERRORS);
      case MODELS -> listing("List a provider's models");
      case MODEL ->
          listing("Look at one of a provider's models").path("model", "The model's name.");
    };
  }

  private static Operation listing(String summary) {
    return Operation.of("models", summary)
        .header("anthropic-version", "string", "Asks Anthropic; without it OpenAI is asked.")
        .gives(200, "What the provider answers.", "ProviderAnswer")
        .failing(new Operation.Failure(JSON, "ProviderError", Map.of(422, 400)));
  }

  private static Operation streamed(String summary, String request) {
    return Operation.of("models", summary)
        .header("chitin-tool-loop", "string", "on: the model may use the gateway's tools.")
        .takes(JSON, request)
        .gives(200, "What the provider answers, as it comes.", "ProviderAnswer")
        .with(200, "Chitin-Loop-Turns", "In a tool loop, how many turns the model took.")
        .with(200, "Chitin-Loop-Calls", "In a tool loop, how many tools were called.")
        .gives(200, "What the provider answers, as it comes.", "text/event-stream", "Text");
  }

  private void answer(LlmRoute route, Exchange exchange) {
    HttpServerRequest request = exchange.request();
    Dialect dialect = Exchange.dialect(request).orElseThrow();
    try {
      service.require(dialect);
    } catch (RuntimeException refused) {
      exchange.fail(refused, null);
      lingering.drain(request);
      return;
    }
    BodyRoom.Share share = service.room().share();
    if (!route.hasBody()) {
      call(route, dialect, exchange, Bytes.EMPTY, share);
      return;
    }
    exchange.awaitBody();
    bodies
        .read(request, share)
        .onSuccess(body -> call(route, dialect, exchange, body, share))
        .onFailure(
            failure -> {
              share.close();
              exchange.fail(failure, null);
              lingering.drain(request);
            });
  }

  private void call(
      LlmRoute route, Dialect dialect, Exchange exchange, Bytes body, BodyRoom.Share share) {
    String slot = exchange.caller().account();
    Client client;
    try {
      String session = SessionRoutes.named(exchange, sessions);
      client = new Client(exchange, dialect, session, new ExchangeTools(exchange, session, edge));
      admission.enter(slot);
    } catch (RuntimeException refused) {
      share.close();
      exchange.fail(refused, null);
      return;
    }
    service
        .call(route, dialect, client, Ids.next("call_"), body, share)
        .onComplete(done -> admission.leave(slot));
  }

  /** An exchange as the service sees it. */
  private record Client(
      Exchange exchange, Dialect dialect, @Nullable String session, CallerTools tools)
      implements LlmClient {
    @Override
    public HttpServerRequest request() {
      return exchange.request();
    }

    @Override
    public Context context() {
      return exchange.context();
    }

    @Override
    public Caller caller() {
      return exchange.caller();
    }

    @Override
    public String requestId() {
      return exchange.requestId();
    }

    @Override
    public @Nullable TraceContext trace() {
      return exchange.trace();
    }

    @Override
    public HttpServerResponse begin(int status, String contentType) {
      // What the provider says of it comes after this and is put in its place.
      return exchange.begin(status, contentType).putHeader(dialect.requestIdField(), requestId());
    }

    @Override
    public void whenGone(Runnable action) {
      exchange.whenGone(action);
    }

    @Override
    public void write(Buffer piece) {
      exchange.write(piece);
    }

    @Override
    public void end(Buffer last) {
      exchange.endStream(last);
    }

    @Override
    public void fail(Throwable failure, String callId) {
      exchange.fail(failure, callId);
    }
  }
}
