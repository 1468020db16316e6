package dev.chitin.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.policy.AddressRules;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Labels;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Principal;
import dev.chitin.policy.SealedPlan;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server has its time from each piece of the request that it takes, and not for all of it. */
@Timeout(60)
class RelayPatienceTest {
  private static final long PATIENCE = 1_000;

  /** More than the kernel keeps for both ends of a connection. */
  private static final int BODY = 24 << 20;

  private final Vertx vertx = Vertx.vertx();
  private RelayClient client;

  @BeforeEach
  void make() {
    client =
        new RelayClient(
            vertx,
            new AddressPinning(
                AddressRules.compile(List.of("127.0.0.0/8"), Set.of()),
                (address, port) -> Optional.empty(),
                vertx.createSharedWorkerExecutor("relay-test", 1)),
            (access, lease, use) -> Future.failedFuture("there is none"),
            "providers.some",
            null);
  }

  @AfterEach
  void close() {
    client.close();
    vertx.close().await();
  }

  private NetServer server(io.vertx.core.Handler<NetSocket> connected) {
    return vertx
        .createNetServer(new NetServerOptions().setReceiveBufferSize(64 * 1024))
        .connectHandler(connected)
        .listen(0, "127.0.0.1")
        .await();
  }

  private Future<RelayedAnswer> send(int port, int length) {
    return send(port, length, new CallContext(Deadline.after(Duration.ofMinutes(1))));
  }

  private Future<RelayedAnswer> send(int port, int length, CallContext context) {
    Bytes body = Bytes.adopt(new byte[length]);
    var plan =
        new ExecutionPlan(
            "call",
            new Principal("default", "alice", Set.of()),
            null,
            "llm.some",
            Digest.ofUtf8("definition"),
            Capabilities.NONE,
            "http",
            new Invocation.HttpRequest(
                "POST", "http", "127.0.0.1", port, "/", List.of(), Digest.of(body.borrow())),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Limits.DEFAULT,
            Digest.ofUtf8("{}"),
            Labels.UNATTRIBUTED,
            null,
            0,
            Long.MAX_VALUE >> 12,
            "node");
    var request =
        new RelayRequest(SealedPlan.seal(plan), Map.of(), body, List.of(), PATIENCE, PATIENCE);
    return Future.future(
        answer -> vertx.runOnContext(now -> client.send(request, context).onComplete(answer)));
  }

  @Test
  void aServerThatTakesNothingMoreIsLeft() {
    NetServer server = server(NetSocket::pause);
    for (int length : new int[] {0, 10, BODY}) {
      assertThatThrownBy(() -> send(server.actualPort(), length).await())
          .hasMessageContaining("llm.provider_timeout")
          .hasMessageContaining("did not take the request");
    }
  }

  @Test
  void aRequestThatIsGivenUpWhileNothingIsTakenLeavesNoConnection() {
    var context = new CallContext(Deadline.after(Duration.ofMinutes(1)));
    Promise<Void> gone = Promise.promise();
    NetServer server =
        server(
            socket -> {
              socket.closeHandler(closed -> gone.complete());
              socket.exceptionHandler(reset -> {});
              socket.pause();
              // It reads again once nobody writes: what is not read does not tell its end.
              vertx.setTimer(200, later -> context.cancel("the caller left"));
              context
                  .cancelled()
                  .onSuccess(reason -> vertx.setTimer(200, later -> socket.resume()));
            });
    assertThatThrownBy(() -> send(server.actualPort(), BODY, context).await())
        .hasMessageContaining("llm.provider_failed");
    gone.future().await();
  }

  @Test
  void interimAnswersAreNoAnswer() {
    for (String interim :
        List.of("100 Continue", "102 Processing", "103 Early Hints", "104 Upload", "199 Other")) {
      String some = "HTTP/1.1 " + interim + "\r\nlink: </a>\r\n\r\n";
      NetServer server =
          server(
              socket ->
                  socket.handler(
                      piece -> socket.write(some + some + "HTTP/1.1 204 No Content\r\n\r\n")));
      RelayedAnswer answer = send(server.actualPort(), 10).await();
      assertThat(answer.status()).as(interim).isEqualTo(204);
      assertThat(answer.header("link")).as(interim).isNull();
      answer.reset();
    }
  }

  @Test
  void aServerThatSendsInterimAnswersAloneIsLeft() {
    NetServer server =
        server(
            socket -> {
              long timer =
                  vertx.setPeriodic(50, tick -> socket.write("HTTP/1.1 102 Processing\r\n\r\n"));
              socket.closeHandler(closed -> vertx.cancelTimer(timer));
              socket.exceptionHandler(reset -> {});
            });
    assertThatThrownBy(() -> send(server.actualPort(), 10).await())
        .hasMessageContaining("llm.provider_timeout");
  }

  @Test
  void oneThatTakesItSlowlyIsWaitedFor() {
    AtomicLong taken = new AtomicLong();
    NetServer server =
        server(
            socket -> {
              socket.pause();
              long timer = vertx.setPeriodic(50, tick -> socket.fetch(6));
              socket.handler(
                  piece -> {
                    if (taken.addAndGet(piece.length()) > BODY) {
                      vertx.cancelTimer(timer);
                      socket.write("HTTP/1.1 204 No Content\r\n\r\n");
                    }
                  });
            });
    long began = System.nanoTime();
    RelayedAnswer answer = send(server.actualPort(), BODY).await();
    assertThat(answer.status()).isEqualTo(204);
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began))
        .isGreaterThan(2 * PATIENCE);
    answer.reset();
  }
}
