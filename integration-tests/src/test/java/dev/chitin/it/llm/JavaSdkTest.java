package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.InternalServerException;
import com.anthropic.errors.RateLimitException;
import com.anthropic.errors.UnauthorizedException;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import dev.chitin.it.GatewayProcess;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The vendor's SDK for Java as a client of the gateway. */
class JavaSdkTest {
  private static final String TEXT = String.join("", FakeProvider.WORDS);

  private static LlmStage stage;

  @BeforeAll
  static void start() throws Exception {
    stage =
        LlmStage.start(
            ", \"tool_loop\": { \"tools\": [\"fs_list\"] }", ", " + GatewayProcess.HIGH_RATE);
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  private static AnthropicClient client(String key, int retries) {
    return AnthropicOkHttpClient.builder()
        .baseUrl(stage.gateway().url().toString().replaceAll("/$", ""))
        .apiKey(key)
        .maxRetries(retries)
        .build();
  }

  private static MessageCreateParams ask(String model, long tokens) {
    return MessageCreateParams.builder()
        .model(model)
        .maxTokens(tokens)
        .addUserMessage("Hi")
        .build();
  }

  private static String text(Message message) {
    return message.content().stream()
        .flatMap(block -> block.text().stream())
        .map(block -> block.text())
        .collect(Collectors.joining());
  }

  @Test
  void createsStreamsAndAborts() throws Exception {
    AnthropicClient client = client(stage.key(), 0);
    Message message = client.messages().create(ask("normal", 100));
    assertThat(text(message)).isEqualTo(TEXT);
    assertThat(message.usage().inputTokens()).isEqualTo(7);
    try (StreamResponse<RawMessageStreamEvent> stream =
        client.messages().createStreaming(ask("normal", 100))) {
      String said =
          stream.stream()
              .flatMap(event -> event.contentBlockDelta().stream())
              .flatMap(delta -> delta.delta().text().stream())
              .map(delta -> delta.text())
              .collect(Collectors.joining());
      assertThat(said).isEqualTo(TEXT);
    }
    try (StreamResponse<RawMessageStreamEvent> stream =
        client.messages().createStreaming(ask("endless", 100))) {
      assertThat(stream.stream().anyMatch(RawMessageStreamEvent::isContentBlockDelta)).isTrue();
    }
    assertThat(stage.provider().left("endless").words()).isPositive();
    client.close();
  }

  @Test
  void errorsAreTypedAndRetriesWait() {
    AnthropicClient client = client(stage.key(), 0);
    assertThatThrownBy(() -> client.messages().create(ask("rate-always", 100)))
        .isInstanceOf(RateLimitException.class);
    assertThatThrownBy(() -> client.messages().create(ask("normal", 100_000)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("max_tokens: ");
    client.close();
    AnthropicClient stranger = client("not-a-key", 0);
    assertThatThrownBy(() -> stranger.messages().create(ask("normal", 100)))
        .isInstanceOf(UnauthorizedException.class);
    stranger.close();
    AnthropicClient patient = client(stage.key(), 2);
    assertThat(text(patient.messages().create(ask("rate-once", 100)))).isEqualTo(TEXT);
    patient.close();
  }

  @Test
  void aToolLoopIsOneAnswer() {
    AnthropicClient client =
        AnthropicOkHttpClient.builder()
            .baseUrl(stage.gateway().url().toString().replaceAll("/$", ""))
            .apiKey(stage.key())
            .maxRetries(2)
            .putHeader("Chitin-Tool-Loop", "on")
            .build();
    List<List<Speech.Ask>> turns =
        List.of(List.of(new Speech.Ask("t1", "fs_list", "{\"path\":\".\"}")));
    stage.provider().script("lister", "normal", turns);
    Message message = client.messages().create(ask("lister", 100));
    assertThat(text(message)).isEqualTo(TEXT);
    stage.provider().script("lister", "normal", turns);
    try (StreamResponse<RawMessageStreamEvent> stream =
        client.messages().createStreaming(ask("lister", 100))) {
      String said =
          stream.stream()
              .flatMap(event -> event.contentBlockDelta().stream())
              .flatMap(delta -> delta.delta().text().stream())
              .map(delta -> delta.text())
              .collect(Collectors.joining());
      assertThat(said).isEqualTo(TEXT);
    }
    // What failed after a tool had run is not tried again, or the tool would run again.
    int before = stage.provider().asked().size();
    stage.provider().script("lister", "broken", turns);
    assertThatThrownBy(() -> client.messages().create(ask("lister", 100)))
        .isInstanceOf(InternalServerException.class);
    assertThat(stage.provider().asked()).hasSize(before + 2);
    client.close();
  }
}
