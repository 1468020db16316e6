package dev.chitin.it.llm;

import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Requests that the vendors' current SDKs have types for, each named for what it uses: {@code
 * @anthropic-ai/sdk} 1.12.0 and {@code openai} 6.49.0. Some are written as SDKs of other languages
 * write them.
 */
final class CurrentRequests {
  private static final String MESSAGES = "/v1/messages";
  private static final String COUNT = "/v1/messages/count_tokens";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String HI = "{\"role\":\"user\",\"content\":\"Hi\"}";

  private CurrentRequests() {}

  private static Arguments message(String feature, String messages, String more) {
    return Arguments.of(
        "messages: " + feature,
        MESSAGES,
        "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[%s]%s}".formatted(messages, more));
  }

  private static Arguments beta(String feature, String messages, String more) {
    return Arguments.of(
        "messages beta: " + feature,
        MESSAGES + "?beta=true",
        "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[%s]%s}".formatted(messages, more));
  }

  private static Arguments chat(String feature, String messages, String more) {
    return Arguments.of(
        "chat: " + feature,
        CHAT,
        "{\"model\":\"m\",\"messages\":[%s]%s}".formatted(messages, more));
  }

  private static Arguments response(String feature, String more) {
    return Arguments.of("responses: " + feature, RESPONSES, "{\"model\":\"m\",%s}".formatted(more));
  }

  private static Arguments items(String feature, String items) {
    return response(feature, "\"input\":[" + items + "]");
  }

  private static String user(String... blocks) {
    return "{\"role\":\"user\",\"content\":[" + String.join(",", blocks) + "]}";
  }

  private static String model(String... blocks) {
    return "{\"role\":\"assistant\",\"content\":[" + String.join(",", blocks) + "]}";
  }

  /** All of them: name, path, body. */
  static Stream<Arguments> all() {
    return Stream.of(anthropicTurns(), anthropicTools(), anthropicMembers(), chat(), responses())
        .flatMap(each -> each);
  }

  private static Stream<Arguments> anthropicTurns() {
    String use = "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"look\",\"input\":{}}";
    String other = use.replace("t1", "t2");
    String result = "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\"%s}";
    String answered = HI + "," + model(use) + ",%s";
    String text = "{\"type\":\"text\",\"text\":\"x\"}";
    return Stream.of(
        message("two turns of the user", HI + "," + HI, ""),
        message("a prefill", HI + ",{\"role\":\"assistant\",\"content\":\"The answer is\"}", ""),
        message("a model's turn first", "{\"role\":\"assistant\",\"content\":\"x\"}," + HI, ""),
        message("a result without content", answered.formatted(user(result.formatted(""))), ""),
        message(
            "a result with null content",
            answered.formatted(user(result.formatted(",\"content\":null,\"is_error\":null"))),
            ""),
        message(
            "a result with empty content",
            answered.formatted(user(result.formatted(",\"content\":\"\""))),
            ""),
        message(
            "a result with no blocks",
            answered.formatted(user(result.formatted(",\"content\":[]"))),
            ""),
        message(
            "a result of many kinds",
            answered.formatted(
                user(
                    result.formatted(
                        """
                        ,"content":[{"type":"text","text":""},
                        {"type":"image","source":{"type":"url","url":"https://x.example/i.png"}},
                        {"type":"document","source":{"type":"file","file_id":"file_1"},"citations":{"enabled":true}},
                        {"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"c"}]},
                        {"type":"tool_reference","tool_name":"look"}]"""))),
            ""),
        message(
            "several results, then text",
            HI
                + ","
                + model(text, use, other)
                + ","
                + user(result.formatted(""), result.formatted("").replace("t1", "t2"), text),
            ""),
        message(
            "thinking",
            HI
                + ","
                + model(
                    "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"c2ln\"}",
                    "{\"type\":\"redacted_thinking\",\"data\":\"ZGF0YQ==\"}",
                    use)
                + ","
                + user(result.formatted("")),
            ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024,\"display\":\"omitted\"}"),
        message(
            "tools of the provider in the model's turn",
            HI
                + ","
                + model(
                    "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{\"query\":\"q\"}}",
                    "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":[]}",
                    "{\"type\":\"code_execution_tool_result\",\"tool_use_id\":\"srvtoolu_9\",\"content\":{\"type\":\"code_execution_result\",\"stdout\":\"\",\"stderr\":\"\",\"return_code\":0,\"content\":[]}}",
                    "{\"type\":\"bash_code_execution_tool_result\",\"tool_use_id\":\"srvtoolu_8\",\"content\":{\"type\":\"bash_code_execution_tool_result_error\",\"error_code\":\"unavailable\"}}",
                    "{\"type\":\"tool_search_tool_result\",\"tool_use_id\":\"srvtoolu_7\",\"content\":{\"type\":\"tool_search_tool_search_result\",\"tool_references\":[]}}",
                    "{\"type\":\"text\",\"text\":\"x\",\"citations\":null}"),
            ""),
        message(
            "documents and uploads",
            user(
                "{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"JVBERg==\"},\"title\":null,\"context\":null,\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}",
                "{\"type\":\"container_upload\",\"file_id\":\"file_1\"}",
                "{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\":\"file_2\"}}"),
            ""),
        beta(
            "a thread that goes on with a result",
            user(result.formatted(",\"content\":\"1\"")),
            ",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"msg_1\"}"),
        beta(
            "a thread that goes on where it paused",
            "",
            ",\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"msg_1\"}"),
        beta(
            "a compaction, tools of MCP servers and a fallback",
            model(
                    "{\"type\":\"compaction\",\"content\":\"so far\",\"encrypted_content\":null}",
                    "{\"type\":\"mcp_tool_use\",\"id\":\"mcptoolu_1\",\"name\":\"n\",\"server_name\":\"s\",\"input\":{}}",
                    "{\"type\":\"mcp_tool_result\",\"tool_use_id\":\"mcptoolu_1\",\"content\":\"x\",\"is_error\":false}",
                    "{\"type\":\"fallback\",\"from\":{\"model\":\"a\"},\"to\":{\"model\":\"b\"}}",
                    "{\"type\":\"advisor_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":{\"type\":\"advisor_result\",\"text\":\"x\"}}")
                + ","
                + HI,
            ",\"context_management\":{\"edits\":[{\"type\":\"compact_20260112\"},{\"type\":\"clear_tool_uses_20250919\"}]}"));
  }

