package dev.chitin.gateway.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.TraceContext;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.llm.Dialect;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request that passed the edge, and the one answer to it. Used on one event loop. */
final class Exchange {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

  private final HttpServerRequest request;
  private final Arrival arrival;
  private final @Nullable Caller caller;
  private final Map<String, String> parameters;
  private final LiveSecrets live;
  private final UnsentAnswers unsent;
  private final Context context;
  private Bytes body = Bytes.EMPTY;

  Exchange(
      HttpServerRequest request,
      String requestId,
      @Nullable Caller caller,
      Map<String, String> parameters,
      LiveSecrets live) {
    this(request, new Arrival(requestId, null), caller, parameters, live, new UnsentAnswers());
  }

  Exchange(
      HttpServerRequest request,
      Arrival arrival,
      @Nullable Caller caller,
      Map<String, String> parameters,
      LiveSecrets live,
      UnsentAnswers unsent) {
    this.unsent = unsent;
    this.live = live;
    this.request = request;
    this.arrival = arrival;
    this.caller = caller;
    this.parameters = parameters;
    this.context = Objects.requireNonNull(Vertx.currentContext(), "used on an event loop");
  }

  HttpServerRequest request() {
    return request;
  }

  HttpServerResponse response() {
    return request.response();
  }

  /** The event loop on which the answer is written. */
  Context context() {
    return context;
  }

  String requestId() {
    return arrival.requestId();
  }

  /** What goes with the request over the bus, or null outside of traces. */
  @Nullable TraceContext trace() {
    return arrival.trace();
  }

  /** Whether there is a caller, and the caller has {@code scope}. */
  boolean may(Scope scope) {
    return caller != null && caller.may(scope);
  }

  /** The caller of a route that needs a scope. */
  Caller caller() {
    return Objects.requireNonNull(caller, "the route is open to all and has no caller");
  }

  String parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  Bytes body() {
    return body;
  }

  void setBody(Bytes body) {
    this.body = body;
  }

  /** Answers with JSON. */
  void respond(int status, JsonValue value) {
    if (!response().ended()) {
      byte[] json = CanonicalJson.bytesInOrder(value);
      Buffer line = Buffer.buffer(json.length + 1).appendBytes(json).appendByte((byte) '\n');
      end(begin(status, AnswerFields.JSON), line);
    }
  }

  /** {@code text} without the secrets that leaked into it, which raises an alarm. */
  String clean(String place, String text) {
    return live.clean(place, text);
  }

  /**
   * Ends {@code response} with all of its body. In HTTP/2 nobody else keeps that from who asked by
   * HEAD for the head alone.
   */
  void end(HttpServerResponse response, Buffer body) {
    if (request.method().equals(HttpMethod.HEAD)) {
      response.putHeader("content-length", Integer.toString(body.length())).end();
    } else {
      unsent.end(request, response, body);
    }
  }

  /** Writes a piece of a stream, which counts as unsent until the client takes it. */
  void write(Buffer piece) {
    unsent.write(request, response(), piece);
  }

  /** Ends a stream with its last piece, which counts likewise. */
  void endStream(Buffer last) {
    unsent.end(request, response(), last);
  }

  /** Answers with a status and nothing else. */
  void respond(int status) {
    if (!response().ended()) {
      response().setStatusCode(status).putHeader(AnswerFields.REQUEST_ID, requestId()).end();
    }
  }

  /** Has {@code action} run when the client leaves, or the answer is over with its connection. */
  void whenGone(Runnable action) {
    response()
        .closeHandler(
            gone -> {
              action.run();
              arrival.over();
            });
  }

  /** Starts an answer. */
  HttpServerResponse begin(int status, CharSequence contentType) {
    HttpServerResponse response =
        response()
            .setStatusCode(status)
            .putHeader(AnswerFields.CONTENT_TYPE, contentType)
            .putHeader(AnswerFields.REQUEST_ID, requestId());
    AnswerFields.secure(response);
    return response;
  }

  /** Has a client send its body that waits to be asked for it (RFC 9110, section 10.1.1). */
  void awaitBody() {
    if (BodyForm.isAwaited(request)) {
      response().writeContinue();
    }
  }

  /** Answers with a problem; the cause of a defect goes to the log. */
  void fail(Throwable failure, @Nullable String callId) {
    fail(known(failure).problem(), callId);
  }

  /** Answers with how a call ended that is over: asking again changes nothing. */
  void failForGood(Throwable failure, String callId) {
    answer(known(failure).problem(), callId, false);
  }

  private ChitinException known(Throwable failure) {
    ChitinException known = ChitinException.from(failure);
    if (known instanceof ChitinException.Defect) {
      LOG.error("request {} failed", requestId(), known);
    }
    return known;
  }

  /** The dialect in which errors on the request's path are told; empty for problem documents. */
  static Optional<Dialect> dialect(HttpServerRequest request) {
    return Dialect.of(request.path(), request.headers().contains("anthropic-version"));
  }

  void fail(Problem problem, @Nullable String callId) {
    answer(problem, callId, RetryAfter.helps(problem.code()));
  }

  private void answer(Problem problem, @Nullable String callId, boolean again) {
    if (response().ended() || response().headWritten()) {
      return;
    }
    arrival.problem(problem.code());
    int status = problem.code().status();
    Optional<Dialect> dialect = dialect(request);
    HttpServerResponse response =
        dialect.isPresent()
            ? begin(dialect.get().status(problem), AnswerFields.JSON)
                .putHeader(dialect.get().requestIdField(), requestId())
            : begin(status, "application/problem+json");
    if (status == 401) {
      response.putHeader("www-authenticate", "Bearer realm=\"chitin\"");
    }
    if (again && !response.headers().contains("retry-after")) {
      response.putHeader("retry-after", "1");
    }
    JsonValue document =
        dialect.isPresent()
            ? dialect.get().envelope(problem, requestId())
            : ProblemJson.of(problem, requestId(), callId);
    String text = CanonicalJson.inOrder(document) + "\n";
    end(response, Buffer.buffer(clean("problem", text)));
  }
}
