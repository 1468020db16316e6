package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What goes to a receiver of traces, and what never does. */
class TracesTest {
  private static final String REMOTE_TRACE = "0af7651916cd43dd8448eb211c80319c";

  private static String planted(String kind) {
    return kind + UUID.randomUUID().toString().replace("-", "");
  }

  @Test
  void aCallIsOneTraceLinkedToItsCallersAndHoldsNothingOfWhatWasSent() throws Exception {
    String argument = planted("argument");
    String secret = planted("secret");
    String field = planted("field");
    String query = planted("query");
    try (var receiver = new OtlpReceiver()) {
      String key;
      List<OtlpReceiver.Span> spans;
      try (GatewayProcess gateway =
          GatewayProcess.start(
              GatewayProcess.home(
                  "\"telemetry\": { \"otlp\": { \"endpoint\": \"" + receiver.url() + "\" } }"))) {
        assertThat(
                GatewayProcess.run(
                        gateway.home(),
                        secret.getBytes(StandardCharsets.UTF_8),
                        "secret",
                        "put",
                        "planted")
                    .exit())
            .isZero();
        key = gateway.key("agent", "agent");
        try (var agent = new Agent(gateway.url(), key)) {
          HttpRequest.Builder request =
              agent
                  .request("/v1/tools/fs_write/calls?q=" + query)
                  .header("content-type", "application/json")
                  // The flag says "not sampled": it is the caller's, and not obeyed.
                  .header("traceparent", "00-" + REMOTE_TRACE + "-b7ad6b7169203331-00")
                  .header("tracestate", "x=" + field)
                  .header("x-planted", field);
          JsonValue.Obj arguments =
              JsonValue.object()
                  .put("path", argument + ".txt")
                  .put("content", argument + secret)
                  .build();
          Agent.Answer answer =
              agent.send(
                  request.POST(HttpRequest.BodyPublishers.ofString(Agent.body(arguments))).build());
          assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          assertThat(agent.call("fs_read", Agent.path("/etc/" + argument)).status()).isEqualTo(403);
        }
        assertThat(gateway.stop()).isZero();
        spans = receiver.spans();
      }
      OtlpReceiver.Span call = named(spans, "execute_tool fs_write");
      OtlpReceiver.Span request =
          spans.stream().filter(span -> span.id().equals(call.parent())).findFirst().orElseThrow();
      assertThat(request.name()).isEqualTo("POST /v1/tools/{name}/calls");
      assertThat(request.parent()).isEmpty();
      assertThat(request.trace()).isEqualTo(call.trace()).isNotEqualTo(REMOTE_TRACE);
      assertThat(request.links()).containsExactly(REMOTE_TRACE);
      assertThat(call.text()).contains("gen_ai.tool.name", "gen_ai.tool.call.id", "call_");
      assertThat(
              spans.stream()
                  .filter(span -> span.parent().equals(call.id()))
                  .map(OtlpReceiver.Span::name))
          .containsExactly("plan", "decide", "audit", "start", "run");
      assertThat(named(spans, "execute_tool fs_read").text()).contains("error.type", "policy.");
      assertThat(receiver.everything())
          .contains("/v1/traces", "chitin")
          .doesNotContain(argument, secret, field, query, key, key.substring(key.length() - 20));
    }
  }

  private static OtlpReceiver.Span named(List<OtlpReceiver.Span> spans, String name) {
    return spans.stream()
        .filter(span -> span.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new AssertionError(
                    name + " not in " + spans.stream().map(OtlpReceiver.Span::name).toList()));
  }

  @Test
  void aReceiverThatIsGoneChangesNothingForCalls() throws IOException, InterruptedException {
    String gone;
    try (var receiver = new OtlpReceiver()) {
      gone = receiver.url();
    }
    try (GatewayProcess gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"telemetry\": { \"otlp\": { \"endpoint\": \"" + gone + "\" } }"))) {
      try (var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
        assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
      }
      assertThat(gateway.stop()).isZero();
    }
  }
}
