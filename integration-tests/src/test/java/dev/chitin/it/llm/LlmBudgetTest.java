package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.Test;

/** Tokens are counted for each principal and have a bound; the log has the last word. */
class LlmBudgetTest {
  private static final String MESSAGES = "/v1/messages";

  @Test
  void aBudgetIsReservedSettledAndSpent() throws Exception {
    try (var stage = LlmStage.start(", \"tokens_per_day\": 130", ", " + GatewayProcess.HIGH_RATE)) {
      // Each reserves 100 and costs 12: two reservations would never have fitted.
      for (int i = 0; i < 3; i++) {
        LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("normal", ""));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      }
      // 36 are used, 94 are left.
      LlmStage.Answer spent = stage.post(MESSAGES, LlmStage.message("normal", ""));
      assertThat(spent.status()).isEqualTo(429);
      assertThat(spent.error("type")).isEqualTo("rate_limit_error");
      assertThat(spent.error("message")).contains("94 are left");
      assertThat(Long.parseLong(spent.field("retry-after"))).isBetween(1L, 86_400L);
      assertThat(stage.provider().asked()).hasSize(3);
      String less = LlmStage.message("normal", "").replace("100", "90");
      assertThat(stage.post(MESSAGES, less).status()).isEqualTo(200);
      // Refusals of the provider cost nothing.
      less = LlmStage.message("broken", "").replace("100", "80");
      assertThat(stage.post(MESSAGES, less).status()).isEqualTo(500);
      assertThat(stage.post(MESSAGES, less).status()).isEqualTo(500);
      // What is not reported costs what was reserved: 48 are used, and 70 of this one.
      less = LlmStage.message("cut-after-first", ",\"stream\":true").replace("100", "70");
      assertThat(stage.post(MESSAGES, less).status()).isEqualTo(200);
      less = LlmStage.message("normal", "").replace("100", "13");
      assertThat(stage.post(MESSAGES, less).status()).isEqualTo(429);
      assertThat(stage.audit().getLast()).contains("llm.budget_exceeded");
      // Other principals and other providers have theirs.
      LlmStage.Answer other = stage.post("/v1/chat/completions", LlmStage.chat("normal", ""));
      assertThat(other.status()).as(other.text()).isEqualTo(200);
      String key = stage.gateway().key("another", "agent");
      HttpRequest request =
          HttpRequest.newBuilder(stage.url(MESSAGES))
              .header("x-api-key", key)
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(LlmStage.message("normal", "")))
              .build();
      assertThat(stage.send(request).status()).isEqualTo(200);
      assertThat(
              stage
                  .gateway()
                  .metric("chitin_llm_tokens_total{kind=\"output\",provider=\"anthropic\"}"))
          .isEqualTo(25);
    }
  }

  @Test
  void anAbsurdReportNeitherEmptiesTheBudgetNorBreaksTheMetrics() throws Exception {
    try (var stage =
        LlmStage.start(", \"tokens_per_day\": 1000", ", " + GatewayProcess.HIGH_RATE)) {
      int answered = 0;
      while (stage.post(MESSAGES, LlmStage.message("boundless", "")).status() == 200) {
        assertThat(++answered).isLessThan(11);
      }
      assertThat(answered).isPositive();
      assertThat(
              stage
                  .gateway()
                  .metric("chitin_llm_tokens_total{kind=\"input\",provider=\"anthropic\"}"))
          .isZero();
    }
  }

  /** The estimate of a body of 40,000 letters is some 10,000 tokens. */
  @Test
  void whatIsReadCostsAlsoWhereTheProviderDoesNotSayIt() throws Exception {
    try (var stage =
        LlmStage.start(", \"tokens_per_day\": 11000", ", " + GatewayProcess.HIGH_RATE)) {
      String prompt = "prose ".repeat(6_667);
      String streamed =
          LlmStage.chat("cut-after-first", ",\"stream\":true")
              .replace("\"Hi\"", "\"" + prompt + "\"");
      assertThat(stage.post("/v1/chat/completions", streamed).status()).isEqualTo(200);
      LlmStage.Answer next = stage.post("/v1/chat/completions", streamed.replace("100", "1000"));
      assertThat(next.status()).as(next.text()).isEqualTo(429);
      // Whole answers say what they cost, but for one that nobody may see.
      String zipped = LlmStage.message("zipped", "").replace("Hi", prompt);
      assertThat(stage.post(MESSAGES, zipped).status()).isEqualTo(502);
      LlmStage.Answer spent = stage.post(MESSAGES, zipped.replace("100", "1000"));
      assertThat(spent.status()).as(spent.text()).isEqualTo(429);
    }
  }

  @Test
  void aGrantThatTheOperatorTakesAwayIsADenialWithItsRule() throws Exception {
    try (var stage =
        LlmStage.start("", ", \"policy\": { \"grants\": { \"llm.anthropic\": {} } }")) {
      LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("normal", ""));
      assertThat(answer.status()).as(answer.text()).isEqualTo(403);
      assertThat(answer.error("type")).isEqualTo("permission_error");
      assertThat(answer.text()).contains("policy.grants.llm.anthropic.NetworkAccess");
      assertThat(stage.provider().asked()).isEmpty();
      assertThat(stage.audit().getLast())
          .contains("\"phase\":\"Denied\"")
          .contains("llm.anthropic");
      assertThat(stage.post("/v1/responses", LlmStage.response("normal", "")).status())
          .isEqualTo(200);
    }
  }

  /** Law 1: the kernel refuses every write of the gateway, so there is no record and no request. */
  @Test
  void withALogThatRefusesTheProviderSeesNothing() throws Exception {
    try (var stage = LlmStage.start("", "")) {
      assertThat(stage.post(MESSAGES, LlmStage.message("normal", "")).status()).isEqualTo(200);
      Process limit =
          new ProcessBuilder(
                  "prlimit", "--pid", Long.toString(stage.gateway().handle().pid()), "--fsize=1")
              .inheritIO()
              .start();
      assertThat(limit.waitFor()).isZero();
      for (int i = 0; i < 3; i++) {
        LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("normal", ""));
        assertThat(answer.status()).as(answer.text()).isEqualTo(529);
        assertThat(answer.error("type")).isEqualTo("overloaded_error");
        assertThat(answer.text()).contains("audit.");
      }
      assertThat(stage.provider().asked()).hasSize(1);
    }
  }

  @Test
  void aProviderThatIsNotThereIsABadGateway() throws Exception {
    try (var stage = LlmStage.start("", "")) {
      stage.provider().close();
      LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("normal", ""));
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.error("type")).isEqualTo("api_error");
      assertThat(answer.text()).contains("the connection was refused");
    }
  }
}
