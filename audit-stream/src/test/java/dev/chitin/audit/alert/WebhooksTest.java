package dev.chitin.audit.alert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.chitin.audit.AlertRaised;
import dev.chitin.audit.Awaiting;
import dev.chitin.audit.LogEntry;
import dev.chitin.audit.Story;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.StrictJson;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Alerts reach their receivers signed, once more when they have to, and never where they may not.
 */
class WebhooksTest {
  private static final byte[] KEY = "fake-key-of-a-test-0123456789abc".getBytes(UTF_8);

  private final Vertx vertx = Vertx.vertx();
  private final Story story = new Story();
  private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
  private final List<Integer> answers = Collections.synchronizedList(new ArrayList<>());
  private HttpServer server;

  private record Received(String path, Map<String, String> headers, String body) {
    String header(String name) {
      return Objects.requireNonNull(headers.get(name), name);
    }
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::take);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    vertx.close().await();
  }

  private void take(HttpExchange exchange) throws IOException {
    var headers = new java.util.TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.getFirst()));
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    int answer = answers.isEmpty() ? 204 : answers.removeFirst();
    if (answer / 100 == 3) {
      exchange.getResponseHeaders().add("Location", url().resolve("/elsewhere").toString());
    }
    // Who has the answer may look at once.
    received.add(new Received(exchange.getRequestURI().getPath(), headers, body));
    exchange.sendResponseHeaders(answer, -1);
    exchange.close();
  }

  private URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook");
  }

  private static byte[] mac(byte[] message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
      return mac.doFinal(message);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static Future<SocketAddress> open(String host, int port) {
    return Future.succeededFuture(SocketAddress.inetSocketAddress(port, host));
  }

  private Webhooks hooks(Set<AlertRule> rules, Destinations destinations) {
    return new Webhooks(
        vertx, Map.of(new WebhookSettings(url(), rules), WebhooksTest::mac), destinations, 1);
  }

  private LogEntry alert() {
    return story.tell(new AlertRaised("auth_failures_peer", "medium", "h1:x", 5, 60, 7));
  }

  private Received next() throws InterruptedException {
    return Objects.requireNonNull(received.poll(30, TimeUnit.SECONDS), "nothing came");
  }

  @Test
  void theReceiverCanVerifyWhatItGets() throws Exception {
    try (Webhooks hooks = hooks(Set.of(), WebhooksTest::open)) {
      LogEntry entry = alert();
      hooks.send(entry);
      Received got = next();
      assertThat(got.path()).isEqualTo("/hook");
      String id = got.header("webhook-id");
      String time = got.header("webhook-timestamp");
      String expected =
          Base64.getEncoder()
              .encodeToString(mac((id + "." + time + "." + got.body()).getBytes(UTF_8)));
      assertThat(got.header("webhook-signature")).isEqualTo("v1," + expected);
      assertThat(Long.parseLong(time)).isBetween(0L, System.currentTimeMillis() / 1_000 + 1);
      Obj finding = (Obj) StrictJson.parse(got.body().getBytes(UTF_8));
      assertThat(finding.get("class_uid")).isEqualTo(new JsonValue.Int(2004));
      Obj unmapped = (Obj) Objects.requireNonNull(finding.get("unmapped"));
      assertThat(unmapped.get("uid")).isEqualTo(new JsonValue.Str(id));
      assertThat(unmapped.get("alert")).isEqualTo(new JsonValue.Str("auth_failures_peer"));
      Awaiting.until(() -> hooks.delivered() == 1);
    }
  }

  @Test
  void aFailingReceiverIsAskedAgainUnderTheSameId() throws Exception {
    answers.addAll(List.of(500, 503, 429));
    try (Webhooks hooks = hooks(Set.of(), WebhooksTest::open)) {
      hooks.send(alert());
      String id = next().header("webhook-id");
      for (int i = 0; i < 3; i++) {
        assertThat(next().header("webhook-id")).isEqualTo(id);
      }
      Awaiting.until(() -> hooks.delivered() == 1);
      assertThat(hooks.failed()).isZero();
    }
  }

  @Test
  void afterFiveTriesItIsGivenUpAndTheNextOneIsSent() throws Exception {
    answers.addAll(Collections.nCopies(5, 500));
    try (Webhooks hooks = hooks(Set.of(), WebhooksTest::open)) {
      hooks.send(alert());
      hooks.send(alert());
      Awaiting.until(() -> hooks.delivered() == 1);
      assertThat(hooks.failed()).isEqualTo(1);
      assertThat(received).hasSize(6);
    }
  }

  /** Whoever follows one reaches the other place, by GET where the status says so or by POST. */
  @Test
  void aRedirectIsNotFollowedAndNotRepeated() throws Exception {
    for (int status : new int[] {301, 302, 303, 307, 308}) {
      answers.add(status);
      try (Webhooks hooks = hooks(Set.of(), WebhooksTest::open)) {
        hooks.send(alert());
        Awaiting.until(() -> hooks.failed() + hooks.delivered() == 1);
        assertThat(hooks.failed()).as("a redirect is no delivery: %d", status).isEqualTo(1);
        hooks.send(alert());
        Awaiting.until(() -> hooks.delivered() == 1);
      }
      assertThat(received)
          .as("%d", status)
          .extracting(Received::path)
          .containsExactly("/hook", "/hook");
      received.clear();
    }
  }

  @Test
  void anAddressThatIsClosedIsNeverConnectedTo() throws Exception {
    Destinations closed =
        (host, port) ->
            Future.failedFuture(
                Problem.of(ProblemCode.POLICY_HOST_DENIED, "closed in this test").toException());
    try (Webhooks hooks = hooks(Set.of(), closed)) {
      hooks.send(alert());
      Awaiting.until(() -> hooks.failed() == 1);
      assertThat(received).isEmpty();
    }
  }

  /** A name may stand for another address by then. */
  @Test
  void theAddressIsJudgedAgainAtEachTry() throws Exception {
    answers.addAll(List.of(500, 500));
    var judged = new AtomicInteger();
    Destinations once =
        (host, port) ->
            judged.incrementAndGet() == 1
                ? open(host, port)
                : Future.failedFuture(
                    Problem.of(ProblemCode.POLICY_HOST_DENIED, "closed by now").toException());
    try (Webhooks hooks = hooks(Set.of(), once)) {
      hooks.send(alert());
      next();
      Awaiting.until(() -> hooks.failed() == 1);
      assertThat(received).isEmpty();
      assertThat(judged).as("what the rules deny is not tried again").hasValue(2);
    }
  }

  @Test
  void theConnectionGoesToTheAddressThatWasJudged() throws Exception {
    Destinations pinned = (host, port) -> open("127.0.0.1", server.getAddress().getPort());
    URI elsewhere = URI.create("http://localhost:1/hook");
    try (var hooks =
        new Webhooks(
            vertx,
            Map.of(new WebhookSettings(elsewhere, Set.of()), WebhooksTest::mac),
            pinned,
            1)) {
      hooks.send(alert());
      assertThat(next().header("host")).isEqualTo("localhost:1");
    }
  }

  @Test
  void whatFindsNoPlaceIsDroppedAndCounted() throws Exception {
    Promise<SocketAddress> held = Promise.promise();
    try (Webhooks hooks = hooks(Set.of(), (host, port) -> held.future())) {
      LogEntry entry = alert();
      for (int i = 0; i < Webhook.MOST_WAITING + 11; i++) {
        hooks.send(entry);
      }
      Awaiting.until(() -> hooks.dropped() == 10);
      held.complete(SocketAddress.inetSocketAddress(server.getAddress().getPort(), "127.0.0.1"));
      Awaiting.until(() -> hooks.delivered() == Webhook.MOST_WAITING + 1);
      assertThat(hooks.dropped()).isEqualTo(10);
    }
  }

  @Test
  void aReceiverGetsTheAlertsThatItAskedFor() throws Exception {
    try (Webhooks hooks = hooks(Set.of(AlertRule.LOG_GAP), WebhooksTest::open)) {
      hooks.send(alert());
      hooks.send(story.tell(new AlertRaised("log_gap", "high", "log", 1, 60, 7)));
      assertThat(next().body()).contains("\"alert\":\"log_gap\"");
      Awaiting.until(() -> hooks.delivered() == 1);
      assertThat(received).isEmpty();
    }
  }

  @Test
  void onlyTlsLeavesTheMachine() {
    for (String url :
        List.of(
            "http://hooks.example/x",
            "ftp://hooks.example/x",
            "https://user@hooks.example/x",
            "https://hooks.example/x?key=1",
            "http://127.0.0.1.example/x",
            "/x")) {
      assertThatThrownBy(() -> new WebhookSettings(URI.create(url), Set.of()))
          .as(url)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(new WebhookSettings(URI.create("https://hooks.example"), Set.of()).port())
        .isEqualTo(443);
  }
}
