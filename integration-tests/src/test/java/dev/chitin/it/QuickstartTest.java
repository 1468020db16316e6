package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The first command of README, on a home that does not exist yet. */
class QuickstartTest {
  private static final Pattern KEY = Pattern.compile("ck_[0-9A-Za-z]{17}_[0-9A-Za-z]{49}");

  @Test
  void showsTheMainJobVerifiesTheLogAndEnds() throws Exception {
    Path base = Files.createTempDirectory("chitin-it-");
    Path home = base.resolve("home");
    Files.createDirectory(home);
    GatewayProcess.Result result =
        GatewayProcess.run(home, new byte[0], "quickstart", "--once", "--port", "0");
    assertThat(result.exit()).as(result.out() + result.err()).isZero();
    assertThat(result.out())
        .contains("hello from the sandbox")
        .contains("403 policy.path_denied")
        .contains("rule: builtin.paths[~/.ssh]")
        .contains("hint: ")
        .contains("ok: the server got a token with the right SHA-256")
        .contains("ok: the answer does not hold the token")
        .contains("ok: the environment of a sandboxed env does not hold it")
        .contains("ok: neither the log nor the vault's files hold it in clear")
        .contains("ok: the log verifies")
        .doesNotContain("FAILED");
    Matcher key = KEY.matcher(result.out());
    assertThat(key.find()).isTrue();
    assertThat(result.err()).doesNotContain(key.group());
    assertThat(Files.exists(home.resolve("chitin.json5"))).isTrue();

    GatewayProcess.Result again =
        GatewayProcess.run(home, new byte[0], "quickstart", "--once", "--port", "0");
    assertThat(again.exit()).as(again.out() + again.err()).isZero();
    GatewayProcess.Result verified = GatewayProcess.run(home, new byte[0], "audit", "verify");
    assertThat(verified.exit()).as(verified.out()).isZero();
    GatewayProcess.remove(base);
  }

  /** It has read every file of its home by then, the log's lock too unless it takes care. */
  @Test
  void whileItStaysUpNobodyElseGetsIntoItsLog() throws Exception {
    Path base = Files.createTempDirectory("chitin-it-");
    Path home = Files.createDirectory(base.resolve("home"));
    Process process =
        GatewayProcess.command(home, Map.of(), "quickstart", "--port", "0")
            .redirectError(base.resolve("stderr.log").toFile())
            .start();
    try {
      BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
      String line = out.readLine();
      while (line != null && !line.contains("stays up")) {
        line = out.readLine();
      }
      assertThat(line).as(Files.readString(base.resolve("stderr.log"))).isNotNull();
      assertThat(Files.readString(Path.of("/proc/locks")))
          .as("the lock itself")
          .contains(":" + Files.getAttribute(home.resolve("audit/lock"), "unix:ino") + " 0 EOF");

      GatewayProcess.Result second = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
      assertThat(second.exit()).isEqualTo(5);
      assertThat(second.err()).contains("audit.unavailable").contains("already open in process");
      GatewayProcess.Result verified = GatewayProcess.run(home, new byte[0], "audit", "verify");
      assertThat(verified.exit()).as(verified.out() + verified.err()).isZero();

      process.destroy();
      assertThat(process.waitFor()).isZero();
    } finally {
      process.destroyForcibly().waitFor();
    }
    GatewayProcess.remove(base);
  }
}