  private static Stream<Arguments> anthropicTools() {
    return Stream.of(
        message(
            "tools of the provider",
            HI,
            """
            ,"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":null},
            {"type":"web_fetch_20260318","name":"web_fetch"},{"type":"code_execution_20260521","name":"code_execution"},
            {"type":"bash_20250124","name":"bash"},{"type":"text_editor_20250728","name":"str_replace_based_edit_tool"},
            {"type":"memory_20250818","name":"memory"},{"type":"tool_search_tool_bm25_20251119","name":"tool_search_tool_bm25"},
            {"type":"computer_toolset_20260801","configs":{"zoom":null}},{"type":"browser_toolset_20260801"}]"""),
        message(
            "a tool with all its members",
            HI,
            """
            ,"tools":[{"type":null,"name":"look","description":"","input_schema":{"type":"object","properties":null},
            "strict":true,"defer_loading":true,"eager_input_streaming":true,"allowed_callers":["direct"],"input_examples":[{}],
            "cache_control":null}],"tool_choice":{"type":"tool","name":"look","disable_parallel_tool_use":true}"""),
        beta(
            "servers of MCP and their toolsets",
            HI,
            """
            ,"mcp_servers":[{"type":"url","name":"s","url":"https://mcp.example","authorization_token":null}],
            "tools":[{"type":"mcp_toolset","mcp_server_name":"s","name":null,"default_config":{"enabled":true}},
            {"type":"mcp_toolset","mcp_server_name":"t","configs":{"n":{"defer_loading":true}}}]"""),
        beta(
            "an action of a toolset and its answer",
            HI
                + ","
                + model(
                    "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"left_click\",\"toolset_name\":\"computer\",\"input\":{\"x\":1.0}}")
                + ","
                + user(
                    "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"toolset_name\":\"computer\",\"content\":[{\"type\":\"browser_state\",\"tabs\":[]}]}"),
            ",\"tools\":[{\"type\":\"computer_toolset_20260801\"}]"));
  }

