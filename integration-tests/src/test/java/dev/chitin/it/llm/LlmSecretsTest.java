package dev.chitin.it.llm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess;
import dev.chitin.it.GatewayProcess.Json;
import java.net.http.HttpRequest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * No secret in use reaches a provider, wherever in a request it stands and however it is written.
 */
class LlmSecretsTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String RANDOM = LlmStage.random();
  private static final String ACCENTED = "pässwört-fake-" + RANDOM;

  private static LlmStage stage;

  /** What the first request after the start came to, which held the provider's own key. */
  private static LlmStage.Answer first;

  private static int askedByFirst;

  @BeforeAll
  static void start() throws Exception {
    stage = LlmStage.start("", ", " + GatewayProcess.HIGH_RATE);
    first =
        stage.post(MESSAGES, LlmStage.message("normal", ",\"note\":\"" + stage.secret() + "\""));
    askedByFirst = stage.provider().asked().size();
    stage.put("accented", ACCENTED);
  }

  @AfterAll
  static void stop() {
    stage.close();
  }

  private static String quoted(String text) {
    return CanonicalJson.string(new JsonValue.Str(text));
  }

  /** As Python's {@code json.dumps} writes it. */
  private static String dumped(String text) {
    return quoted(text)
        .chars()
        .mapToObj(c -> c < 0x80 ? Character.toString(c) : "\\u%04x".formatted(c))
        .collect(Collectors.joining());
  }

  private static LlmStage.Answer post(String more) throws Exception {
    return stage.post(MESSAGES, LlmStage.message("normal", more));
  }

  @Test
  void theFirstRequestAfterAStartDoesNotTakeTheProvidersKeyAlong() throws Exception {
    assertThat(first.status()).as(first.text()).isEqualTo(400);
    assertThat(first.error("message"))
        .startsWith("body: a secret stands in it")
        .doesNotContain(stage.secret());
    assertThat(askedByFirst).isZero();
    String call = first.field("chitin-call-id");
    assertThat(stage.audit().stream().filter(line -> line.contains(call)))
        .as("it was allowed, and not run")
        .anyMatch(line -> line.contains("request.malformed"));
  }

  @Test
  void aPromptGoesOnWithoutTheSecretsInUseAndTheAnswerWithoutTheKey() throws Exception {
    String body =
        LlmStage.message(
            "parrot", ",\"note\":\"my key is " + stage.secret() + "\",\"after\":\"kept\"");
    LlmStage.Answer answer = stage.post(MESSAGES, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().body())
        .isEqualTo(body.replace(stage.secret(), "[chitin:redacted]"));
    // The provider said its credential back: the client does not see it.
    assertThat(stage.provider().last().credential()).isEqualTo("x-api-key");
    assertThat(answer.text()).doesNotContain(stage.secret()).contains("[chitin:redacted]");
    assertThat(stage.gateway().errors()).doesNotContain(stage.secret());
    assertThat(String.join("\n", stage.audit()))
        .doesNotContain(stage.secret())
        .contains("\"provider\":\"llm.prompt\"");
    assertThat(stage.gateway().errors())
        .contains("a secret in use was kept from a model provider (llm.prompt)")
        .doesNotContain("defect of Chitin");
  }

  @Test
  void howeverASecretIsWrittenItIsTakenOut() throws Exception {
    byte[] utf8 = ACCENTED.getBytes(UTF_8);
    for (String written :
        List.of(
            quoted(ACCENTED),
            dumped(ACCENTED),
            dumped(ACCENTED).replace("k", "\\u006b"),
            quoted(ACCENTED).replace("-", "\\u002D"),
            dumped(dumped(ACCENTED)),
            dumped("{\"a\": " + dumped(dumped(ACCENTED)) + "}"),
            quoted("x" + Base64.getEncoder().encodeToString(("u:" + ACCENTED).getBytes(UTF_8))),
            quoted(HexFormat.of().formatHex(utf8)),
            quoted("https://example.com/?k=p%C3%a4ssw%c3%b6rt-fake%2d" + RANDOM))) {
      LlmStage.Answer answer = post(",\"note\":" + written + ",\"after\":[1.0,\"kept\"]");
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      String sent = stage.provider().last().body();
      assertThat(sent)
          .as(written)
          .contains("[chitin:redacted]", "\"after\":[1.0,\"kept\"]}")
          .doesNotContain(RANDOM, RANDOM.substring(8), written);
    }
    post(",\"input\":{" + dumped(ACCENTED) + ":1234567890123456789}");
    assertThat(stage.provider().last().body())
        .as("a name")
        .contains("\"input\":{\"[chitin:redacted]\":1234567890123456789}}");
  }

  @Test
  void whatFollowsASecretStays() throws Exception {
    String result = "{\"apiKey\": " + quoted(stage.secret()) + ", \"n\": 1}";
    for (String text :
        List.of(result, stage.secret() + "\nline two", "a " + stage.secret() + "\\", ACCENTED)) {
      LlmStage.Answer answer = post(",\"note\":" + quoted(text));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(Json.text(Json.object(stage.provider().last().body()), "note"))
          .isEqualTo(
              text.replace(stage.secret(), "[chitin:redacted]")
                  .replace(ACCENTED, "[chitin:redacted]"));
    }
  }

  @Test
  void anErrorTellsOfTheBodyThatTheClientSent() throws Exception {
    String begun = LlmStage.message("normal", ",\"note\":\"" + stage.secret() + "\",");
    LlmStage.Answer answer = stage.post(MESSAGES, begun);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error("message"))
        .startsWith("body: cannot be read")
        .contains("column " + (begun.length() + 1));
  }

  @Test
  void whatCannotBeTakenOutIsRefused() throws Exception {
    stage.put("structured", "\"user\":\"fake-" + RANDOM + "\",\"n\":1");
    int before = stage.provider().asked().size();
    LlmStage.Answer answer = post(",\"x\":{\"user\":\"fake-" + RANDOM + "\",\"n\":1}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("body: a secret that is in use stands in it");
    answer = post(",\"x\":{" + quoted(ACCENTED) + ":1,\"[chitin:redacted]\":2}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith("body: two names in one of its objects");
    assertThat(stage.provider().asked()).hasSize(before);
  }

  @Test
  void fieldsAndQueriesWithASecretAreRefusedByName() throws Exception {
    int before = stage.provider().asked().size();
    for (String secret : List.of(stage.secret(), stage.key())) {
      for (String field : List.of("idempotency-key", "accept")) {
        refused(stage.request(MESSAGES).header(field, secret), field, secret);
      }
      String percent = "%%%02x".formatted((int) secret.charAt(0)) + secret.substring(1);
      refused(stage.request(MESSAGES + "?x=1&y=" + percent), "query", secret);
    }
    refused(stage.request(MESSAGES + "?x=" + stage.secret()), "query", stage.secret());
    refused(
        stage.request(MESSAGES).header("anthropic-beta", "one, " + stage.secret()),
        "anthropic-beta",
        stage.secret());
    HttpRequest.Builder models = stage.request("/v1/models?after=" + stage.secret());
    LlmStage.Answer answer = stage.send(models.GET().build());
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(stage.provider().asked()).hasSize(before);
    answer = post("");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
  }

  private static void refused(HttpRequest.Builder request, String place, String secret)
      throws Exception {
    String body = LlmStage.message("normal", "");
    LlmStage.Answer answer =
        stage.send(request.POST(HttpRequest.BodyPublishers.ofString(body)).build());
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).startsWith(place + ": holds a secret");
    assertThat(answer.text()).doesNotContain(secret);
  }

  @Test
  void theCredentialOfTheClientDoesNotGoOnInTheBody() throws Exception {
    for (String written : List.of(quoted(stage.key()), quoted("Bearer " + stage.key() + "\n"))) {
      LlmStage.Answer answer = post(",\"note\":" + written);
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(stage.provider().last().body())
          .doesNotContain(stage.key())
          .contains("[chitin:redacted]");
    }
    // Of another client it is no secret in use, and a large body is looked at as well.
    String other = stage.gateway().key("another", "agent");
    LlmStage.Answer answer =
        post(",\"note\":" + quoted("x ".repeat(50_000) + stage.key() + " " + other));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(stage.provider().last().body())
        .doesNotContain(stage.key())
        .contains("[chitin:redacted] " + other);
  }
}
