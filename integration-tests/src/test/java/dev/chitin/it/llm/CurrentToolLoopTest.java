package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.llm.FakeProvider.Raw;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What models say today goes back to them in the tool loop as they said it, and what is the
 * client's to answer gets to the client.
 */
class CurrentToolLoopTest {
  /** A message defines a tool in the middle of a conversation. */
  private static final String DEFINING =
      "{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"system\",\"content\":[{\"type\":\"tool_addition\",\"tool\":{\"type\":\"tool_definition\",\"definition\":{\"name\":\"mine\",\"input_schema\":{\"type\":\"object\"}}}}]}";

  private static final String MESSAGES = LoopStage.MESSAGES;
  private static final String CHAT = LoopStage.CHAT;
  private static final String RESPONSES = LoopStage.RESPONSES;
  private static final String TEXT = String.join("", FakeProvider.WORDS);
  private static final String READ = "\"name\":\"fs_read\",\"input\":{\"path\":\"notes.txt\"}}";
  private static final String USE = "{\"type\":\"tool_use\",\"id\":\"t1\"," + READ;
  private static final String SEARCH =
      "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\",\"name\":\"web_search\",\"input\":{\"query\":\"q\"}}";
  private static final String FOUND =
      "{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"srvtoolu_1\",\"content\":[{\"type\":\"web_search_result\",\"encrypted_content\":\"AAAA\",\"n\":1.0}]}";
  private static final String CLICK =
      "{\"type\":\"tool_use\",\"id\":\"u1\",\"name\":\"fs_read\",\"toolset_name\":\"computer\",\"input\":{\"path\":\"notes.txt\"}}";

  private static LoopStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage = LoopStage.start();
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  private static String model(Raw... answers) {
    String model = "current-" + LlmStage.random();
    stage.llm().provider().answers(model, answers);
    return model;
  }

  /** A whole message of the Messages API. */
  private static Raw said(String reason, String more, String... blocks) {
    return Raw.json(
        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[%s],\"stop_reason\":\"%s\"%s,\"usage\":{\"input_tokens\":7,\"output_tokens\":5}}"
            .formatted(String.join(",", blocks), reason, more));
  }

  private static String event(String type, String rest) {
    return "event: %s\ndata: {\"type\":\"%s\"%s}\n\n".formatted(type, type, rest);
  }

  private static String block(int index, String begun, String... deltas) {
    StringBuilder events = new StringBuilder();
    events.append(
        event("content_block_start", ",\"index\":%d,\"content_block\":%s".formatted(index, begun)));
    for (String delta : deltas) {
      events.append(
          event("content_block_delta", ",\"index\":%d,\"delta\":%s".formatted(index, delta)));
    }
    return events + event("content_block_stop", ",\"index\":" + index);
  }

