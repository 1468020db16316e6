package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.it.GatewayProcess.Result;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A gateway behind a proxy that does TLS, under a name of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnNamesTest {
  private GatewayProcess gateway;

  @BeforeAll
  void start() throws IOException {
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"hosts\": [\"gw.example.com\"],"
                    + " \"tls\": { \"terminated_upstream\": true } }"));
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  private String status(String host, String more) throws IOException {
    return Raw.exchange(
            gateway.url(),
            "GET /health/live HTTP/1.1\r\nHost: "
                + host
                + "\r\nConnection: close\r\n"
                + more
                + "\r\n")
        .split(" ", 3)[1];
  }

  @Test
  void aListedNameIsReachedAtTheOwnPortAndAtTheProxys() throws Exception {
    int port = gateway.url().getPort();
    assertThat(status("gw.example.com", "")).isEqualTo("200");
    assertThat(status("gw.example.com:" + port, "")).isEqualTo("200");
    assertThat(status("gw.example.com:" + (port + 1), "")).isEqualTo("403");
    assertThat(status("gw.example.com.evil.example", "")).isEqualTo("403");
  }

  @Test
  void theOwnOriginIsThatOfTheProxy() throws Exception {
    assertThat(status("gw.example.com", "Origin: https://gw.example.com\r\n")).isEqualTo("200");
    assertThat(status("gw.example.com", "Origin: http://gw.example.com\r\n")).isEqualTo("403");
  }

  @Test
  void whatIsNoIdOfAKeyRevokesNoneUpAndDown() throws Exception {
    Result made = gateway.run("key", "create", "--name", "kept", "--json");
    String id = GatewayProcess.Json.text(GatewayProcess.Json.object(made.out()), "id");
    for (String wrong : new String[] {id + "?x", "a b", ""}) {
      Result refused = gateway.run("key", "revoke", wrong);
      assertThat(refused.exit()).isEqualTo(2);
      assertThat(refused.err()).contains("There is no key with that id.");
    }
    Result issuer = gateway.run("key", "revoke", "--sub", "u", "--issuer", "typo");
    assertThat(issuer.exit()).isEqualTo(2);
    assertThat(issuer.err()).contains("auth.issuers has none");
    assertThat(gateway.run("key", "list").out()).contains(id);
  }
}
