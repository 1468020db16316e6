package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Bus;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.CredentialWatch;
import dev.chitin.gateway.auth.Permissions;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.calls.EventSeats;
import dev.chitin.gateway.calls.StreamBounds;
import dev.chitin.gateway.calls.TrackedCall;
import dev.chitin.policy.Principal;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.SandboxAddresses;
import dev.chitin.sandbox.ToolResult;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What streams have written and nobody has taken is accounted for, and a client may leave. */
class StreamedAnswersTest {
  /** More than sockets buffer. */
  private static final int LARGE = 24 << 20;

  private final Vertx vertx = Vertx.vertx();
  private final LiveSecrets live = new LiveSecrets();
  private final UnsentAnswers unsent = new UnsentAnswers(Long.MAX_VALUE);
  private final Promise<Long> written = Promise.promise();
  private final Promise<Long> afterwards = Promise.promise();

  @AfterEach
  void close() {
    vertx.close().await();
    live.close();
  }

  private Socket ask(Route.Handler handler) throws Exception {
    int port =
        vertx
            .createHttpServer()
            .connectionHandler(
                connection ->
                    connection.closeHandler(
                        gone -> vertx.runOnContext(now -> afterwards.complete(unsent.total()))))
            .requestHandler(
                request -> {
                  handler.handle(
                      new Exchange(
                          request,
                          new Arrival("req_1", null),
                          new Caller(
                              new Principal("default", "alice", Set.of()),
                              Permissions.of(Set.of(Role.AGENT)),
                              new Credential.Key("key")),
                          Map.of(),
                          live,
                          unsent));
                  written.tryComplete(unsent.total());
                })
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket
        .getOutputStream()
        .write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private void assertCountedUntilTheClientIsGone(Route.Handler handler) throws Exception {
    try (Socket silent = ask(handler)) {
      assertThat(written.future().await(1, TimeUnit.MINUTES)).isGreaterThanOrEqualTo(LARGE);
      assertThat(silent.isConnected()).isTrue();
    }
    assertThat(afterwards.future().await(1, TimeUnit.MINUTES)).isZero();
  }

  @Test
  void theResultOfAStreamedCallCountsWhileNobodyReadsIt() throws Exception {
    var result =
        new ToolResult(
            "call_1",
            "exit 0",
            null,
            0,
            Bytes.adopt("x".repeat(LARGE).getBytes(StandardCharsets.US_ASCII)),
            Bytes.EMPTY,
            null,
            false,
            LARGE,
            0,
            1,
            1,
            List.of(),
            List.of());
    assertCountedUntilTheClientIsGone(exchange -> new EventStream(exchange, "call_1").end(result));
  }

  @Test
  void theEventsOfACallCountWhileNobodyReadsThem() throws Exception {
    var call = new TrackedCall("call_1", "tool", "alice", 0);
    call.ended(JsonValue.object().put("stdout", "x".repeat(LARGE)).build());
    EventSeats.Seat seat = new EventSeats(StreamBounds.DEFAULT).take(call);
    assertCountedUntilTheClientIsGone(
        exchange ->
            new EventSubscription(vertx, exchange, call, 0, seat)
                .begin(new CredentialWatch(1, credential -> true)));
  }

  @Test
  void theEndOfAStreamCountsWhileNobodyReadsIt() throws Exception {
    assertCountedUntilTheClientIsGone(
        exchange -> {
          exchange.begin(200, "text/event-stream").setChunked(true);
          exchange.write(Buffer.buffer("data: 1\n\n"));
          exchange.endStream(Buffer.buffer(new byte[LARGE]));
        });
  }

  @Test
  void outputForAClientThatLeftIsNoDefect() throws Exception {
    Bus bus = Bus.of(vertx);
    Promise<Void> gone = Promise.promise();
    Promise<Void> listening = Promise.promise();
    try (Socket client =
        ask(
            exchange -> {
              exchange.response().closeHandler(left -> gone.complete());
              new EventStream(exchange, "call_1").listen(bus, "output").onComplete(listening);
            })) {
      listening.future().await(1, TimeUnit.MINUTES);
      assertThat(client.isConnected()).isTrue();
    }
    gone.future().await(1, TimeUnit.MINUTES);
    var reader = bus.endpoint(SandboxAddresses.output("output"), OutputChunk.WINDOW);
    assertThatThrownBy(
            () ->
                reader
                    .call(OutputChunk.started(), Deadline.after(Duration.ofMinutes(1)))
                    .await(1, TimeUnit.MINUTES))
        .hasMessageContaining("call.cancelled");
  }
}
