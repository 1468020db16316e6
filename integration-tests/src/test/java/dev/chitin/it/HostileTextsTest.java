package dev.chitin.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogReader;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.bus.json.JsonValue.Str;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.it.GatewayProcess.Result;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client puts into a field, the log has bounded canonical entries, verifies, and is
 * shown without a raw control. Names stand in clear here, so that they get as far as they can.
 */
class HostileTextsTest {
  private static final String CLEAR =
      "\"audit\": { \"clear\": [\"principal\", \"address\", \"host\", \"path\", \"key_id\","
          + " \"unknown_tool\"] }, ";

  private static final List<String> TEXTS =
      List.of(
          "line\r\n{\"kind\":\"VaultState\"}",
          "\u001b[31mred\u001b]0;owned\u0007",
          "\u009b2Jc1",
          "\u202egnp.exe\u2066\u200f",
          "]]>",
          "nul\u0000after",
          "\u2028\u2029\ufeff",
          "\ud83d\ude00".repeat(300),
          "y".repeat(1 << 20));

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  private static String quoted(String text) {
    return CanonicalJson.string(new Str(text));
  }

  private static List<LogEntry> entries(GatewayProcess gateway) {
    var reader = new LogReader(gateway.home().resolve("audit"));
    List<LogEntry> all = new ArrayList<>();
    for (List<LogEntry> page = reader.read(0, 1_000);
        !page.isEmpty();
        page = reader.read(all.size(), 1_000)) {
      all.addAll(page);
    }
    return all;
  }

  /** Everything that a client fills in and that is not a header field. */
  private static void say(Agent agent, String text) throws Exception {
    String path = encoded(text);
    boolean fits = path.length() < 3_000;
    if (fits) {
      agent.call(path, Obj.EMPTY);
      agent.get("/v1/tools/" + path);
      agent.get("/v1/calls/" + path);
      agent.post("/v1/approvals/" + path, "{\"decision\":\"approve\"}");
      agent.post("/v1/sessions/" + path, "");
      agent.send(
          agent
              .request("/v1/secrets/" + path)
              .header("content-type", "application/octet-stream")
              .PUT(HttpRequest.BodyPublishers.ofString("fake"))
              .build());
      agent.send(agent.request("/v1/secrets/" + path).DELETE().build());
      for (String name :
          List.of("kind", "call", "callId", "tenant", "principal", "tool", "code", "cursor")) {
        agent.get("/v1/audit/events?" + name + "=" + path);
      }
      agent.get("/v1/audit/events?" + path + "=1");
      agent.get("/v1/audit/proof/" + path);
      agent.get("/v1/audit/tile/" + path);
    }
    agent.call("fs_read", JsonValue.object().put("path", text).build());
    agent.call("fs_read", JsonValue.object().put(text, "x").build());
    agent.call("process_run", Agent.argv("echo", text));
    agent.call("process_run", Agent.argv(text));
    agent.call("http_fetch", JsonValue.object().put("url", "https://" + text + "/").build());
    agent.call("http_fetch", JsonValue.object().put("url", "https://a.example/" + text).build());
    agent.post("/v1/approvals/x", "{\"decision\":\"approve\",\"note\":" + quoted(text) + "}");
    agent.post("/v1/policy/explain", "{\"tool\":" + quoted(text) + ",\"arguments\":{}}");
    agent.post("/v1/messages", "{\"model\":" + quoted(text) + ",\"max_tokens\":1,\"messages\":[]}");
    String who = "{\"name\":" + quoted(text) + ",\"title\":" + quoted(text) + ",\"version\":\"1\"}";
    mcp(
        agent,
        "initialize",
        "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":" + who + "}");
    mcp(agent, "tools/call", "{\"name\":" + quoted(text) + ",\"arguments\":{}}");
    mcp(
        agent,
        "tools/call",
        "{\"name\":\"fs_read\",\"arguments\":{\"path\":" + quoted(text) + "}}");
  }

