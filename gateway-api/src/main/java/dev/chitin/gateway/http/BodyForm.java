package dev.chitin.gateway.http;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretBytes;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What can be said of a body before it is read: its announced size and its media type. */
final class BodyForm {
  private static final int MOST_DIGITS = 18;

  /** Some clients send {@code {}} where there is nothing to say. */
  private static final int LONGEST_NOTHING = 64;

  private static final Pattern SAYS_NOTHING =
      Pattern.compile("[ \\t\\r\\n]*+(\\{[ \\t\\r\\n]*+})?+[ \\t\\r\\n]*+");

  private final int limit;

  /**
   * @param limit bytes, for routes that have no limit of their own
   */
  BodyForm(int limit) {
    this.limit = limit;
  }

  /** Why {@code request} cannot be one of {@code route}, if so. */
  Optional<Problem> refusal(HttpServerRequest request, Route route) {
    Route.Body body = route.body();
    if (request.headers().contains("idempotency-key") && !route.takesIdempotencyKey()) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_MALFORMED, "This route takes no Idempotency-Key.")
              .withHint("Leave the field out; calls of tools take it."));
    }
    if (request.headers().contains("expect") && !isAwaited(request)) {
      return Optional.of(
          Problem.of(
                  ProblemCode.REQUEST_EXPECTATION_FAILED, "Only 100-continue can be expected here.")
              .withHint("Leave the field Expect out."));
    }
    String length = length(request);
    if (body == Route.Body.NONE
        && (tooLong(length, LONGEST_NOTHING) || request.headers().contains("transfer-encoding"))) {
      return Optional.of(none());
    }
    int most = route.bodyBytes() == 0 ? limit : route.bodyBytes();
    if (body != Route.Body.NONE && tooLong(length, most)) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_TOO_LARGE, "The body is larger than " + most + " bytes.")
              .withHint(larger(route)));
    }
    if (body != Route.Body.NONE && request.headers().getAll("content-type").size() > 1) {
      return Optional.of(
          Problem.of(ProblemCode.REQUEST_UNSUPPORTED_MEDIA_TYPE, "The body has two media types.")
              .withHint("Send Content-Type once."));
    }
    boolean json = body == Route.Body.JSON || body == Route.Body.JSON_UNREAD;
    if (json && !isJson(request.getHeader("content-type"))) {
      return Optional.of(
          Problem.of(
                  ProblemCode.REQUEST_UNSUPPORTED_MEDIA_TYPE,
                  "The body must be application/json, in UTF-8.")
              .withHint("Send Content-Type: application/json."));
    }
    return Optional.empty();
  }

  private static String larger(Route route) {
    return switch (route.body()) {
      case OCTETS -> "A secret has at most " + SecretBytes.MAX_BYTES + " bytes.";
      case JSON_UNREAD -> "Send less, or raise gateway.limits.llm_body_bytes.";
      case JSON, NONE -> "Send less, or raise gateway.limits.body_bytes.";
    };
  }

  /** Whether a body is to be read, if only to see that it says nothing. */
  static boolean isToBeRead(HttpServerRequest request, Route route) {
    return switch (route.body()) {
      case JSON -> true;
      case JSON_UNREAD, OCTETS -> false;
      case NONE -> route.scope() != null && mayCome(request);
    };
  }

  /** In HTTP/2 a body need not be announced. */
  private static boolean mayCome(HttpServerRequest request) {
    return !length(request).equals("0")
        || (request.version() == HttpVersion.HTTP_2
            && !request.method().equals(HttpMethod.GET)
            && !request.method().equals(HttpMethod.HEAD));
  }

  /** Why {@code body} is none for {@code route}, if so: an object without members says nothing. */
  static Optional<Problem> refusal(Bytes body, Route route) {
    if (route.body() != Route.Body.NONE
        || SAYS_NOTHING.matcher(new String(body.borrow(), StandardCharsets.UTF_8)).matches()) {
      return Optional.empty();
    }
    return Optional.of(none());
  }

  private static Problem none() {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, "This route takes no body.")
        .withHint("Send none: path, query and header fields say all.");
  }

  private static String length(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    return length == null ? "0" : length;
  }

  /** Whether a client waits to be told before it sends the body. */
  static boolean isAwaited(HttpServerRequest request) {
    return "100-continue".equalsIgnoreCase(request.getHeader("expect"));
  }

  private static boolean tooLong(String length, int most) {
    boolean isNumber = !length.isEmpty() && length.length() <= MOST_DIGITS && isDigits(length);
    return !isNumber || Long.parseLong(length) > most;
  }

  private static boolean isDigits(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** JSON is UTF-8 (RFC 8259, section 8.1): {@code charset} may say so, and nothing else. */
  private static boolean isJson(@Nullable String type) {
    return type != null
        && MediaType.of(type)
            .filter(json -> json.name().equals("application/json"))
            .filter(
                json ->
                    json.parameters().getOrDefault("charset", "utf-8").equalsIgnoreCase("utf-8"))
            .isPresent();
  }
}