  private static Stream<Arguments> anthropicMembers() {
    return Stream.of(
        message(
            "system as blocks, output as a schema",
            HI,
            """
            ,"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}],
            "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}},"effort":"low"},
            "container":"container_1","service_tier":"auto","speed":null,"inference_geo":null,"metadata":{"user_id":null},
            "stop_sequences":[],"temperature":0.0,"top_p":1,"top_k":0,"cache_control":null,"stream":null"""),
        message("an empty system", HI, ",\"system\":\"\""),
        message(
            "messages of the system",
            HI
                + ",{\"role\":\"system\",\"content\":\"Be brief.\",\"clear_at\":\"next_user_message\"},"
                + "{\"role\":\"system\",\"output_config\":{\"effort\":\"low\"}}",
            ""),
        beta(
            "a tool that comes later, and an advisor",
            HI
                + ",{\"role\":\"system\",\"content\":[{\"type\":\"tool_addition\",\"tool\":{\"type\":\"tool_definition\",\"definition\":{\"name\":\"t\",\"input_schema\":{\"type\":\"object\"}}}},"
                + "{\"type\":\"tool_removal\",\"tool\":{\"type\":\"tool_reference\",\"name\":\"t\"}}]}",
            ",\"tools\":[{\"type\":\"advisor_20260301\",\"name\":\"advisor\",\"model\":\"m2\",\"max_tokens\":50}]"),
        beta(
            "a container with skills, fallbacks, a budget",
            HI,
            """
            ,"container":{"id":null,"skills":[{"type":"anthropic","skill_id":"pdf","version":"latest"}]},
            "fallbacks":[{"model":"m2","max_tokens":null},{"model":"m3","max_tokens":50}],
            "output_config":{"task_budget":{"type":"tokens","total":1000}},"thread":{"type":"create"},
            "diagnostics":null,"compaction":null,"billing_policy":null"""),
        Arguments.of(
            "messages: whole numbers of other spellings",
            MESSAGES,
            "{\"model\":\"m\",\"max_tokens\":100.0,\"messages\":[" + HI + "],\"top_k\":1e1}"),
        Arguments.of(
            "count tokens beta: no bound, tools, thinking",
            COUNT + "?beta=true",
            "{\"model\":\"m\",\"messages\":["
                + HI
                + "],\"system\":null,\"tools\":[{\"type\":\"bash_20250124\",\"name\":\"bash\"}],\"thinking\":{\"type\":\"adaptive\"}}"));
  }

