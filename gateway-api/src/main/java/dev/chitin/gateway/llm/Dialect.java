package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The two ways in which clients of model providers speak, each with the shape of its errors: what
 * its SDKs turn into typed exceptions.
 */
public enum Dialect {
  /** The Messages API. */
  ANTHROPIC("anthropic", "request-id", "x-api-key", "raw"),
  /** Chat Completions and Responses. */
  OPENAI("openai", "x-request-id", "authorization", "bearer");

  private static final String MODELS = "/v1/models";

  private final String provider;
  private final String requestIdField;
  private final String credentialField;
  private final String credentialFormat;

  Dialect(String provider, String requestIdField, String credentialField, String credentialFormat) {
    this.provider = provider;
    this.requestIdField = requestIdField;
    this.credentialField = credentialField;
    this.credentialFormat = credentialFormat;
  }

  /** The name of its provider in the configuration. */
  public String provider() {
    return provider;
  }

  /** The name under which its plans and records stand, a tool's in all but the registry. */
  public String tool() {
    return "llm." + provider;
  }

  /** The header field in which its clients look for the request's id. */
  public String requestIdField() {
    return requestIdField;
  }

  /** The header field that carries the provider's credential. */
  String credentialField() {
    return credentialField;
  }

  /** {@code raw} or {@code bearer}. */
  String credentialFormat() {
    return credentialFormat;
  }

  /**
   * The dialect of a path, empty when it is none of a provider's.
   *
   * @param path of the request, null when it has none
   * @param anthropicVersion whether the request names a version of the Messages API, which tells
   *     the two apart where they share a path
   */
  public static Optional<Dialect> of(@Nullable String path, boolean anthropicVersion) {
    if (path == null) {
      return Optional.empty();
    }
    if (isBelow(path, "/v1/messages")) {
      return Optional.of(ANTHROPIC);
    }
    if (isBelow(path, "/v1/chat/completions") || isBelow(path, "/v1/responses")) {
      return Optional.of(OPENAI);
    }
    return isBelow(path, MODELS)
        ? Optional.of(anthropicVersion ? ANTHROPIC : OPENAI)
        : Optional.empty();
  }

  private static boolean isBelow(String path, String prefix) {
    return path.equals(prefix) || path.startsWith(prefix + "/");
  }

  /** The status under which {@code problem} is answered. */
  public int status(Problem problem) {
    int status = problem.code().status();
    return switch (status) {
      case 422 -> 400;
      case 503 -> this == ANTHROPIC ? 529 : 503;
      default -> status;
    };
  }

  /** The body that answers with {@code problem}. */
  public JsonValue.Obj envelope(Problem problem, String requestId) {
    return switch (this) {
      case ANTHROPIC ->
          JsonValue.object()
              .put("type", "error")
              .put(
                  "error",
                  JsonValue.object()
                      .put("type", anthropicType(status(problem)))
                      .put("message", message(problem))
                      .put("chitin", origin(problem))
                      .build())
              .put("request_id", requestId)
              .build();
      case OPENAI -> JsonValue.object().put("error", openAiError(problem)).build();
    };
  }

  /**
   * An event that ends a stream which had begun, with the empty line before it that ends another.
   */
  String errorEvent(Problem problem, String requestId, boolean typed) {
    JsonValue.Obj envelope = envelope(problem, requestId);
    if (this == OPENAI && typed) {
      envelope =
          JsonValue.object()
              .put("type", "error")
              .put("code", problem.code().code())
              .put("message", message(problem))
              .put("param", JsonValue.Null.VALUE)
              .put("error", openAiError(problem))
              .build();
    }
    String name = this == ANTHROPIC || typed ? "event: error\n" : "";
    return name + "data: " + CanonicalJson.inOrder(envelope) + "\n\n";
  }

  private static JsonValue.Obj openAiError(Problem problem) {
    int status = problem.code().status();
    return JsonValue.object()
        .put("message", message(problem))
        .put("type", openAiType(status))
        .put("param", param(problem))
        .put("code", openAiCode(problem))
        .put("chitin", origin(problem))
        .build();
  }

  /** Which of Chitin's own codes it is, and the rule that decided. */
  private static JsonValue.Obj origin(Problem problem) {
    return JsonValue.object()
        .put("code", problem.code().code())
        .put("rule", problem.rule())
        .put("hint", problem.hint())
        .build();
  }

  private static String message(Problem problem) {
    return problem.hint() == null ? problem.detail() : problem.detail() + " " + problem.hint();
  }

  private static JsonValue param(Problem problem) {
    List<Problem.FieldError> errors = problem.errors();
    boolean named = !errors.isEmpty() && !errors.getFirst().pointer().isEmpty();
    return named ? new JsonValue.Str(errors.getFirst().pointer()) : JsonValue.Null.VALUE;
  }

  private static String anthropicType(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 504 -> "timeout_error";
      case 529 -> "overloaded_error";
      default -> status >= 500 ? "api_error" : "invalid_request_error";
    };
  }

  private static String openAiType(int status) {
    return switch (status) {
      case 429 -> "rate_limit_exceeded";
      default -> status >= 500 ? "server_error" : "invalid_request_error";
    };
  }

  private static String openAiCode(Problem problem) {
    return switch (problem.code().status()) {
      case 401 -> "invalid_api_key";
      case 429 -> "rate_limit_exceeded";
      default -> problem.code().code();
    };
  }
}
