package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Clients that leave their streams, whose requests had bodies. */
class LeftStreamsTest {
  private static final String CALLS = "/v1/tools/process_run/calls";
  private static final int BODY = 8 << 20;

  /** More than all bodies may hold together. */
  private static final int CLIENTS = 40;

  private static String call(String... argv) {
    String call = Agent.body(Agent.argv(argv));
    return call + " ".repeat(BODY - call.length());
  }

  /** Asks for a stream, reads that it has begun, and leaves. */
  private static void leave(GatewayProcess gateway, String key) throws IOException {
    String head =
        "POST "
            + CALLS
            + " HTTP/1.1\r\nHost: "
            + gateway.url().getAuthority()
            + "\r\nAuthorization: Bearer "
            + key
            + "\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: "
            + BODY
            + "\r\n\r\n";
    try (var socket = new Socket(gateway.url().getHost(), gateway.url().getPort())) {
      socket
          .getOutputStream()
          .write((head + call("sleep", "60")).getBytes(StandardCharsets.ISO_8859_1));
      InputStream in = socket.getInputStream();
      assertThat(new String(in.readNBytes(12), StandardCharsets.ISO_8859_1))
          .isEqualTo("HTTP/1.1 200");
    }
  }

  @Test
  void whoLeavesGivesBackWhatHisBodyHeld() throws Exception {
    String limits = "\"gateway\": { \"limits\": { \"body_bytes\": " + BODY + " } }";
    try (var gateway = GatewayProcess.start(GatewayProcess.home(limits));
        var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
      String leaving = gateway.key("leaving", "agent");
      for (int i = 0; i < CLIENTS; i++) {
        leave(gateway, leaving);
      }
      Agent.Answer answer =
          agent.send(
              agent
                  .request(CALLS)
                  .header("content-type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(call("echo", "room")))
                  .build());
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }
  }
}
