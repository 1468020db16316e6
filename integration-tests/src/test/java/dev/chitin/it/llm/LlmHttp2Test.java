package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.it.Await;
import dev.chitin.it.GatewayProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that speak HTTP/2 with the gateway, on the routes of providers. */
class LlmHttp2Test {
  private static final String MESSAGES = "/v1/messages";
  private static final String STREAM = ",\"stream\":true";
  private static final String TEXT = String.join("", FakeProvider.WORDS);

  private static Path directory;
  private static LlmStage stage;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("chitin-h2-");
    SelfSigned own = SelfSigned.make(directory, "gateway", "127.0.0.1");
    stage =
        LlmStage.start(
            "",
            ", \"gateway\": { \"tls\": { \"cert\": \"%s\", \"key\": \"%s\" } }"
                .formatted(own.certificate(), own.key()));
    http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_2)
            .sslContext(own.trusting())
            .build();
  }

  @AfterAll
  static void stop() throws Exception {
    http.shutdownNow();
    stage.close();
    GatewayProcess.removeHome(Files.createDirectories(directory.resolve("home")));
  }

  private static HttpRequest ask(String path, String body) {
    return stage.request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", STREAM})
  void anAnswerComesWhole(String more) throws Exception {
    for (HttpRequest request :
        List.of(
            ask(MESSAGES, LlmStage.message("normal", more)),
            ask("/v1/chat/completions", LlmStage.chat("normal", more)),
            ask("/v1/responses", LlmStage.response("normal", more)))) {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.body()).contains(more.isEmpty() ? TEXT : "\" provider\"");
    }
  }

  @Test
  void anAnswerThatBreaksOffDoesNotEndAsIfItWereWhole() {
    HttpRequest promising = ask(MESSAGES, LlmStage.message("promising", ""));
    assertThatThrownBy(() -> http.send(promising, HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aBodyThatNobodyAnnouncedIsRefusedWhereThereIsNone() throws Exception {
    HttpRequest.Builder open = stage.request("/v1/sessions");
    HttpResponse<String> none =
        http.send(
            open.POST(HttpRequest.BodyPublishers.noBody()).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(none.statusCode()).as(none.body()).isEqualTo(201);
    HttpRequest.BodyPublisher unannounced =
        HttpRequest.BodyPublishers.fromPublisher(
            HttpRequest.BodyPublishers.ofString("{\"role\":\"admin\"}"));
    HttpResponse<String> some =
        http.send(open.POST(unannounced).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(some.statusCode()).as(some.body()).isEqualTo(400);
    assertThat(some.body()).contains("This route takes no body.");
  }

  @Test
  void theHeadAloneCanBeAskedFor() throws Exception {
    HttpResponse<String> live =
        http.send(
            HttpRequest.newBuilder(stage.url("/health/live")).HEAD().build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(live.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(live.statusCode()).isEqualTo(200);
    assertThat(live.headers().firstValue("content-length")).isPresent();
    HttpResponse<String> refused =
        http.send(stage.request(MESSAGES).HEAD().build(), HttpResponse.BodyHandlers.ofString());
    assertThat(refused.statusCode()).isEqualTo(405);
  }

  @Test
  void aRefusalIsOfTheVendorsShape() throws Exception {
    HttpResponse<String> answer =
        http.send(
            ask(MESSAGES, LlmStage.message("normal", "").replace("100", "9999")),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("invalid_request_error").contains("max_tokens: ");
    assertThat(answer.headers().firstValue("request-id")).isPresent();
  }

  @Test
  void aStreamThatIsLeftIsResetAtTheProviderAndOthersOfTheConnectionGoOn() throws Exception {
    HttpResponse<InputStream> left =
        http.send(
            ask(MESSAGES, LlmStage.message("endless", STREAM)),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(left.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(left.body().read()).isPositive();
    CompletableFuture<HttpResponse<String>> other =
        http.sendAsync(
            ask(MESSAGES, LlmStage.message("slow", STREAM)), HttpResponse.BodyHandlers.ofString());
    // Closing what is read resets the stream and leaves the connection.
    left.body().close();
    assertThat(stage.provider().left("endless").words()).isPositive();
    assertThat(other.get().body()).contains("message_stop");
  }

  @Test
  void aRequestThatIsTakenBackBeforeTheAnswerIsResetAtTheProvider() throws Exception {
    CompletableFuture<HttpResponse<String>> silent =
        http.sendAsync(
            ask(MESSAGES, LlmStage.message("silent", "")), HttpResponse.BodyHandlers.ofString());
    Await.until(
        "the request at the provider",
        () -> stage.provider().asked().stream().anyMatch(a -> a.body().contains("\"silent\"")));
    silent.cancel(true);
    assertThat(stage.provider().left("silent").words()).isZero();
  }

  @Test
  void anErrorAfterTheFirstWordComesAsAnEvent() throws Exception {
    HttpResponse<String> answer =
        http.send(
            ask(MESSAGES, LlmStage.message("cut-after-first", STREAM)),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).contains("event: error").contains("api_error");
  }
}
