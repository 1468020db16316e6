package dev.chitin.gateway.llm;

import dev.chitin.bus.TraceContext;
import dev.chitin.gateway.auth.Caller;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/** The client of one request, and the one answer to it. Used on one event loop. */
public interface LlmClient {

  HttpServerRequest request();

  /** The event loop on which the answer is written. */
  Context context();

  Caller caller();

  /** The session that the request names, or null. */
  @Nullable String session();

  String requestId();

  /** The span of the request, or null outside of traces. */
  @Nullable TraceContext trace();

  /** The gateway's tools as this client may use them. */
  CallerTools tools();

  /** Starts an answer. */
  HttpServerResponse begin(int status, String contentType);

  /** Has {@code action} run when the client leaves. */
  void whenGone(Runnable action);

  /** Writes a piece of an answer that has begun. */
  void write(Buffer piece);

  /** Ends an answer that has begun. */
  void end(Buffer last);

  /** Answers with a failure in the route's own shape, unless an answer has begun. */
  void fail(Throwable failure, String callId);
}
