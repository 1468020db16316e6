package dev.chitin.gateway.llm;

import dev.chitin.sandbox.http.RelayedAnswer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What of the head of a provider's answer its client sees.
 *
 * @param status as the provider gave it
 * @param contentType plain; JSON when the provider names none that is
 * @param fields those that pass, by name as they came
 */
record AnswerHead(int status, String contentType, Map<String, String> fields) {
  AnswerHead {
    fields = new TreeMap<>(fields);
  }

  static AnswerHead of(RelayedAnswer answer) {
    Map<String, String> fields = new TreeMap<>();
    for (String name : answer.headerNames()) {
      String value = answer.header(name);
      if (value != null
          && ForwardedFields.passesOut(name, value)
          && ForwardedFields.isPlain(value)) {
        fields.put(name, value);
      }
    }
    String type = answer.header("content-type");
    String shown = type == null || !ForwardedFields.isPlain(type) ? "application/json" : type;
    return new AnswerHead(answer.status(), shown, fields);
  }

  /** Whether a stream of events follows. */
  boolean events() {
    return contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream");
  }

  boolean failed() {
    return status >= 400;
  }

  /** Starts the client's answer with it. */
  HttpServerResponse begin(LlmClient client, String callId) {
    HttpServerResponse response = client.begin(status, contentType);
    response.putHeader("chitin-call-id", callId);
    if (events()) {
      response.putHeader("x-accel-buffering", "no");
    }
    fields.forEach(response::putHeader);
    return response;
  }
}