  private static Raw streamed(String reason, String more, String... blocks) {
    return Raw.events(
        event("message_start", ",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":7}}")
            + String.join("", blocks)
            + event(
                "message_delta",
                ",\"delta\":{\"stop_reason\":\"%s\"%s},\"usage\":{\"output_tokens\":5}"
                    .formatted(reason, more))
            + event("message_stop", ""));
  }

  private static String useEvents(int index) {
    return block(
        index,
        "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"fs_read\",\"input\":{}}",
        "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"path\\\":\"}",
        "{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"notes.txt\\\"}\"}");
  }

  private static LlmStage.Answer loop(String path, String model, String more) throws Exception {
    LlmStage.Answer answer = stage.loop(path, model, more);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer;
  }

  @Test
  void everyBlockOfATurnGoesBackAsItWas() throws Exception {
    List<String> blocks =
        List.of(
            "{\"type\":\"thinking\",\"thinking\":\"Hm.\",\"signature\":\"c2ln\"}",
            "{\"type\":\"redacted_thinking\",\"data\":\"ZGF0YQ==\"}",
            SEARCH,
            FOUND,
            "{\"type\":\"text\",\"text\":\"It says\",\"citations\":[{\"type\":\"web_search_result_location\",\"cited_text\":\"c\"}]}",
            "{\"type\":\"compaction\",\"content\":\"so far\",\"encrypted_content\":\"AAAA\"}",
            "{\"type\":\"a_block_of_later\",\"x\":[1e2]}",
            USE,
            USE.replace("t1", "t2").replace("notes", "other"));
    String model = model(said("tool_use", "", blocks.toArray(String[]::new)));
    loop(MESSAGES, model, "");
    String all = String.join(",", blocks);
    assertThat(stage.told(model))
        .contains("{\"role\":\"assistant\",\"content\":[" + all + "]}")
        .contains("seven green apples", "\"tool_use_id\":\"t2\"");
  }

  @Test
  void everyBlockOfAStreamGoesBackAsItWas() throws Exception {
    String model =
        model(
            streamed(
                "tool_use",
                "",
                block(
                    0,
                    "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}",
                    "{\"type\":\"thinking_delta\",\"thinking\":\"H\",\"estimated_tokens\":null}",
                    "{\"type\":\"thinking_delta\",\"thinking\":\"m.\"}",
                    "{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}"),
                block(1, "{\"type\":\"redacted_thinking\",\"data\":\"ZGF0YQ==\"}"),
                block(
                    2,
                    SEARCH.replace("{\"query\":\"q\"}", "{}"),
                    "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"query\\\":\\\"q\\\"}\"}"),
                block(3, FOUND),
                block(
                    4,
                    "{\"type\":\"text\",\"text\":\"\",\"citations\":null}",
                    "{\"type\":\"citations_delta\",\"citation\":{\"type\":\"char_location\"}}",
                    "{\"type\":\"text_delta\",\"text\":\"It says\"}"),
                block(
                    5,
                    "{\"type\":\"compaction\",\"content\":null}",
                    "{\"type\":\"compaction_delta\",\"content\":\"so far\",\"encrypted_content\":\"AAAA\"}"),
                useEvents(6)));
    loop(MESSAGES, model, ",\"stream\":true");
    assertThat(stage.told(model))
        .contains("{\"type\":\"thinking\",\"thinking\":\"Hm.\",\"signature\":\"c2ln\"}")
        .contains("{\"type\":\"redacted_thinking\",\"data\":\"ZGF0YQ==\"}")
        .contains(SEARCH, FOUND, USE)
        .contains(
            "{\"type\":\"text\",\"text\":\"It says\",\"citations\":[{\"type\":\"char_location\"}]}")
        .contains("{\"type\":\"compaction\",\"content\":\"so far\",\"encrypted_content\":\"AAAA\"}")
        .contains("seven green apples");
  }

  @Test
  void anActionOfAToolsetIsTheClientsWhateverItsName() throws Exception {
    String tools = ",\"tools\":[{\"type\":\"computer_toolset_20260801\"}]";
    String model = model(said("tool_use", "", CLICK));
    assertThat(loop(MESSAGES, model, tools).text()).contains(CLICK);
    assertThat(stage.asked(model)).hasSize(1);
    model = model(streamed("tool_use", "", block(0, CLICK)));
    assertThat(loop(MESSAGES, model, tools + ",\"stream\":true").text()).contains(CLICK);
    assertThat(stage.asked(model)).hasSize(1);
    // In a turn with a tool of the gateway it is asked for again.
    model = model(said("tool_use", "", CLICK, USE), said("tool_use", "", CLICK));
    LlmStage.Answer answer = loop(MESSAGES, model, tools);
    assertThat(answer.text()).contains(CLICK).doesNotContain("t1");
    assertThat(answer.field("chitin-loop-calls")).isEqualTo("1");
    assertThat(stage.told(model))
        .contains("\"tool_use_id\":\"u1\",\"toolset_name\":\"computer\"")
        .contains("answered by the client")
        .contains("seven green apples");
  }

  @Test
  void aToolThatAMessageDefinesIsTheClients() throws Exception {
    String model = stage.asking(new Speech.Ask("t1", "mine", "{}"));
    String body =
        "{\"model\":\"%s\",\"max_tokens\":100,\"messages\":[%s]}".formatted(model, DEFINING);
    LlmStage.Answer answer = stage.llm().send(stage.request(MESSAGES, body, stage.llm().key()));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.text()).contains("\"tool_use\"").contains("\"mine\"");
    assertThat(stage.asked(model)).hasSize(1);
    body = body.replace("\"mine\"", "\"fs_read\"");
    answer = stage.llm().send(stage.request(MESSAGES, body, stage.llm().key()));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message"))
        .startsWith("messages.1.content.0.tool.definition.name: 'fs_read'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"stream\":true"})
  void aPauseAfterAToolIsGoneOnFrom(String more) throws Exception {
    boolean stream = !more.isEmpty();
    String model =
        stream
            ? model(
                streamed("tool_use", "", useEvents(0)),
                streamed("pause_turn", "", block(0, SEARCH)))
            : model(said("tool_use", "", USE), said("pause_turn", "", SEARCH));
    LlmStage.Answer answer = loop(MESSAGES, model, more);
    assertThat(answer.text()).contains(FakeProvider.WORDS.getLast()).doesNotContain("pause_turn");
    assertThat(stage.asked(model)).hasSize(3);
    String paused = "{\"role\":\"assistant\",\"content\":[" + SEARCH + "]}]";
    assertThat(stage.told(model)).contains("seven green apples").contains(paused);
  }

  @Test
  void aPauseBeforeAnyToolIsTheClients() throws Exception {
    String model = model(said("pause_turn", "", SEARCH));
    LlmStage.Answer answer = loop(MESSAGES, model, "");
    assertThat(answer.text()).contains("pause_turn").contains(SEARCH);
    assertThat(stage.asked(model)).hasSize(1);
  }

  @Test
  void pausesAreTurnsAndHaveTheirBound() throws Exception {
    Raw paused = said("pause_turn", "", SEARCH);
    String model = model(said("tool_use", "", USE), paused, paused, paused);
    LlmStage.Answer answer = stage.loop(MESSAGES, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.text()).contains("tool_loop.max_turns");
    assertThat(stage.asked(model)).hasSize(3);
  }

  @Test
  void aContainerHoldsForTheTurnsThatFollow() throws Exception {
    String container =
        ",\"container\":{\"id\":\"container_1\",\"expires_at\":\"t\",\"skills\":null}";
    String model = model(said("tool_use", container, USE));
    loop(MESSAGES, model, "");
    assertThat(stage.told(model)).contains("\"container\":\"container_1\"");
    model = model(streamed("tool_use", container, useEvents(0)));
    loop(MESSAGES, model, ",\"stream\":true,\"container\":{\"skills\":[{\"skill_id\":\"pdf\"}]}");
    assertThat(stage.told(model))
        .contains("\"container\":{\"skills\":[{\"skill_id\":\"pdf\"}],\"id\":\"container_1\"}");
  }

  @Test
  void aThreadOfTheProviderDoesNotGoWithALoop() throws Exception {
    String model = model();
    LlmStage.Answer answer = stage.loop(MESSAGES, model, ",\"thread\":{\"type\":\"create\"}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("thread: ");
    assertThat(stage.asked(model)).isEmpty();
  }

  private static String chunk(String delta, String finish) {
    return "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n"
        .formatted(delta, finish);
  }

  @Test
  void whatOneProviderAddsToACallGoesBackToIt() throws Exception {
    String model =
        model(
            Raw.events(
                chunk(
                        "{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"H\"}]}",
                        "null")
                    + chunk(
                        "{\"reasoning_content\":\"Hm.\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"c2ln\"}]}",
                        "null")
                    + chunk(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"extra_content\":{\"google\":{\"thought_signature\":\"AAAA\"}},\"function\":{\"name\":\"fs_read\",\"arguments\":\"{\\\"path\\\":\"}}]}",
                        "null")
                    + chunk(
                        "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"notes.txt\\\"}\"}}]}",
                        "null")
                    + chunk("{}", "\"tool_calls\"")
                    + "data: [DONE]\n\n"));
    loop(CHAT, model, ",\"stream\":true");
    assertThat(stage.told(model))
        .contains("seven green apples")
        .contains("\"reasoning_content\":\"Hm.\"")
        .contains("\"extra_content\":{\"google\":{\"thought_signature\":\"AAAA\"}}")
        .contains(
            "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"H\"},{\"type\":\"reasoning.text\",\"signature\":\"c2ln\"}]");
  }

  @Test
  void aWholeMessageOfChatCompletionsGoesBackAsItWas() throws Exception {
    String message =
        "{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"annotations\":[],\"reasoning_content\":\"Hm.\",\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"fs_read\",\"arguments\":\"{\\\"path\\\":\\\"notes.txt\\\"}\"},\"extra_content\":{\"x\":1.0}}]}";
    String model =
        model(
            Raw.json(
                "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":"
                    + message
                    + ",\"logprobs\":null,\"finish_reason\":\"tool_calls\"}]}"));
    assertThat(loop(CHAT, model, "").text()).contains(TEXT);
    assertThat(stage.told(model)).contains(message).contains("seven green apples");
  }

  @Test
  void anIdThatCarriesAThoughtIsAnId() throws Exception {
    String id = "call_1__thought__" + "A".repeat(4_000);
    String model = model(said("tool_use", "", USE.replace("t1", id)), said("end_turn", "", SEARCH));
    loop(MESSAGES, model, "");
    assertThat(stage.told(model)).contains("\"tool_use_id\":\"" + id + "\"");
    String nameless = USE.replace("fs_read", "f".repeat(257));
    LlmStage.Answer answer = stage.loop(MESSAGES, model(said("tool_use", "", nameless)), "");
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.error("message")).contains("without a usable name");
  }

  private static final String ITEM =
      "{\"type\":\"function_call\",\"id\":\"fc_1\",\"status\":\"completed\",\"call_id\":\"%s\",\"name\":\"%s\",\"arguments\":\"{\\\"path\\\":\\\"notes.txt\\\"}\"%s}";

  private static Raw response(boolean stream, String... items) {
    String response =
        "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"error\":null,\"output\":["
            + String.join(",", items)
            + "],\"usage\":{\"input_tokens\":7,\"output_tokens\":5}}";
    return stream
        ? Raw.events(event("response.completed", ",\"response\":" + response))
        : Raw.json(response);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"stream\":true"})
  void everyItemGoesBackAsItWas(String more) throws Exception {
    String items =
        "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"AAAA\"},"
            + "{\"type\":\"message\",\"id\":\"m_1\",\"role\":\"assistant\",\"status\":\"completed\",\"phase\":\"commentary\",\"content\":[{\"type\":\"output_text\",\"text\":\"Looking\",\"annotations\":[]}]},"
            + "{\"type\":\"web_search_call\",\"id\":\"ws_1\",\"status\":\"completed\"},"
            + "{\"type\":\"an_item_of_later\",\"x\":[1e2]},"
            + ITEM.formatted("t1", "fs_read", "")
            + ","
            + ITEM.formatted("t2", "fs_read", "");
    String model = model(response(!more.isEmpty(), items));
    loop(RESPONSES, model, more + ",\"store\":false,\"include\":[\"reasoning.encrypted_content\"]");
    assertThat(stage.told(model))
        .contains(items + ",{\"type\":\"function_call_output\",\"call_id\":\"t1\"")
        .contains("\"call_id\":\"t2\",\"output\":")
        .contains("seven green apples");
  }

  @Test
  void functionsOfNamespacesAndOfTheInputAreTheClients() throws Exception {
    String call = ITEM.formatted("n1", "mine", ",\"namespace\":\"n\"");
    String inner = "\"tools\":[{\"type\":\"function\",\"name\":\"mine\"}]";
    String namespace =
        "\"tools\":[{\"type\":\"namespace\",\"name\":\"n\",\"description\":\"d\"," + inner + "}]";
    for (String more :
        List.of(
            "\"input\":\"Hi\"," + namespace,
            "\"input\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"type\":\"additional_tools\",\"role\":\"developer\","
                + inner
                + "}]",
            "\"input\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"type\":\"tool_search_output\","
                + namespace
                + "}]")) {
      String model = model(response(false, call));
      String body = "{\"model\":\"" + model + "\"," + more + "}";
      LlmStage.Answer answer = stage.llm().send(stage.request(RESPONSES, body, stage.llm().key()));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.text()).contains(call);
      assertThat(stage.asked(model)).hasSize(1);
    }
  }

  @Test
  void aSearchForToolsThatIsTheClientsIsNotLeftOut() throws Exception {
    String search =
        "{\"type\":\"tool_search_call\",\"id\":\"ts_1\",\"call_id\":\"k1\",\"execution\":\"%s\",\"arguments\":{}}";
    String model = model(response(false, search.formatted("client")));
    assertThat(loop(RESPONSES, model, "").text()).contains("tool_search_call");
    model = model(response(false, search.formatted("client"), ITEM.formatted("t1", "fs_read", "")));
    LlmStage.Answer answer = stage.loop(RESPONSES, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.error("message")).contains("along with a tool_search_call");
    model = model(response(false, search.formatted("server"), ITEM.formatted("t1", "fs_read", "")));
    loop(RESPONSES, model, "");
    assertThat(stage.told(model)).contains("tool_search_call").contains("seven green apples");
  }

  @Test
  void aCallThatTheProviderAnsweredItselfIsNotTheClients() throws Exception {
    String shell =
        "{\"type\":\"shell_call\",\"id\":\"s_1\",\"call_id\":\"k1\",\"action\":{\"commands\":[\"ls\"]}}";
    String output =
        "{\"type\":\"shell_call_output\",\"id\":\"o_1\",\"call_id\":\"%s\",\"output\":[]}";
    String call = ITEM.formatted("t1", "fs_read", "");
    String model = model(response(false, shell + "," + output.formatted("k1") + "," + call));
    loop(RESPONSES, model, "");
    assertThat(stage.told(model)).contains("shell_call_output").contains("seven green apples");
    model = model(response(false, shell + "," + output.formatted("k2") + "," + call));
    LlmStage.Answer answer = stage.loop(RESPONSES, model, "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.error("message")).contains("along with a shell_call");
  }

  @Test
  void theAnswerToAProgramNamesIt() throws Exception {
    String caller = "\"caller\":{\"type\":\"program\",\"caller_id\":\"p_1\"}";
    String program = "{\"type\":\"program\",\"id\":\"p\",\"call_id\":\"p_1\",\"code\":\"x\"}";
    String items =
        program
            + ","
            + ITEM.formatted("t1", "fs_read", "," + caller)
            + ","
            + ITEM.formatted("t2", "fs_read", "");
    String model = model(response(false, items));
    loop(RESPONSES, model, "");
    assertThat(stage.told(model))
        .contains(
            "{\"type\":\"function_call_output\",\"call_id\":\"t1\"," + caller + ",\"output\":")
        .contains("{\"type\":\"function_call_output\",\"call_id\":\"t2\",\"output\":");
  }

  @Test
  void aPromptOfTheProviderGoesWithALoop() throws Exception {
    String model = model(response(false, ITEM.formatted("t1", "fs_read", "")));
    String body = "{\"model\":\"" + model + "\",\"prompt\":{\"id\":\"pmpt_1\"},\"input\":null}";
    LlmStage.Answer answer = stage.llm().send(stage.request(RESPONSES, body, stage.llm().key()));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.told(model)).contains("pmpt_1").contains("seven green apples");
  }
}
