package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.json.JsonValue;
import org.jspecify.annotations.Nullable;

/** The document of a problem (RFC 9457). */
final class ProblemJson {
  private ProblemJson() {}

  static JsonValue.Obj of(Problem problem, String requestId, @Nullable String callId) {
    JsonValue.Builder document =
        JsonValue.object()
            .put("type", "urn:chitin:problem:" + problem.code().code())
            .put("title", problem.code().title())
            .put("status", problem.code().status())
            .put("code", problem.code().code())
            .put("detail", problem.detail())
            .put("rule", problem.rule())
            .put("hint", problem.hint())
            .put("callId", callId)
            .put("requestId", requestId);
    if (!problem.errors().isEmpty()) {
      document.put(
          "errors",
          new JsonValue.Arr(
              problem.errors().stream()
                  .<JsonValue>map(
                      error ->
                          JsonValue.object()
                              .put("pointer", error.pointer())
                              .put("detail", error.detail())
                              .build())
                  .toList()));
    }
    return document.build();
  }
}
