package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** No tool is ever the gateway's caller, not even where the operator opened its very port. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnListenerTest {
  private GatewayProcess gateway;
  private Agent agent;
  private int port;

  @BeforeAll
  void start() throws Exception {
    port = freePort();
    String opened =
        "\"egress\": { \"allow_private\": [\"127.0.0.1:@\", \"127.0.0.2:@\", \"[::1]:@\"] },"
            + " \"policy\": { \"grants\": { \"http_fetch\": { \"NetworkAccess\": { \"hosts\":"
            + " [\"127.0.0.1:@\", \"127.0.0.2:@\"] } } } }";
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(opened.replace("@", Integer.toString(port))), Map.of(), port);
    agent = new Agent(gateway.url(), gateway.key("agent", "admin"));
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @AfterAll
  void stop() {
    agent.close();
    gateway.close();
  }

  @Test
  void aRequestOfAToolToTheGatewayIsRefusedByARuleThatNothingLifts() throws Exception {
    for (String host : new String[] {"127.0.0.1", "127.0.0.2"}) {
      Agent.Answer answer =
          agent.call(
              "http_fetch",
              JsonValue.object()
                  .put("url", "http://" + host + ":" + port + "/health/live")
                  .build());
      assertThat(answer.status()).as(answer.text()).isEqualTo(403);
      assertThat(answer.member("code")).isEqualTo("policy.host_denied");
      assertThat(answer.member("rule")).isEqualTo("egress.address[gateway]");
    }
  }

  @Test
  void noToolSeesTheAdministrationSocket() throws Exception {
    String socket = gateway.home().resolve("run/admin.sock").toString();
    assertThat(Files.exists(gateway.home().resolve("run/admin.sock"))).isTrue();
    for (Agent.Answer answer :
        new Agent.Answer[] {
          agent.call("fs_read", Agent.path(socket)),
          agent.call("fs_list", Agent.path(gateway.home().resolve("run").toString())),
          agent.run("ls", gateway.home().resolve("run").toString()),
          agent.run("cat", socket)
        }) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(403);
      assertThat(answer.member("code")).isEqualTo("policy.path_denied");
    }
  }
}
