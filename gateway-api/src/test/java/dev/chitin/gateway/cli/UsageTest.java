package dev.chitin.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command line says of itself, and of what it does not understand. */
class UsageTest {
  private static final Pattern COMMAND = Pattern.compile("(?m)^  ([a-z-]+)  ");

  @TempDir private Path home = Path.of("");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... arguments) {
    out.reset();
    err.reset();
    var session =
        new Session(
            Map.of("CHITIN_HOME", home.toString(), "HOME", home.toString()),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new Access());
    return Main.run(session, arguments);
  }

  private JsonValue.Obj answer() throws Exception {
    return (JsonValue.Obj) StrictJson.parse(out.toByteArray());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key create --json",
        "key create --name x --bogus --json",
        "tool call --json",
        "audit tail -n many --json",
        "audit nope --json",
        "nope --json",
        "serve --port 70000 --json",
        "serve --port some --json",
        "serve --log-format xml --json",
        "serve --config /no/such/file --json",
        "doctor --config /no/such/file --json"
      })
  void whoWantsJsonHasItAlsoOfWhatIsNotUnderstood(String line) throws Exception {
    assertThat(run(line.split(" "))).as(line).isEqualTo(2);
    assertThat(Texts.of(answer(), "code")).matches("[a-z_]+(\\.[a-z_]+)+");
    assertThat(Texts.of(answer(), "detail")).isNotBlank();
    assertThat(Texts.of(answer(), "hint")).isNotBlank();
    assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("chitin: ");
  }

  @Test
  void aFileToValidateThatDoesNotExistIsAFault() throws Exception {
    assertThat(run("config", "validate", "/no/such/file", "--json")).isEqualTo(2);
    assertThat(answer().get("valid")).isEqualTo(new JsonValue.Bool(false));
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("/no/such/file", "does not exist");
  }

  @Test
  void peopleAreShownTheUsage() {
    assertThat(run("key", "create")).isEqualTo(2);
    assertThat(out.size()).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("--name", "Usage: chitin key create");
  }

  @Test
  void aRunningGatewayIsNotExaminedByAnotherFile() throws Exception {
    Files.createDirectory(home.resolve("run"));
    Path other = Files.writeString(home.resolve("other.json5"), "{}");
    Vertx vertx = Vertx.vertx();
    try {
      vertx
          .createHttpServer()
          .requestHandler(request -> request.response().end("{\"sound\":true,\"controls\":[]}"))
          .listen(SocketAddress.domainSocketAddress(home.resolve("run/admin.sock").toString()))
          .await();
      assertThat(run("doctor", "--config", other.toString(), "--json")).isEqualTo(2);
      assertThat(Texts.of(answer(), "rule")).isEqualTo("--config");
      assertThat(run("doctor", "--json")).isZero();
    } finally {
      vertx.close().await();
    }
  }

  /** The first line of a command's description stands alone in the list of the command above. */
  @Test
  void everyHelpFitsATerminalAndEveryCommandIsSaidInAWholeSentence() {
    List<List<String>> commands = new ArrayList<>(List.of(List.of()));
    for (int i = 0; i < commands.size(); i++) {
      List<String> line = new ArrayList<>(commands.get(i));
      line.add("--help");
      assertThat(run(line.toArray(String[]::new))).as(line.toString()).isZero();
      String help = out.toString(StandardCharsets.UTF_8);
      assertThat(help.lines().mapToInt(String::length).max().orElse(0)).isLessThanOrEqualTo(100);
      assertThat(help).as(line.toString()).doesNotContain("null");
      int list = help.indexOf("Commands:");
      if (list < 0) {
        continue;
      }
      String all = help.substring(list).replaceFirst("(?s)\n\n.*", "").strip();
      String[] entries = all.replaceAll("\n {4,}", " ").split("\n", -1);
      for (int k = 1; k < entries.length; k++) {
        assertThat(entries[k]).as(line.toString()).matches("  [a-z-]+ +[A-Z].*\\.");
      }
      COMMAND
          .matcher(all)
          .results()
          .forEach(
              found -> {
                List<String> below = new ArrayList<>(line.subList(0, line.size() - 1));
                below.add(found.group(1));
                commands.add(below);
              });
    }
    assertThat(commands).hasSizeGreaterThan(45);
  }
}