  private static void mcp(Agent agent, String method, String parameters) throws Exception {
    agent.send(
        agent
            .request("/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\""
                        + method
                        + "\",\"params\":"
                        + parameters
                        + "}"))
            .build());
  }

  /** Header fields as no client library would send them; those with a line end say another one. */
  private static void say(GatewayProcess gateway, String key, String text) throws Exception {
    if (text.length() > 4_000) {
      return; // A longer head is refused by its length alone.
    }
    String bytes = new String(text.getBytes(UTF_8), ISO_8859_1);
    String good = "Authorization: Bearer " + key + "\r\n";
    for (String field :
        List.of(
            "Authorization: Bearer " + bytes,
            "Authorization: Bearer chk_" + bytes + "_0123456789",
            good + "Idempotency-Key: " + bytes,
            good + "Chitin-Session: " + bytes,
            good + "Mcp-Session-Id: " + bytes,
            good + "User-Agent: " + bytes,
            good + "traceparent: 00-" + bytes + "-01",
            good + "tracestate: " + bytes,
            good + "Origin: " + bytes,
            good + "X-Forwarded-For: " + bytes,
            good + "Prefer: " + bytes,
            good + "Accept: " + bytes)) {
      String body = "{\"arguments\":{\"argv\":[\"true\"]}}";
      String answer =
          Raw.exchange(
              gateway.url(),
              "POST /v1/tools/process_run/calls HTTP/1.1\r\nHost: "
                  + gateway.url().getAuthority()
                  + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
                  + body.length()
                  + "\r\n"
                  + field
                  + "\r\n\r\n"
                  + body);
      assertThat(answer).as("an answer to %s", quoted(field)).startsWith("HTTP/1.1 ");
    }
  }

  @Test
  void whateverClientsSayTheLogIsCanonicalBoundedAndShownInTheClear() throws Exception {
    try (GatewayProcess gateway =
            GatewayProcess.start(GatewayProcess.home(CLEAR + GatewayProcess.HIGH_RATE));
        var agent = new Agent(gateway.url(), gateway.key("agent", "admin"))) {
      String key = gateway.key("raw", "admin");
      for (String text : TEXTS) {
        int before = entries(gateway).size();
        say(agent, text);
        say(gateway, key, text);
        // Of a text that is refused by its length alone nothing need be recorded.
        assertThat(entries(gateway).size() - before)
            .as("entries that it left")
            .isGreaterThan(text.length() > 4_000 ? -1 : 3);
      }
      for (String escape : List.of("\\ud800", "\\udc00x", "\\u0000", "\\u001b[2J", "\\u202e")) {
        for (String argument : List.of("path", "x" + escape)) {
          agent.post(
              "/v1/tools/fs_read/calls",
              "{\"arguments\":{\"" + argument + "\":\"a" + escape + "b\"}}");
        }
        agent.post("/v1/policy/explain", "{\"tool\":\"" + escape + "\",\"arguments\":{}}");
        mcp(agent, "tools/call", "{\"name\":\"" + escape + "\",\"arguments\":{}}");
      }

      List<LogEntry> all = entries(gateway);
      for (LogEntry entry : all) {
        canonical(entry);
      }
      Result verified = GatewayProcess.run(gateway.home(), new byte[0], "audit", "verify");
      assertThat(verified.exit()).as(verified.out() + verified.err()).isZero();
      for (String[] command :
          new String[][] {
            {"audit", "tail", "-n", "1000"},
            {"audit", "tail", "-n", "1000", "--json"},
            {"audit", "events"},
            {"audit", "events", "--json"},
            {"audit", "export", "--format", "syslog"},
          }) {
        Result shown = gateway.run(command);
        assertThat(shown.exit()).as(shown.err()).isZero();
        // JSON for machines has its own escapes, below U+0020 alone.
        boolean people = !List.of(command).contains("--json");
        noControls(String.join(" ", command), people, shown.out() + shown.err());
      }
    }
  }

  private static void canonical(LogEntry entry) throws JsonSyntaxException {
    byte[] json = entry.json().toArray();
    assertThat(json.length).isLessThanOrEqualTo(32_768);
    assertThat(CanonicalJson.bytes(StrictJson.parse(json))).isEqualTo(json);
    for (byte b : json) {
      assertThat(b & 0xFF).isGreaterThanOrEqualTo(0x20);
    }
  }

  private static void noControls(String what, boolean people, String shown) {
    shown
        .codePoints()
        .filter(
            c -> c != '\n' && (c < 0x20 || (people && (Character.isISOControl(c) || isBidi(c)))))
        .findFirst()
        .ifPresent(
            c -> {
              throw new AssertionError("%s shows a raw U+%04X".formatted(what, c));
            });
  }

  private static boolean isBidi(int c) {
    return c == 0x200E
        || c == 0x200F
        || (c >= 0x202A && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
  }
}
