package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess;
import dev.chitin.it.OtlpReceiver;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a receiver of traces hears of models: names, counts and codes. */
class ModelTracesTest {
  private static final String SAID = "tell-nobody-" + LlmStage.random();

  private static List<OtlpReceiver.Span> named(OtlpReceiver receiver, String name) {
    return receiver.spans().stream().filter(span -> span.name().equals(name)).toList();
  }

  private static OtlpReceiver.Span parent(OtlpReceiver receiver, OtlpReceiver.Span child) {
    return receiver.spans().stream()
        .filter(span -> span.id().equals(child.parent()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no span asked for " + child.name()));
  }

  @Test
  void eachAnswerOfAModelIsASpanOfItsRequestAndHoldsNothingOfWhatWasSaid() throws Exception {
    try (var receiver = new OtlpReceiver()) {
      String telemetry =
          ", \"telemetry\": { \"otlp\": { \"endpoint\": \"" + receiver.url() + "\" } }";
      try (var stage =
          LlmStage.start(LoopStage.LOOP, telemetry + ", " + GatewayProcess.HIGH_RATE)) {
        Files.writeString(stage.workspace().resolve("notes.txt"), SAID);
        assertThat(stage.post("/v1/messages", said("plain")).status()).isEqualTo(200);
        assertThat(stage.post("/v1/messages", said("overloaded")).status()).isEqualTo(529);
        stage
            .provider()
            .script("asking", "normal", List.of(List.of(LoopStage.read("t", "notes.txt"))));
        assertThat(
                stage
                    .send(
                        stage
                            .request("/v1/messages")
                            .header("chitin-tool-loop", "on")
                            .POST(HttpRequest.BodyPublishers.ofString(said("asking")))
                            .build())
                    .field("chitin-loop-calls"))
            .isEqualTo("1");
        assertThat(stage.gateway().stop()).isZero();
      }
      OtlpReceiver.Span plain = named(receiver, "chat plain").getFirst();
      assertThat(plain.text())
          .contains("gen_ai.operation.name", "gen_ai.provider.name", "anthropic")
          .contains("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
          .doesNotContain("error.type");
      assertThat(parent(receiver, plain).name()).isEqualTo("POST /v1/messages");
      assertThat(named(receiver, "chat overloaded").getFirst().text())
          .contains("error.type", "provider_error");
      List<OtlpReceiver.Span> turns = named(receiver, "chat asking");
      assertThat(turns).hasSize(2);
      turns.forEach(
          turn -> {
            OtlpReceiver.Span tool = named(receiver, "execute_tool fs_read").getFirst();
            assertThat(turn.trace()).isEqualTo(tool.trace());
            assertThat(turn.parent()).isEqualTo(tool.parent());
          });
      assertThat(receiver.everything()).doesNotContain(SAID);
    }
  }

  private static String said(String model) {
    return LlmStage.message(model, ",\"system\":\"" + SAID + "\"");
  }
}
