package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What providers answer today reaches the client byte for byte, and is counted as it says. */
class CurrentAnswersTest {
  private static LlmStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage = LlmStage.start("", ", " + GatewayProcess.HIGH_RATE);
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  @ParameterizedTest(name = "{1} {0}")
  @MethodSource("dev.chitin.it.llm.CurrentAnswers#all")
  void passes(
      String feature,
      String path,
      FakeProvider.Raw raw,
      String end,
      @Nullable Integer read,
      @Nullable Integer written)
      throws Exception {
    String model = "answers-" + LlmStage.random();
    stage.provider().answers(model, raw);
    boolean stream = raw.fields().toString().contains("event-stream");
    LlmStage.Answer answer =
        stage.post(path, LoopStage.body(path, model, stream ? ",\"stream\":true" : ""));
    assertThat(answer.status()).as(feature).isEqualTo(raw.status());
    assertThat(answer.text()).isEqualTo(raw.body());
    raw.fields().forEach((name, value) -> assertThat(answer.field(name)).isEqualTo(value));
    assertThat(answer.field(path.equals("/v1/messages") ? "request-id" : "x-request-id"))
        .isEqualTo("req_fake");
    String call = answer.field("chitin-call-id");
    List<String> entries = stage.audit().stream().filter(line -> line.contains(call)).toList();
    assertThat(entries.getLast()).contains("\"status\":\"" + end + "\"");
    counted(entries.getLast(), "input_tokens", read);
    counted(entries.getLast(), "output_tokens", written);
  }

  private static void counted(String entry, String name, @Nullable Integer tokens) {
    if (tokens == null) {
      assertThat(entry).doesNotContainPattern("\"" + name + "\":[0-9]");
    } else {
      assertThat(entry).contains("\"" + name + "\":" + tokens);
    }
  }
}
