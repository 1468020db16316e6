package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.llm.Speech.Ask;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** A gateway whose models may use its tools, and what is asked of it and of its provider. */
final class LoopStage implements AutoCloseable {
  static final String MESSAGES = "/v1/messages";
  static final String CHAT = "/v1/chat/completions";
  static final String RESPONSES = "/v1/responses";
  static final String LOOP =
      ", \"tool_loop\": { \"tools\": [\"fs_read\", \"fs_list\", \"process_run\"], \"max_turns\": 3,"
          + " \"max_calls_per_turn\": 4, \"max_bytes\": 200000, \"result_bytes\": 50000 }";

  private final LlmStage llm;

  private LoopStage(LlmStage llm) {
    this.llm = llm;
  }

  /** Its models may use three tools, and its workspace has {@code notes.txt}. */
  static LoopStage start() throws Exception {
    var stage = new LoopStage(LlmStage.start(LOOP, ", " + GatewayProcess.HIGH_RATE));
    Files.writeString(stage.llm.workspace().resolve("notes.txt"), "seven green apples");
    return stage;
  }

  LlmStage llm() {
    return llm;
  }

  /** Each route, whole and as a stream. */
  static Stream<Arguments> everyWay() {
    return Stream.of(MESSAGES, CHAT, RESPONSES)
        .flatMap(path -> Stream.of(Arguments.of(path, ""), Arguments.of(path, ",\"stream\":true")));
  }

  static String body(String path, String model, String more) {
    return switch (path) {
      case MESSAGES -> LlmStage.message(model, more);
      case CHAT -> LlmStage.chat(model, more);
      default -> LlmStage.response(model, more);
    };
  }

  HttpRequest request(String path, String body, String key) {
    return HttpRequest.newBuilder(llm.url(path))
        .header("x-api-key", key)
        .header("content-type", "application/json")
        .header("chitin-tool-loop", "on")
        .header("idempotency-key", "idem")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  /** Asks {@code model} by the stage's own key, with the loop on. */
  LlmStage.Answer loop(String path, String model, String more) throws Exception {
    return llm.send(request(path, body(path, model, more), llm.key()));
  }

  static Ask read(String id, String file) {
    return new Ask(id, "fs_read", "{\"path\":\"" + file + "\"}");
  }

  /** To add to a request: a tool of the client's own, {@code mine}. */
  static String ownTool(String path) {
    String tool =
        switch (path) {
          case MESSAGES -> "{\"name\":\"mine\",\"input_schema\":{\"type\":\"object\"}}";
          case CHAT -> "{\"type\":\"function\",\"function\":{\"name\":\"mine\"}}";
          default -> "{\"type\":\"function\",\"name\":\"mine\"}";
        };
    return ",\"tools\":[" + tool + "]";
  }

  /** A model that asks for these tools in one turn, and then speaks. */
  String asking(Ask... asks) {
    String model = "asking-" + LlmStage.random();
    llm.provider().script(model, "normal", List.of(List.of(asks)));
    return model;
  }

  /** What the provider was asked under the name of {@code model}. */
  List<FakeProvider.Asked> asked(String model) {
    return llm.provider().asked().stream().filter(a -> a.body().contains(model)).toList();
  }

  /** What the model was told of the tools of its last turn. */
  String told(String model) {
    return asked(model).getLast().body();
  }

  /** The log's entries of the loop that ended with {@code answer}. */
  List<String> entries(LlmStage.Answer answer) throws Exception {
    String call = answer.field("chitin-call-id");
    assertThat(call).startsWith("call_");
    return llm.audit().stream().filter(line -> line.contains(call)).toList();
  }

  /** The phases of one call, oldest first. */
  static List<String> phases(List<String> entries, String call) {
    return entries.stream()
        .filter(e -> e.contains(call) && e.contains("\"phase\""))
        .map(e -> e.replaceAll(".*\"phase\":\"([A-Za-z]+)\".*", "$1"))
        .toList();
  }

  /** A new key of an agent with these scopes, or with those of its role. */
  String key(String name, String... scopes) throws Exception {
    return Json.text(made(name, scopes), "key");
  }

  JsonValue.Obj made(String name, String... scopes) throws Exception {
    List<String> line =
        new ArrayList<>(List.of("key", "create", "--name", name, "--role", "agent", "--json"));
    for (String scope : scopes) {
      Collections.addAll(line, "--scope", scope);
    }
    GatewayProcess.Result made = llm.gateway().run(line.toArray(String[]::new));
    assertThat(made.exit()).as(made.err()).isZero();
    return Json.object(made.out());
  }

  @Override
  public void close() {
    llm.close();
  }
}
