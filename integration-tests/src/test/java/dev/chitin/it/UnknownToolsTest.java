package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.LogReader;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.it.GatewayProcess.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever looks for tools by name leaves a trace, and cannot choose what it looks like. */
class UnknownToolsTest {
  private static final List<String> NAMES =
      List.of(
          "no_such_tool",
          "x\r\n{\"kind\":\"VaultState\"}",
          "\u001b[2J\u001b]0;owned\u0007",
          "\u202egnp.exe",
          "a\u0000b",
          "]]>",
          "y".repeat(4_000));

  @Test
  void eachCallOfAToolThatThereIsNotIsOneEntryWithoutItsName() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(GatewayProcess.home(""));
        var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
      int answered = 0;
      for (String name : NAMES) {
        String path = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        var answer = agent.call(path, JsonValue.Obj.EMPTY);
        assertThat(answer.status()).as(answer.text()).isIn(400, 404, 414);
        answered += answer.status() == 404 ? 1 : 0;
      }
      assertThat(answered).isGreaterThanOrEqualTo(1);
      List<String> entries =
          new LogReader(gateway.home().resolve("audit"))
              .read(0, 1_000).stream()
                  .map(entry -> new String(entry.json().toArray(), StandardCharsets.UTF_8))
                  .toList();
      List<String> denied =
          entries.stream().filter(entry -> entry.contains("\"tool.unknown\"")).toList();
      assertThat(denied).hasSize(answered);
      for (String entry : denied) {
        Obj fields = Json.object(entry);
        assertThat(Json.text(fields, "phase")).isEqualTo("Denied");
        assertThat(Json.text(fields, "tool")).startsWith("h1:").hasSizeLessThan(40);
        assertThat(Json.text(fields, "principal")).isNotEmpty();
        assertThat(entry).hasSizeLessThan(2_000);
      }
      for (String name : NAMES) {
        assertThat(entries).noneMatch(entry -> entry.contains(name));
      }
      var tail = gateway.run("audit", "tail", "-n", "100");
      assertThat(tail.out() + tail.err()).doesNotContain("\u001b", "\u202e", "\u0000");
      assertThat(GatewayProcess.run(gateway.home(), new byte[0], "audit", "verify").exit())
          .isZero();
    }
  }
}
