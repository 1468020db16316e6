package dev.chitin.gateway.cli;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Talks to the running gateway through its administration socket. Blocks; for the command line. */
final class AdminClient implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 180;
  private static final int LONGEST_LINE = 1 << 24;

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = vertx.createHttpClient();
  private final SocketAddress address;

  AdminClient(Path socket) {
    this.address = SocketAddress.domainSocketAddress(socket.toString());
  }

  /** Whether a gateway listens at {@code socket}. */
  static boolean listens(Path socket) {
    if (!Files.exists(socket)) {
      return false;
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * An answer.
   *
   * @param status HTTP status
   * @param body the document
   */
  record Answer(int status, JsonValue.Obj body) {
    boolean succeeded() {
      return status < 300;
    }

    /** The document, or a {@link dev.chitin.bus.ChitinException} with the gateway's problem. */
    JsonValue.Obj orThrow() {
      if (!succeeded()) {
        throw problem().toException();
      }
      return body;
    }

    /** The document of a refusal as a problem. */
    Problem problem() {
      ProblemCode code = ProblemCode.INTERNAL;
      String text = string("code");
      for (ProblemCode candidate : ProblemCode.values()) {
        if (candidate.code().equals(text)) {
          code = candidate;
        }
      }
      String detail = string("detail");
      Problem problem = Problem.of(code, detail == null ? code.title() : detail);
      String rule = string("rule");
      problem = rule == null ? problem : problem.withRule(rule);
      String hint = string("hint");
      return (hint == null ? problem : problem.withHint(hint)).withErrors(errors());
    }

    private List<Problem.FieldError> errors() {
      return body.get("errors") instanceof JsonValue.Arr list
          ? list.items().stream()
              .map(item -> item instanceof JsonValue.Obj error ? error : JsonValue.Obj.EMPTY)
              .map(error -> new Problem.FieldError(text(error, "pointer"), text(error, "detail")))
              .toList()
          : List.of();
    }

    private static String text(JsonValue.Obj object, String name) {
      return object.get(name) instanceof JsonValue.Str text ? text.value() : "";
    }

    private @Nullable String string(String name) {
      return body.get(name) instanceof JsonValue.Str text ? text.value() : null;
    }
  }

  /** The answer, or a {@link dev.chitin.bus.ChitinException} with the gateway's own problem. */
  JsonValue.Obj call(HttpMethod method, String path, String type, Buffer body) {
    return exchange(method, path, type, body).orThrow();
  }

  JsonValue.Obj call(HttpMethod method, String path) {
    return call(method, path, "application/json", Buffer.buffer());
  }

  private Answer exchange(HttpMethod method, String path, String type, Buffer body) {
    RequestOptions options = options(method, path).putHeader("content-type", type);
    Future<Answer> answer =
        client
            .request(options)
            .compose(request -> request.send(body))
            .compose(AdminClient::answer)
            .recover(failure -> Future.failedFuture(told(failure)));
    try {
      return answer.await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "The gateway did not answer in time.")
          .toException(e);
    }
  }

  /**
   * A request for {@code path}, whose parts are checked or percent-encoded by those who put it
   * together: what is no target of a request fails here, and not on its way.
   */
  private RequestOptions options(HttpMethod method, String path) {
    return new RequestOptions()
        .setServer(address)
        .setHost("localhost")
        .setPort(80)
        .setMethod(method)
        .setURI(URI.create(path).toString());
  }

  /**
   * One event of a stream.
   *
   * @param name of its kind
   * @param data one line
   */
  record ServerEvent(String name, String data) {}

  /**
   * Reads a stream of server-sent events and hands over each {@code data:} line, until the gateway
   * ends it or {@code takes} has enough.
   *
   * @param takes called on an event loop; false ends the stream
   */
  void stream(String path, Predicate<String> takes) {
    events(HttpMethod.GET, path, Buffer.buffer(), event -> takes.test(event.data()));
  }

  /**
   * Sends a request whose answer is a stream of server-sent events (WHATWG HTML, section 9.2; here
   * with one line of data each) and hands over each, until the gateway ends it or {@code takes} has
   * enough.
   *
   * @param takes called on an event loop; false ends the stream
   */
  void events(HttpMethod method, String path, Buffer body, Predicate<ServerEvent> takes) {
    RequestOptions options = options(method, path).putHeader("accept", "text/event-stream");
    if (body.length() > 0) {
      options.putHeader("content-type", "application/json");
    }
    Promise<Void> ended = Promise.promise();
    RecordParser lines = RecordParser.newDelimited("\n");
    lines.maxRecordSize(LONGEST_LINE);
    lines.exceptionHandler(ended::tryFail);
    var name = new StringBuilder();
    lines.handler(
        line -> {
          String text = line.toString(StandardCharsets.UTF_8);
          if (text.startsWith("event: ")) {
            name.append(text.substring(7));
          } else if (text.isEmpty()) {
            name.setLength(0);
          } else if (text.startsWith("data: ")
              && !takes.test(new ServerEvent(name.toString(), text.substring(6)))) {
            ended.tryComplete();
          }
        });
    client
        .request(options)
        .compose(
            request ->
                request
                    .send(body)
                    .onComplete(sent -> ended.future().onComplete(o -> request.reset())))
        .onFailure(ended::tryFail)
        .onSuccess(
            response -> {
              if (response.statusCode() == 200) {
                response.handler(lines);
                response.exceptionHandler(ended::tryFail);
                response.endHandler(end -> ended.tryComplete());
              } else {
                answer(response)
                    .onComplete(
                        refused -> ended.tryFail(refused.problem().toException()), ended::tryFail);
              }
            });
    ended.future().recover(failure -> Future.failedFuture(told(failure))).await();
  }

  /** What the gateway refused as it was said; else that nothing more comes from it. */
  private static ChitinException told(Throwable failure) {
    return failure instanceof ChitinException said ? said : brokenOff().toException(failure);
  }

  /** The gateway has gone, and with it the answer. */
  static Problem brokenOff() {
    return Problem.of(
            ProblemCode.GATEWAY_UNREACHABLE, "The gateway broke off before it had answered.")
        .withHint("When it runs again, chitin audit tail says what became of what was asked.");
  }

  private static Future<Answer> answer(HttpClientResponse response) {
    return response
        .body()
        .compose(
            body -> {
              try {
                return StrictJson.parse(body.getBytes()) instanceof JsonValue.Obj object
                    ? Future.succeededFuture(new Answer(response.statusCode(), object))
                    : Future.failedFuture(
                        "the gateway answered with something else than an object");
              } catch (JsonSyntaxException e) {
                return Future.failedFuture(e);
              }
            });
  }

  @Override
  public void close() {
    client.close().await();
    vertx.close().await();
  }
}