  private static Stream<Arguments> chat() {
    String call =
        "{\"role\":\"assistant\",\"content\":%s,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]%s}";
    String tool = "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":%s}";
    return Stream.of(
        chat(
            "parts of every kind",
            user(
                "{\"type\":\"text\",\"text\":\"\"}",
                "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\",\"detail\":\"auto\"}}",
                "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}",
                "{\"type\":\"file\",\"file\":{\"file_id\":\"file_1\"}}"),
            ""),
        chat(
            "roles and names",
            "{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"d\"}],\"name\":\"n\"},{\"role\":\"system\",\"content\":\"s\"},"
                + HI
                + ",{\"role\":\"assistant\",\"content\":null,\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}}"
                + ",{\"role\":\"function\",\"name\":\"f\",\"content\":null}",
            ",\"functions\":[{\"name\":\"f\"}],\"function_call\":\"auto\""),
        chat(
            "a call beside nulls",
            HI
                + ","
                + call.formatted(
                    "null",
                    ",\"refusal\":null,\"audio\":null,\"function_call\":null,\"annotations\":[]")
                + ","
                + tool.formatted("[{\"type\":\"text\",\"text\":\"1\"}]"),
            ""),
        chat("a call without content", HI + "," + call.formatted("\"\"", ""), ""),
        chat(
            "a call that was answered with nothing",
            HI + "," + call.formatted("null", "") + "," + tool.formatted("\"\""),
            ""),
        chat(
            "a refusal as a part, and an answer by voice",
            HI
                + ","
                + model("{\"type\":\"refusal\",\"refusal\":\"no\"}")
                + ",{\"role\":\"assistant\",\"audio\":{\"id\":\"audio_1\"}},"
                + HI,
            ",\"modalities\":[\"text\",\"audio\"],\"audio\":{\"voice\":\"v\",\"format\":\"wav\"}"),
        chat(
            "a custom tool and its call",
            HI
                + ",{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\",\"type\":\"custom\",\"custom\":{\"name\":\"g\",\"input\":\"x\"}}]},"
                + tool.formatted("\"1\""),
            """
            ,"tools":[{"type":"custom","custom":{"name":"g","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"d"}}}},
            {"type":"function","function":{"name":"f","description":null,"parameters":null,"strict":null}}],
            "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}},"parallel_tool_calls":false"""),
        chat(
            "members of every kind",
            HI,
            """
            ,"max_completion_tokens":1e2,"n":2.0,"logprobs":true,"top_logprobs":5,"stream_options":null,"stop":["a"],
            "response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{},"strict":true}},"seed":-1,
            "prediction":{"type":"content","content":[{"type":"text","text":"p"}]},"store":true,"metadata":{"k":"v"},
            "web_search_options":{"user_location":null},"reasoning_effort":"none","verbosity":"low","service_tier":"flex",
            "logit_bias":{"50256":-100},"temperature":0.0,"prompt_cache_key":"k","safety_identifier":"s","user":"u\""""),
        chat(
            "members that are null",
            HI,
            """
            ,"max_completion_tokens":null,"max_tokens":null,"n":null,"stream":null,"tools":null,"stop":null,
            "modalities":null,"audio":null,"metadata":null,"temperature":null,"reasoning_effort":null"""));
  }

  private static Stream<Arguments> responses() {
    String message = "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"}]}";
    String output = "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"1\"}";
    return Stream.of(
            responsesItems(message, output),
            responsesMembers(message),
            Stream.of(
                Arguments.of(
                    "responses: a prompt that names the model",
                    RESPONSES,
                    "{\"prompt\":{\"id\":\"pmpt_1\",\"version\":null,\"variables\":{\"a\":\"b\"}}}"),
                Arguments.of(
                    "responses: a prompt with input and null",
                    RESPONSES,
                    "{\"model\":null,\"prompt\":{\"id\":\"pmpt_1\"},\"input\":\"Hi\"}"),
                Arguments.of(
                    "responses beta",
                    RESPONSES + "?beta=true",
                    "{\"model\":\"m\",\"input\":\"Hi\"}")))
        .flatMap(each -> each);
  }

  private static Stream<Arguments> responsesItems(String message, String output) {
    return Stream.of(
        items(
            "parts of every kind",
            "{\"type\":\"message\",\"role\":\"developer\",\"content\":[{\"type\":\"input_text\",\"text\":\"\"},"
                + "{\"type\":\"input_image\",\"image_url\":null,\"file_id\":\"file_1\",\"detail\":\"auto\"},"
                + "{\"type\":\"input_file\",\"file_url\":\"https://x.example/f\"}]}"),
        items(
            "a message of the model as it was",
            message
                + ",{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"status\":\"completed\",\"phase\":null,"
                + "\"content\":[{\"type\":\"output_text\",\"text\":\"x\",\"annotations\":[],\"logprobs\":[]},{\"type\":\"refusal\",\"refusal\":\"no\"}]}"),
        items(
            "a call, its reasoning, and an answer of parts",
            message
                + ",{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"AAAA\",\"status\":null},"
                + "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\",\"namespace\":\"n\"},"
                + "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"id\":null,\"output\":[{\"type\":\"input_text\",\"text\":\"1\"}]}"),
        items(
            "a reference to a call, and its answer",
            message + ",{\"type\":\"item_reference\",\"id\":\"fc_1\"}," + output),
        items(
            "a reference without a type",
            message + ",{\"id\":\"msg_1\"},{\"id\":\"fc_1\",\"type\":null}," + output),
        items(
            "a message whose type is null", "{\"type\":null,\"role\":\"user\",\"content\":\"x\"}"),
        items(
            "a compaction, and the answer to a call in it",
            "{\"type\":\"compaction\",\"id\":\"cmp_1\",\"encrypted_content\":\"AAAA\"}," + output),
        items(
            "calls of every kind",
            """
            {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}},
            {"type":"computer_call","id":"cu_1","call_id":"u1","action":{"type":"wait"},"pending_safety_checks":[],"status":"completed"},
            {"type":"computer_call_output","call_id":"u1","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,AAAA"}},
            {"type":"file_search_call","id":"fs_1","queries":[],"status":"completed","results":null},
            {"type":"code_interpreter_call","id":"ci_1","code":null,"container_id":"c","outputs":null,"status":"completed"},
            {"type":"image_generation_call","id":"ig_1","result":null,"status":"completed"},
            {"type":"local_shell_call","id":"ls_1","call_id":"s1","action":{"type":"exec","command":["ls"],"env":{}},"status":"completed"},
            {"type":"local_shell_call_output","id":"ls_1","output":"x"},
            {"type":"shell_call","call_id":"s2","action":{"commands":["ls"]}},{"type":"shell_call_output","call_id":"s2","output":[]},
            {"type":"apply_patch_call","call_id":"p1","operation":{"type":"delete_file","path":"f"},"status":"completed"},
            {"type":"apply_patch_call_output","call_id":"p1","status":"completed","output":null},
            {"type":"custom_tool_call","call_id":"x1","name":"g","input":"i"},{"type":"custom_tool_call_output","call_id":"x1","output":""},
            {"type":"mcp_list_tools","id":"m1","server_label":"s","tools":[]},
            {"type":"mcp_approval_request","id":"m2","server_label":"s","name":"n","arguments":"{}"},
            {"type":"mcp_approval_response","approval_request_id":"m2","approve":true,"reason":null},
            {"type":"mcp_call","id":"m3","server_label":"s","name":"n","arguments":"{}","output":null,"error":null},
            {"type":"tool_search_call","arguments":{},"execution":"client","call_id":"k1"},
            {"type":"tool_search_output","execution":"client","call_id":"k1","tools":[{"type":"function","name":"f"}]},
            {"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"f"}]},
            {"type":"program","id":"pg_1","call_id":"g1","code":"c","fingerprint":"f"},
            {"type":"program_output","id":"po_1","call_id":"g1","result":"r","status":"completed"},
            {"type":"compaction_trigger"}"""));
  }

  private static Stream<Arguments> responsesMembers(String message) {
    return Stream.of(
        response("an earlier response and no input", "\"previous_response_id\":\"resp_1\""),
        response(
            "an earlier response and null input",
            "\"previous_response_id\":\"resp_1\",\"input\":null"),
        response(
            "a conversation and empty input", "\"conversation\":{\"id\":\"conv_1\"},\"input\":[]"),
        response(
            "tools of every kind",
            "\"input\":["
                + message
                + """
                ],"tools":[{"type":"web_search"},{"type":"web_search_preview"},{"type":"file_search","vector_store_ids":["v"]},
                {"type":"code_interpreter","container":{"type":"auto"}},{"type":"image_generation","model":"gpt-image-1"},
                {"type":"mcp","server_label":"s","server_url":"https://mcp.example"},{"type":"mcp","server_label":"t","connector_id":"c"},
                {"type":"local_shell"},{"type":"shell"},{"type":"apply_patch"},{"type":"computer"},{"type":"tool_search"},
                {"type":"custom","name":"g","format":{"type":"text"}},{"type":"function","name":"f","parameters":null,"strict":null},
                {"type":"namespace","name":"n","description":"d","tools":[{"type":"function","name":"f"}]}],
                "tool_choice":{"type":"mcp","server_label":"s","name":null}"""),
        response(
            "members of every kind",
            """
            "input":"Hi","instructions":"","max_output_tokens":100.0,"include":["reasoning.encrypted_content"],
            "reasoning":{"effort":"none","summary":null},"text":{"format":{"type":"json_schema","name":"s","schema":{}},"verbosity":"low"},
            "store":false,"truncation":"auto","context_management":[{"type":"compaction","compact_threshold":1000}],
            "max_tool_calls":3,"top_logprobs":0,"temperature":0.0,"stream":false,"stream_options":null,"background":false"""),
        response(
            "members that are null",
            """
            "input":"Hi","instructions":null,"max_output_tokens":null,"previous_response_id":null,"conversation":null,
            "prompt":null,"background":null,"stream":null,"tools":null,"include":null,"metadata":null,"reasoning":null"""));
  }
}
