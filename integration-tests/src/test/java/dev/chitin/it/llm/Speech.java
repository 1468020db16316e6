package dev.chitin.it.llm;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.util.List;
import java.util.stream.Collectors;

/** How a provider words its answers: one for each API. All report 7 tokens read and 5 written. */
enum Speech {
  ANTHROPIC {
    @Override
    String whole(String model, String text) {
      return """
          {"id":"msg_1","type":"message","role":"assistant","model":"%s","content":[{"type":"text","text":%s}],\
          "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":5}}"""
          .formatted(model, quoted(text));
    }

    @Override
    String begin(String model) {
      return event(
              "message_start",
              """
              {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"%s",\
              "content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}"""
                  .formatted(model))
          + event(
              "content_block_start",
              "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}")
          + event("ping", "{\"type\":\"ping\"}");
    }

    @Override
    String word(String model, String word) {
      return event(
          "content_block_delta",
          "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":%s}}"
              .formatted(quoted(word)));
    }

    @Override
    String end(String model, String text) {
      return event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}")
          + event(
              "message_delta",
              "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}")
          + event("message_stop", "{\"type\":\"message_stop\"}");
    }

    @Override
    String asks(String model, List<Ask> asks) {
      StringBuilder blocks = new StringBuilder();
      for (Ask ask : asks) {
        blocks.append(
            ",{\"type\":\"tool_use\",\"id\":%s,\"name\":%s,\"input\":%s}"
                .formatted(quoted(ask.id()), quoted(ask.name()), ask.arguments()));
      }
      return """
          {"id":"msg_1","type":"message","role":"assistant","model":"%s","content":[{"type":"text","text":"Looking."}%s],\
          "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":5}}"""
          .formatted(model, blocks);
    }

    @Override
    String askEvents(String model, List<Ask> asks) {
      StringBuilder events = new StringBuilder(begin(model)).append(word(model, "Looking."));
      events.append(event("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}"));
      for (int i = 0; i < asks.size(); i++) {
        Ask ask = asks.get(i);
        events.append(
            event(
                "content_block_start",
                "{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":{\"type\":\"tool_use\",\"id\":%s,\"name\":%s,\"input\":{}}}"
                    .formatted(i + 1, quoted(ask.id()), quoted(ask.name()))));
        int half = ask.arguments().length() / 2;
        for (String part :
            List.of(ask.arguments().substring(0, half), ask.arguments().substring(half))) {
          events.append(
              event(
                  "content_block_delta",
                  "{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":%s}}"
                      .formatted(i + 1, quoted(part))));
        }
        events.append(
            event(
                "content_block_stop",
                "{\"type\":\"content_block_stop\",\"index\":%d}".formatted(i + 1)));
      }
      return events
          + event(
              "message_delta",
              "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}")
          + event("message_stop", "{\"type\":\"message_stop\"}");
    }

    @Override
    String error(String type, String message) {
      return "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},\"request_id\":\"req_fake\"}"
          .formatted(type, message);
    }

    @Override
    String errorEvent() {
      return event("error", error("overloaded_error", "Overloaded."));
    }
  },
  CHAT {
    @Override
    String whole(String model, String text) {
      return """
          {"id":"c_1","object":"chat.completion","created":1,"model":"%s","choices":[{"index":0,"message":\
          {"role":"assistant","content":%s},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,\
          "completion_tokens":5,"total_tokens":12}}"""
          .formatted(model, quoted(text));
    }

    private String chunk(String model, String delta, String finish, String usage) {
      return "data: {\"id\":\"c_1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}],\"usage\":%s}\n\n"
          .formatted(model, delta, finish, usage);
    }

    @Override
    String begin(String model) {
      return chunk(model, "{\"role\":\"assistant\",\"content\":\"\"}", "null", "null");
    }

    @Override
    String word(String model, String word) {
      return chunk(model, "{\"content\":" + quoted(word) + "}", "null", "null");
    }

    @Override
    String end(String model, String text) {
      return chunk(
              model,
              "{}",
              "\"stop\"",
              "{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}")
          + "data: [DONE]\n\n";
    }

    @Override
    String asks(String model, List<Ask> asks) {
      return """
          {"id":"c_1","object":"chat.completion","created":1,"model":"%s","choices":[{"index":0,"message":\
          {"role":"assistant","content":null,"tool_calls":[%s]},"finish_reason":"tool_calls"}],\
          "usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}"""
          .formatted(
              model,
              asks.stream()
                  .map(ask -> call(ask, "", ask.arguments()))
                  .collect(Collectors.joining(",")));
    }

    private static String call(Ask ask, String index, String arguments) {
      return "{%s\"id\":%s,\"type\":\"function\",\"function\":{\"name\":%s,\"arguments\":%s}}"
          .formatted(index, quoted(ask.id()), quoted(ask.name()), quoted(arguments));
    }

    @Override
    String askEvents(String model, List<Ask> asks) {
      StringBuilder events = new StringBuilder(begin(model));
      for (int i = 0; i < asks.size(); i++) {
        Ask ask = asks.get(i);
        String index = "\"index\":%d,".formatted(i);
        int half = ask.arguments().length() / 2;
        events.append(
            chunk(
                model,
                "{\"tool_calls\":[%s]}"
                    .formatted(call(ask, index, ask.arguments().substring(0, half))),
                "null",
                "null"));
        events.append(
            chunk(
                model,
                "{\"tool_calls\":[{%s\"function\":{\"arguments\":%s}}]}"
                    .formatted(index, quoted(ask.arguments().substring(half))),
                "null",
                "null"));
      }
      return events
          + chunk(
              model,
              "{}",
              "\"tool_calls\"",
              "{\"prompt_tokens\":7,\"completion_tokens\":5,\"total_tokens\":12}")
          + "data: [DONE]\n\n";
    }

    @Override
    String error(String type, String message) {
      return "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,\"code\":null}}"
          .formatted(message, type);
    }

    @Override
    String errorEvent() {
      return "data: " + error("server_error", "Overloaded.") + "\n\n";
    }
  },
  RESPONSES {
    private String response(String model, String status, String text, String usage) {
      return """
          {"id":"resp_1","object":"response","created_at":1,"model":"%s","status":"%s","output":[{"type":"message",\
          "id":"m_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":%s,\
          "annotations":[]}]}],"usage":%s}"""
          .formatted(model, status, quoted(text), usage);
    }

    private static final String USAGE =
        "{\"input_tokens\":7,\"output_tokens\":5,\"total_tokens\":12}";

    @Override
    String whole(String model, String text) {
      return response(model, "completed", text, USAGE);
    }

    @Override
    String begin(String model) {
      return event(
          "response.created",
          "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":"
              + response(model, "in_progress", "", "null")
              + "}");
    }

    @Override
    String word(String model, String word) {
      return event(
          "response.output_text.delta",
          "{\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"item_id\":\"m_1\",\"output_index\":0,\"content_index\":0,\"delta\":%s}"
              .formatted(quoted(word)));
    }

    @Override
    String end(String model, String text) {
      return event(
          "response.completed",
          "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
              + response(model, "completed", text, USAGE)
              + "}");
    }

    @Override
    String asks(String model, List<Ask> asks) {
      String calls =
          asks.stream()
              .map(
                  ask ->
                      "{\"type\":\"function_call\",\"id\":\"fc_1\",\"status\":\"completed\",\"call_id\":%s,\"name\":%s,\"arguments\":%s}"
                          .formatted(quoted(ask.id()), quoted(ask.name()), quoted(ask.arguments())))
              .collect(Collectors.joining(","));
      return """
          {"id":"resp_1","object":"response","created_at":1,"model":"%s","status":"completed","output":[%s],"usage":%s}"""
          .formatted(model, calls, USAGE);
    }

    @Override
    String askEvents(String model, List<Ask> asks) {
      return begin(model)
          + event(
              "response.completed",
              "{\"type\":\"response.completed\",\"sequence_number\":9,\"response\":"
                  + asks(model, asks)
                  + "}");
    }

    @Override
    String error(String type, String message) {
      return CHAT.error(type, message);
    }

    @Override
    String errorEvent() {
      return event(
          "error",
          "{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"Overloaded.\",\"param\":null,\"sequence_number\":3}");
    }
  };

  static Speech of(String path) {
    return switch (path) {
      case "/v1/chat/completions" -> CHAT;
      case "/v1/responses" -> RESPONSES;
      default -> ANTHROPIC;
    };
  }

  /**
   * A tool that a model asks for.
   *
   * @param arguments as it writes them, whatever that is
   */
  record Ask(String id, String name, String arguments) {}

  /** An answer that asks for tools. */
  abstract String asks(String model, List<Ask> asks);

  /** The same as a stream. */
  abstract String askEvents(String model, List<Ask> asks);

  abstract String whole(String model, String text);

  abstract String begin(String model);

  abstract String word(String model, String word);

  abstract String end(String model, String text);

  abstract String error(String type, String message);

  abstract String errorEvent();

  private static String event(String name, String data) {
    return "event: " + name + "\ndata: " + data + "\n\n";
  }

  private static String quoted(String text) {
    return CanonicalJson.string(new JsonValue.Str(text));
  }
}
