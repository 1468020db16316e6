package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.Await;
import dev.chitin.it.GatewayProcess;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A provider over TLS whose authority no platform knows. */
class SecureProviderTest {
  private static final String MESSAGES = "/v1/messages";

  private Path directory;

  @BeforeEach
  void make() throws Exception {
    directory = Files.createTempDirectory("chitin-provider-");
  }

  @AfterEach
  void remove() throws Exception {
    GatewayProcess.removeHome(Files.createDirectories(directory.resolve("home")));
  }

  private PemKeyCertOptions identity(String name, String address) throws Exception {
    SelfSigned own = SelfSigned.make(directory, name, address);
    return new PemKeyCertOptions()
        .setKeyPath(own.key().toString())
        .setCertPath(own.certificate().toString());
  }

  private Path ca(String name) {
    return directory.resolve(name + ".pem");
  }

  private static String trusting(Path ca) {
    return ", \"ca\": \"" + ca + "\"";
  }

  @Test
  void theAuthorityOfTheConfigurationIsTrusted() throws Exception {
    PemKeyCertOptions identity = identity("own", "127.0.0.1");
    try (var stage = LlmStage.startSecure(identity, trusting(ca("own")))) {
      LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("normal", ""));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(stage.provider().last().credential()).isEqualTo("x-api-key");
      answer = stage.post("/v1/responses", LlmStage.response("normal", ",\"stream\":true"));
      assertThat(answer.text()).contains("response.completed");
    }
  }

  private static void refused(LlmStage stage) throws Exception {
    LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("normal", ""));
    assertThat(answer.status()).as(answer.text()).isEqualTo(502);
    assertThat(answer.error("message")).contains("the TLS handshake failed");
    assertThat(stage.provider().asked()).isEmpty();
    assertThat(stage.audit().getLast()).contains("\"status\":\"unreached\"", "\"request_bytes\":0");
    assertThat(stage.gateway().errors())
        .containsPattern(
            "call_[0-9a-f]+: no answer of the provider 'anthropic': .*(certification|alternative)");
  }

  /** The handshake has ten seconds; who leaves before is not kept that long. */
  @Test
  void whoeverIsSilentInTheHandshakeCostsNothing() throws Exception {
    try (var silent = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        var stage =
            LlmStage.startElsewhere(
                "https://127.0.0.1:" + silent.getLocalPort(), ", \"tokens_per_day\": 150")) {
      LlmStage.Answer answer = stage.post(MESSAGES, LlmStage.message("normal", ""));
      assertThat(answer.status()).as(answer.text()).isEqualTo(502);
      assertThat(answer.error("message")).contains("no connection could be made");
      silent.accept().close();
      Socket leaving = stage.connect();
      leaving.getOutputStream().write(stage.raw(LlmStage.message("normal", "")));
      try (Socket connected = silent.accept()) {
        leaving.close();
        Await.until("its end", () -> stage.audit().getLast().contains("call.cancelled"));
        assertThat(connected.isConnected()).isTrue();
      }
    }
  }

  @Test
  void withoutItTheProviderIsNotSpokenTo() throws Exception {
    try (var stage = LlmStage.startSecure(identity("own", "127.0.0.1"), "")) {
      refused(stage);
    }
  }

  @Test
  void anotherAuthorityDoesNotVouchForIt() throws Exception {
    identity("another", "127.0.0.1");
    PemKeyCertOptions identity = identity("own", "127.0.0.1");
    try (var stage = LlmStage.startSecure(identity, trusting(ca("another")))) {
      refused(stage);
    }
  }

  @Test
  void aCertificateForAnotherHostIsNotItsOwn() throws Exception {
    PemKeyCertOptions identity = identity("own", "127.0.0.2");
    try (var stage = LlmStage.startSecure(identity, trusting(ca("own")))) {
      refused(stage);
    }
  }

  @Test
  void anAuthorityThatCannotBeReadIsRefusedWithItsKey() throws Exception {
    Path empty = Files.writeString(directory.resolve("empty.pem"), "");
    for (Path file : new Path[] {empty, directory.resolve("not-there.pem")}) {
      Path home =
          GatewayProcess.home(
              "\"providers\": { \"openai\": { \"credential\": \"p\"" + trusting(file) + " } }");
      GatewayProcess.Result result =
          GatewayProcess.run(home, "".getBytes(StandardCharsets.US_ASCII), "serve", "--port", "0");
      assertThat(result.exit()).as(result.err()).isEqualTo(2);
      assertThat(result.err()).contains("providers.openai.ca");
      GatewayProcess.removeHome(home);
    }
  }
}
