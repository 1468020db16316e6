package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.scrub.LiveSecrets;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import java.util.Map;

/** Answers what the HTTP decoder refuses, and closes. */
final class InvalidRequests implements Handler<HttpServerRequest> {
  private final LiveSecrets live;
  private final RequestObserver observer;
  private final UnsentAnswers unsent;

  InvalidRequests(LiveSecrets live, RequestObserver observer, UnsentAnswers unsent) {
    this.unsent = unsent;
    this.live = live;
    this.observer = observer;
  }

  @Override
  public void handle(HttpServerRequest request) {
    new Exchange(request, observer.begin(request, () -> {}), null, Map.of(), live, unsent)
        .fail(problem(request.decoderResult().cause()), null);
    request.connection().close();
  }

  private static Problem problem(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException line ->
          Problem.of(ProblemCode.REQUEST_URI_TOO_LONG, "The request line is too long.");
      case TooLongHttpHeaderException header ->
          Problem.of(ProblemCode.REQUEST_HEADERS_TOO_LARGE, "The header fields are too large.");
      case TooLongFrameException frame ->
          Problem.of(ProblemCode.REQUEST_HEADERS_TOO_LARGE, "The header fields are too large.");
      default -> Problem.of(ProblemCode.REQUEST_MALFORMED, "The request is not HTTP/1.1.");
    };
  }
}
