package dev.chitin.it.llm;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Answers that the vendors' current SDKs read, each named for what is in it, with what the record
 * of it has to say: how it ended, tokens read, tokens written; no number where none was told.
 */
final class CurrentAnswers {
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";

  private CurrentAnswers() {}

  private static Arguments of(
      String feature,
      String path,
      FakeProvider.Raw raw,
      String end,
      @Nullable Integer read,
      @Nullable Integer said) {
    return Arguments.of(feature, path, raw, end, read, said);
  }

  /** The events of a stream, each named by its type. */
  private static FakeProvider.Raw events(String... data) {
    return FakeProvider.Raw.events(
        Arrays.stream(data)
            .map(
                one -> {
                  String type = one.replaceFirst("(?s).*?\"type\":\"([a-z._]+)\".*", "$1");
                  return "event: " + type + "\ndata: " + one + "\n\n";
                })
            .collect(Collectors.joining()));
  }

  private static FakeProvider.Raw chunks(String... data) {
    return FakeProvider.Raw.events(
        Arrays.stream(data)
            .map(one -> one.startsWith(":") ? one + "\n\n" : "data: " + one + "\n\n")
            .collect(Collectors.joining()));
  }

  private static FakeProvider.Raw json(int status, String body, String... fields) {
    Map<String, String> all = new TreeMap<>(Map.of("content-type", "application/json"));
    for (int i = 0; i < fields.length; i += 2) {
      all.put(fields[i], fields[i + 1]);
    }
    return new FakeProvider.Raw(status, all, body);
  }

  /** All of them. */
  static Stream<Arguments> all() {
    return Stream.of(anthropic(), chat(), responses(), errors()).flatMap(each -> each);
  }

  private static Stream<Arguments> anthropic() {
    String start =
        """
        {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,\
        "container":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":20,"cache_read_input_tokens":null,\
        "cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}}""";
    String stop = "{\"type\":\"message_stop\"}";
    return Stream.of(
        of(
            "a stream of all kinds of blocks",
            MESSAGES,
            events(
                start,
                "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}}",
                "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{}}}",
                "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"query\"}}",
                "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":{\"type\":\"web_search_tool_result_error\",\"error_code\":\"unavailable\"}}}",
                "{\"type\":\"ping\"}",
                "{\"type\":\"an_event_of_later\",\"x\":[1.0]}",
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"pause_turn\",\"stop_sequence\":null,\"container\":null},\"usage\":{\"output_tokens\":5,\"server_tool_use\":{\"web_search_requests\":1}}}",
                stop),
            "completed",
            27,
            5),
        of(
            "a refusal, and counts that are told again",
            MESSAGES,
            events(
                start,
                """
                {"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal"}},"usage":{"input_tokens":8,\
                "cache_creation_input_tokens":0,"cache_read_input_tokens":30,"output_tokens":3,"iterations":[{"type":"message",\
                "input_tokens":8,"cache_read_input_tokens":30,"output_tokens":3}]}}""",
                stop),
            "completed",
            38,
            3),
        of(
            "no usage at all",
            MESSAGES,
            events("{\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}", stop),
            "completed",
            null,
            null),
        of(
            "whole, with nulls",
            MESSAGES,
            json(
                200,
                """
                {"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"x","citations":null}],
                "stop_reason":"model_context_window_exceeded","container":{"id":"c","expires_at":"t","skills":null},
                "usage":{"input_tokens":7,"cache_creation_input_tokens":null,"cache_read_input_tokens":3,"output_tokens":5,
                "server_tool_use":null,"output_tokens_details":{"thinking_tokens":4}}}"""),
            "completed",
            10,
            5));
  }

  private static Stream<Arguments> chat() {
    String word =
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"a\"}";
    String last =
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}";
    return Stream.of(
        of(
            "usage in a chunk without choices",
            CHAT,
            chunks(
                ": PROCESSING",
                "{\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}",
                word,
                last,
                """
                {"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,\
                "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}""",
                "[DONE]"),
            "completed",
            7,
            5),
        of("no usage", CHAT, chunks(word, last, "[DONE]"), "completed", null, null),
        of("no mark of the end", CHAT, chunks(word, last), "completed", null, null),
        of(
            "whole, with a voice of two megabytes",
            CHAT,
            json(
                200,
                """
                {"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"annotations":[],
                "audio":{"id":"a","data":"%s","transcript":"x\\"","expires_at":1}},"finish_reason":"stop"}],
                "usage":{"prompt_tokens":7,"completion_tokens":5}}"""
                    .formatted("AAAA".repeat(500_000))),
            "completed",
            7,
            5));
  }

  private static Stream<Arguments> responses() {
    String created =
        "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r\",\"status\":\"in_progress\",\"error\":null,\"usage\":null}}";
    String usage =
        "\"usage\":{\"input_tokens\":7,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":5,\"output_tokens_details\":{\"reasoning_tokens\":3},\"total_tokens\":12}";
    return Stream.of(
        of(
            "a picture of two megabytes",
            RESPONSES,
            events(
                created,
                "{\"type\":\"response.image_generation_call.partial_image\",\"partial_image_index\":0,\"partial_image_b64\":\"AAAA\"}",
                "{\"type\":\"response.mcp_call.failed\",\"item_id\":\"i\",\"output_index\":0}",
                "{\"type\":\"response.an_event_of_later\",\"x\":1e2}",
                "{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[{\"type\":\"image_generation_call\",\"result\":\""
                    + "AAAA".repeat(500_000)
                    + "\"}],"
                    + usage
                    + "}}"),
            "completed",
            7,
            5),
        of(
            "one that is incomplete",
            RESPONSES,
            events(
                created,
                "{\"type\":\"response.incomplete\",\"response\":{\"id\":\"r\",\"status\":\"incomplete\",\"error\":null,\"incomplete_details\":{\"reason\":\"max_output_tokens\"},"
                    + usage
                    + "}}"),
            "completed",
            7,
            5),
        of(
            "one that failed",
            RESPONSES,
            events(
                created,
                "{\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"x\"},\"usage\":null}}"),
            "provider_error",
            null,
            null));
  }

  private static Stream<Arguments> errors() {
    return Stream.of(
        of(
            "an error of Anthropic with its details",
            MESSAGES,
            json(
                400,
                "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"x\",\"details\":{\"error_code\":\"thread_not_found\"}},\"request_id\":\"req_fake\"}"),
            "provider_error",
            null,
            null),
        of(
            "a limit with all its fields",
            MESSAGES,
            json(
                429,
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"x\"}}",
                "retry-after",
                "2",
                "retry-after-ms",
                "1500",
                "anthropic-ratelimit-input-tokens-remaining",
                "0"),
            "provider_error",
            null,
            null),
        of(
            "an error of OpenAI",
            CHAT,
            json(
                404,
                "{\"error\":{\"message\":\"x\",\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}",
                "x-ratelimit-remaining-requests",
                "9"),
            "provider_error",
            null,
            null),
        of(
            "an error that is no JSON",
            RESPONSES,
            new FakeProvider.Raw(504, Map.of("content-type", "text/html"), "<html></html>"),
            "provider_error",
            null,
            null));
  }
}
