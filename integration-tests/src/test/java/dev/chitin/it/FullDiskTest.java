package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A gateway whose log lies on a file system that is really full: a small tmpfs of its own mount
 * namespace, which bubblewrap makes for an ordinary user. A shell beside the gateway fills it and
 * empties it on command.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FullDiskTest {
  private static final long BYTES = 288L << 20; // the log wants 256 MiB free

  /** What the shell does: serves, and follows one word a line. */
  private static final String SHELL =
      """
      "$0" serve --port 0 --json & gateway=$!
      while read word; do
        case $word in
          fill) cat /dev/zero > "$1/filler" 2>/dev/null; echo filled;;
          free) rm -f "$1/filler"; echo freed;;
        esac
      done
      kill $gateway; wait $gateway
      """;

  private static Process start(Path home, Path audit) throws IOException {
    ProcessBuilder serve = GatewayProcess.command(home, Map.of());
    List<String> line =
        new ArrayList<>(
            List.of(
                "bwrap", "--dev-bind", "/", "/", "--die-with-parent", "--perms", "0700", "--size"));
    line.addAll(
        List.of(
            Long.toString(BYTES),
            "--tmpfs",
            audit.toString(),
            "sh",
            "-c",
            SHELL,
            serve.command().getFirst(),
            audit.toString()));
    return serve.command(line).redirectError(home.resolveSibling("stderr.log").toFile()).start();
  }

  private static void say(Process process, String word) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write((word + "\n").getBytes(StandardCharsets.US_ASCII));
    in.flush();
  }

  @Test
  void aFullDiskRefusesCallsAndSaysWhyAndRoomIsEnoughToGoOn() throws Exception {
    Path bwrap = Path.of("/usr/bin/bwrap");
    assumeTrue(Files.isExecutable(bwrap), "there is no bubblewrap here");
    Path home = GatewayProcess.home("\"audit\": { \"segment_bytes\": 1048576 }");
    Path audit = Files.createDirectory(home.resolve("audit"));
    Process process = start(home, audit);
    var out = process.inputReader(StandardCharsets.UTF_8);
    try {
      String first = out.readLine();
      assertThat(first)
          .as(Files.readString(home.resolveSibling("stderr.log")))
          .isNotNull()
          .startsWith("{");
      URI url = URI.create(Json.text(Json.object(first), "url"));
      JsonValue.Obj stolen =
          Json.object(key(home, "create", "--name", "b", "--role", "agent").out());
      try (var agent = new Agent(url, agentsKey(home));
          var thief = new Agent(url, Json.text(stolen, "key"))) {
        assertThat(thief.get("/v1/tools").status()).isEqualTo(200);
        assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
        say(process, "fill");
        assertThat(out.readLine()).isEqualTo("filled");
        Await.until("not ready", () -> agent.get("/health/ready").status() == 503);
        var ready = agent.get("/health/ready");
        assertThat(ready.text()).contains("audit.");
        var refused = agent.call("fs_list", Agent.path("."));
        assertThat(refused.status()).as(refused.text()).isEqualTo(503);
        assertThat(refused.text())
            .as("refused, not waited for")
            .contains("\"code\":\"audit.")
            .doesNotContain("audit.stalled");
        assertThat(agent.get("/health/live").status()).isEqualTo(200);
        var revoked = key(home, "revoke", Json.text(stolen, "id"));
        assertThat(thief.get("/v1/tools").status())
            .as("revoked on a full disk: %s", revoked)
            .isEqualTo(401);
        say(process, "free");
        assertThat(out.readLine()).isEqualTo("freed");
        Await.until("ready again", () -> agent.get("/health/ready").status() == 200);
        assertThat(agent.call("fs_list", Agent.path(".")).status()).isEqualTo(200);
      }
    } finally {
      process.getOutputStream().close();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      GatewayProcess.removeHome(home);
    }
  }

  private static String agentsKey(Path home) throws Exception {
    var created = key(home, "create", "--name", "agent", "--role", "admin");
    assertThat(created.exit()).as(created.err()).isZero();
    return Json.text(Json.object(created.out()), "key");
  }

  private static GatewayProcess.Result key(Path home, String... arguments) throws Exception {
    var line = new ArrayList<>(List.of("key"));
    line.addAll(List.of(arguments));
    line.add("--json");
    return GatewayProcess.run(home, new byte[0], line.toArray(String[]::new));
  }
}
