package dev.chitin.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an attack leaves: one entry, one count, and a webhook that its receiver can verify. */
class AlertsTest {
  private final BlockingQueue<Hook> hooks = new LinkedBlockingQueue<>();
  private HttpServer receiver;

  private record Hook(Map<String, String> headers, String body) {
    String header(String name) {
      return Objects.requireNonNull(headers.get(name), name);
    }
  }

  @BeforeEach
  void listen() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/hook",
        request -> {
          var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
          request.getRequestHeaders().forEach((name, all) -> headers.put(name, all.getFirst()));
          hooks.add(new Hook(headers, new String(request.getRequestBody().readAllBytes(), UTF_8)));
          request.sendResponseHeaders(204, -1);
          request.close();
        });
    receiver.start();
  }

  @AfterEach
  void stop() {
    receiver.stop(0);
  }

  private String at() {
    return "127.0.0.1:" + receiver.getAddress().getPort();
  }

  private Path home(String allowed, String secret) throws IOException {
    return GatewayProcess.home(
        """
        "egress": { "allow_private": [%s] },
        "audit": { "alerts": { "webhooks": [{ "url": "http://%s/hook", "secret": "%s" }] } }
        """
            .formatted(allowed, at(), secret));
  }

  private static List<Obj> alerts(GatewayProcess gateway) throws Exception {
    Result found = gateway.run("audit", "events", "--json", "--kind", "AlertRaised");
    assertThat(found.exit()).as(found.err()).isZero();
    return Json.items(Json.object(found.out()), "entries").stream().map(Obj.class::cast).toList();
  }

  private static void guess(GatewayProcess gateway, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      try (var stranger = new Agent(gateway.url(), "chk_nobody_0123456789")) {
        assertThat(stranger.get("/v1/tools").status()).isEqualTo(401);
      }
    }
  }

  private static double metric(GatewayProcess gateway, String series) throws Exception {
    try (var agent = new Agent(gateway.url(), gateway.key("metrics", "admin"))) {
      return agent
          .get("/metrics")
          .text()
          .lines()
          .filter(line -> line.startsWith(series + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + series));
    }
  }

  private static String mac(byte[] key, String message) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return Base64.getEncoder().encodeToString(mac.doFinal(message.getBytes(UTF_8)));
  }

  @Test
  void sixWrongKeysAreOneAlertInLogMetricsAndWebhook() throws Exception {
    String secret = "fake-signing-key-" + System.nanoTime();
    Path home = home("\"" + at() + "\"", "hook");
    Result put = GatewayProcess.run(home, secret.getBytes(UTF_8), "secret", "put", "hook");
    assertThat(put.exit()).as(put.err()).isZero();
    GatewayProcess gateway = GatewayProcess.start(home);
    try {
      guess(gateway, 6);
      Hook hook = Objects.requireNonNull(hooks.poll(60, TimeUnit.SECONDS), "no webhook came");
      String id = hook.header("Webhook-Id");
      String time = hook.header("Webhook-Timestamp");
      assertThat(hook.header("Webhook-Signature"))
          .isEqualTo("v1," + mac(secret.getBytes(UTF_8), id + "." + time + "." + hook.body()));
      Obj finding = Json.object(hook.body());
      assertThat(Json.number(finding, "class_uid")).isEqualTo(2004);

      List<Obj> found = alerts(gateway);
      assertThat(found).hasSize(1);
      Obj entry = Json.object(found.getFirst(), "entry");
      assertThat(Json.text(entry, "alert")).isEqualTo("auth_failures_peer");
      assertThat(Json.text(entry, "uid")).isEqualTo(id);
      assertThat(Json.text(entry, "subject")).startsWith("h1:");
      assertThat(Json.number(entry, "count")).isEqualTo(5);
      assertThat(metric(gateway, "chitin_alerts_total{rule=\"auth_failures_peer\"}")).isOne();
      assertThat(metric(gateway, "chitin_webhook_delivered_total")).isOne();
      assertThat(hooks).isEmpty();
      assertThat(hook.body() + found).doesNotContain(secret).doesNotContain("127.0.0.1");
    } finally {
      gateway.stop();
    }
    try (GatewayProcess again = GatewayProcess.start(home)) {
      guess(again, 1);
      assertThat(alerts(again)).as("a restart raises nothing anew").hasSize(1);
    }
  }

  @Test
  void twoWaysOutOfTheSandboxAreOneAlert() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(GatewayProcess.home(""));
        var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
      String own = gateway.home().resolve("chitin.json5").toString();
      assertThat(agent.call("fs_read", Agent.path(own)).status()).isEqualTo(403);
      assertThat(alerts(gateway)).as("one may be a mistake").isEmpty();
      var metadata =
          JsonValue.object().put("url", "http://169.254.169.254/latest/meta-data/").build();
      for (int i = 0; i < 3; i++) {
        assertThat(agent.call("http_fetch", metadata).status()).isEqualTo(403);
      }
      String counted = "chitin_alerts_total{rule=\"sandbox_probe\"}";
      for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
          gateway.metric(counted) < 1; ) {
        assertThat(System.nanoTime()).as("no alert came").isLessThan(end);
      }
      assertThat(agent.call("fs_read", Agent.path(own)).status()).isEqualTo(403);
      List<Obj> found = alerts(gateway);
      assertThat(found).hasSize(1);
      Obj entry = Json.object(found.getFirst(), "entry");
      assertThat(Json.text(entry, "alert")).isEqualTo("sandbox_probe");
      assertThat(Json.text(entry, "subject")).startsWith("h1:");
    }
  }

  @Test
  void aReceiverThatEgressDoesNotAllowIsNotAsked() throws Exception {
    Path home = home("", "../user/hook.key");
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    Path file = home.resolveSibling("user").resolve("hook.key");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(file, key);
    Files.writeString(
        home.resolve("chitin.json5"),
        Files.readString(home.resolve("chitin.json5"))
            .replace("../user/hook.key", file.toString()));
    try (GatewayProcess gateway = GatewayProcess.start(home)) {
      guess(gateway, 6);
      for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
          metric(gateway, "chitin_webhook_failed_total") < 1; ) {
        assertThat(System.nanoTime()).as("the webhook was not given up").isLessThan(end);
      }
      assertThat(alerts(gateway)).hasSize(1);
      assertThat(hooks).isEmpty();
    }
  }

  @Test
  void aWebhookWithoutItsKeyStopsTheStart() throws Exception {
    Path home = home("", "nothing");
    Result serve = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
    assertThat(serve.exit()).isNotZero();
    assertThat(serve.err()).contains("vault.secret_unknown");
  }
}
