package dev.chitin.it;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The log as it grows. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditStreamTest {
  private static final int MOST = 64;

  private GatewayProcess gateway;
  private Agent admin;

  @BeforeAll
  void start() throws Exception {
    gateway = GatewayProcess.start(GatewayProcess.home(GatewayProcess.HIGH_RATE));
    admin = new Agent(gateway.url(), gateway.key("boss", "admin"));
  }

  @AfterAll
  void stop() {
    admin.close();
    gateway.close();
  }

  private void calls(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      Agent.Answer answer = admin.call("fs_list", Agent.path("."));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }
  }

  private static List<Long> ids(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("id: "))
        .map(line -> Long.parseLong(line.substring(4)))
        .toList();
  }

  @Test
  void aReaderThatComesBackHasEveryIndexOnce() throws Exception {
    calls(50);
    List<Long> seen = new ArrayList<>();
    String last = null;
    for (int part = 0; part < 6; part++) {
      long goal = 15L * (part + 1);
      try (var stream = new EventReader(admin, "/v1/audit/stream?from=0", last)) {
        // Each visit ends with an event read whole, somewhere in a page.
        List<String> lines = stream.until(line -> line.equals("id: " + goal));
        seen.addAll(ids(lines));
      }
      last = Long.toString(seen.getLast());
    }
    assertThat(seen).isEqualTo(LongStream.rangeClosed(0, 90).boxed().toList());
  }

  @Test
  void whatIsSentIsTheEntryWithItsKindAsItHappens() throws Exception {
    try (var stream = new EventReader(admin, "/v1/audit/stream", null)) {
      stream.until(line -> line.startsWith("retry:"));
      String callId = admin.call("fs_list", Agent.path(".")).member("callId");
      List<String> lines =
          stream.until(
              line ->
                  line.startsWith("data:") && line.contains(callId) && line.contains("Completed"));
      String data = lines.getLast().substring(6);
      assertThat(lines.get(lines.size() - 2)).isEqualTo("event: ToolExecution");
      long index = Long.parseLong(lines.get(lines.size() - 3).substring(4));
      Agent.Answer found = admin.get("/v1/audit/events?order=oldest&limit=1&cursor=" + index);
      Obj entry = Json.object((Obj) Json.items(found.body(), "entries").getFirst(), "entry");
      assertThat(Json.object(data)).isEqualTo(entry);
      assertThat(data).doesNotContain("boss");
    }
  }

  @Test
  void aTenantSeesItsOwnEntriesAlone() throws Exception {
    var created =
        gateway.run(
            "key", "create", "--name", "acme", "--tenant", "acme", "--role", "auditor", "--json");
    calls(3);
    try (var auditor = new Agent(gateway.url(), Json.text(Json.object(created.out()), "key"));
        var stream = new EventReader(auditor, "/v1/audit/stream?from=0", null)) {
      // That it reads is its own, and comes after everything of the others.
      List<String> lines =
          stream.until(line -> line.startsWith("data:") && line.contains("AuditAccess"));
      List<Obj> seen =
          lines.stream()
              .filter(line -> line.startsWith("data:"))
              .map(line -> Json.object(line.substring(6)))
              .toList();
      assertThat(seen)
          .isNotEmpty()
          .allSatisfy(entry -> assertThat(Json.text(entry, "tenant")).isEqualTo("acme"));
    }
  }

  @Test
  void aRevokedKeyEndsItsStream() throws Exception {
    var created = gateway.run("key", "create", "--name", "gone", "--role", "auditor", "--json");
    Obj key = Json.object(created.out());
    try (var agent = new Agent(gateway.url(), Json.text(key, "key"));
        var stream = new EventReader(agent, "/v1/audit/stream", null)) {
      stream.until(line -> line.startsWith("retry:"));
      assertThat(gateway.run("key", "revoke", Json.text(key, "id")).exit()).isZero();
      assertThat(stream.until(line -> false)).anyMatch(line -> line.contains("auth.invalid"));
    }
  }

  /** On the socket, whose buffers are small, so that they are soon full. */
  @Test
  void readersThatNeverReadAreLeftAndNobodyWaitsForThem() throws Exception {
    calls(1_200);
    double before = gateway.metric("chitin_audit_gaps_total");
    List<SocketChannel> sleepers = new ArrayList<>();
    try {
      for (int i = 0; i < MOST; i++) {
        sleepers.add(sleeper());
      }
      Await.until("all subscribers", () -> gateway.metric("chitin_audit_subscribers") == MOST);
      assertThat(admin.get("/v1/audit/stream?from=0").member("code"))
          .isEqualTo("gateway.overloaded");
      calls(300);
      Await.until(
          "a gap for each sleeper",
          () -> gateway.metric("chitin_audit_gaps_total") == before + MOST);
      assertThat(gateway.metric("chitin_audit_subscribers")).isZero();
      for (SocketChannel sleeper : sleepers) {
        assertThat(rest(sleeper)).contains("event: gap\ndata: {\"from\":");
      }
    } finally {
      for (SocketChannel sleeper : sleepers) {
        sleeper.close();
      }
    }
    calls(1);
  }

  private SocketChannel sleeper() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(gateway.home().resolve("run/admin.sock")));
    channel.write(
        ByteBuffer.wrap(
            "GET /v1/audit/stream?from=0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                .getBytes(US_ASCII)));
    return channel;
  }

  private static String rest(SocketChannel channel) throws IOException {
    InputStream in = Channels.newInputStream(channel);
    return new String(in.readAllBytes(), UTF_8);
  }
}
