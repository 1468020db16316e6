package dev.chitin.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminClientTest {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  private static final String EVENT = "event: stdout\ndata: {\"data\":\"x\"}\n\n";

  @TempDir private Path directory = Path.of("");

  /** A gateway that answers one request with {@code text} and is gone. */
  private Path dying(String text) throws IOException {
    Path socket = directory.resolve("admin.sock");
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual()
        .start(
            () -> {
              try (server;
                  SocketChannel channel = server.accept()) {
                channel.read(ByteBuffer.allocate(65_536));
                channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    return socket;
  }

  private static void assertBrokenOff(org.assertj.core.api.ThrowableAssert.ThrowingCallable work) {
    assertThatThrownBy(work)
        .isInstanceOf(ChitinException.Unavailable.class)
        .hasMessageContaining("The gateway broke off before it had answered.");
  }

  @Test
  void aGatewayThatDiesBeforeItAnswersIsSaidToHaveBrokenOff() throws Exception {
    try (var client = new AdminClient(dying(""))) {
      assertBrokenOff(() -> client.call(HttpMethod.GET, "/v1/tools"));
    }
  }

  @Test
  void aGatewayThatDiesWithinAStreamIsSaidToHaveBrokenOff() throws Exception {
    List<String> seen = new ArrayList<>();
    String chunk = Integer.toHexString(EVENT.length()) + "\r\n" + EVENT + "\r\n";
    try (var client = new AdminClient(dying(HEAD + chunk))) {
      assertBrokenOff(
          () ->
              client.events(
                  HttpMethod.POST,
                  "/v1/tools/t/calls",
                  Buffer.buffer("{}"),
                  e -> seen.add(e.name())));
    }
    assertThat(seen).containsExactly("stdout");
  }
}
