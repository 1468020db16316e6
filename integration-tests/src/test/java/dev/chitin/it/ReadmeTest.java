package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Runs what README tells a newcomer to type, as it stands. */
class ReadmeTest {
  private static final Pattern BLOCK = Pattern.compile("```(\\w+)\n(.*?)```", Pattern.DOTALL);

  @Test
  void itsCommandsDoWhatItSays() throws Exception {
    List<String> commands = lines(blocks("sh"));
    assertThat(commands.subList(0, 2)).containsExactly("bin/chitin quickstart", "bin/test");
    Path home = GatewayProcess.home("\"gateway\": { \"port\": 8787 }");
    Files.delete(home.resolve("chitin.json5"));
    Process quickstart = shell(home, commands.getFirst(), Map.of()).start();
    try {
      String key = keyOf(quickstart);
      // The second command is the one that runs this test.
      for (String command : commands.subList(2, commands.size())) {
        Process process =
            shell(home, command, Map.of("CHITIN_KEY", key)).redirectErrorStream(true).start();
        String out = read(process.getInputStream());
        assertThat(process.waitFor()).as("%s%n%s", command, out).isZero();
        assertThat(out).as(command).isNotBlank();
        if (command.contains("id_rsa")) {
          assertThat(out).contains("\"code\":\"policy.path_denied\"", "\"rule\":\"builtin.paths");
        } else if (command.contains("curl")) {
          assertThat(out).as(command).doesNotContain("urn:chitin:problem");
        }
      }
    } finally {
      quickstart.destroy();
      assertThat(quickstart.waitFor()).isZero();
    }
    GatewayProcess.removeHome(home);
  }

  @Test
  void itsToolIsValidAndCounts() throws Exception {
    String snippet = blocks("json5").getFirst();
    Path home = GatewayProcess.home("");
    Path given = home.resolve("chitin.json5");
    String members = Files.readString(given);
    // The snippet's workspace is that of a home in ~; this gateway has another.
    String tool = snippet.strip().substring(1).replace("~/.chitin/workspace", home + "/workspace");
    Files.writeString(given, members.substring(0, members.lastIndexOf('}')) + "," + tool);
    try (var gateway = GatewayProcess.start(home);
        var agent = new Agent(gateway.url(), gateway.key("agent", "agent"))) {
      Files.writeString(gateway.workspace().resolve("words.txt"), "one two three\n");
      Agent.Answer answer =
          agent.post("/v1/tools/word_count/calls", "{\"arguments\":{\"file\":\"words.txt\"}}");
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.member("stdout")).startsWith("3 ");
      Agent.Answer option =
          agent.post("/v1/tools/word_count/calls", "{\"arguments\":{\"file\":\"--help\"}}");
      assertThat(option.member("stdout")).doesNotContain("Usage");
    }
  }

  private static List<String> blocks(String language) throws IOException {
    Matcher matcher = BLOCK.matcher(Files.readString(GatewayProcess.ROOT.resolve("README.md")));
    List<String> blocks = new ArrayList<>();
    while (matcher.find()) {
      if (matcher.group(1).equals(language)) {
        blocks.add(matcher.group(2));
      }
    }
    return blocks;
  }

  private static List<String> lines(List<String> blocks) {
    return blocks.stream().flatMap(String::lines).filter(line -> !line.isBlank()).toList();
  }

  private static ProcessBuilder shell(Path home, String command, Map<String, String> environment) {
    var builder =
        new ProcessBuilder("sh", "-c", "exec " + command).directory(GatewayProcess.ROOT.toFile());
    builder.environment().put("CHITIN_HOME", home.toString());
    builder.environment().put("CHITIN_SKIP_BUILD", "1");
    builder
        .environment()
        .put("XDG_CONFIG_HOME", home.resolveSibling("user").toAbsolutePath().toString());
    builder.environment().putAll(environment);
    return builder;
  }

  private static String keyOf(Process quickstart) throws IOException {
    BufferedReader out = quickstart.inputReader(StandardCharsets.UTF_8);
    String key = "";
    var seen = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      seen.append(line).append('\n');
      if (line.strip().startsWith("export CHITIN_KEY=")) {
        key = line.strip().substring("export CHITIN_KEY=".length());
      }
      if (line.contains("stays up")) {
        return key;
      }
    }
    throw new IOException("quickstart ended: " + seen);
  }

  private static String read(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }
}
