package dev.chitin.it.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The vendors' SDKs for Node, run in a process of their own. {@code bin/test} sets them up and says
 * in {@code CHITIN_TEST_NODE} where, or in {@code CHITIN_TEST_NODE_MISSING} why it could not.
 */
final class NodeSdk {
  private static final Path SCRIPTS =
      Path.of(System.getProperty("chitin.root")).resolve("integration-tests/src/test/node");

  private final Path directory;

  private NodeSdk(Path directory) {
    this.directory = directory;
  }

  /** The SDKs, or an assumption that does not hold. */
  static NodeSdk orSkip() {
    String place = System.getenv("CHITIN_TEST_NODE");
    String missing = System.getenv("CHITIN_TEST_NODE_MISSING");
    assumeTrue(
        place != null && Files.isDirectory(Path.of(place, "node_modules")),
        "the SDKs for Node are not set up: "
            + (missing == null ? "bin/test does that; CHITIN_TEST_NODE is not set" : missing));
    return new NodeSdk(Path.of(place == null ? "" : place));
  }

  /** What one scenario of a script saw. */
  JsonValue.Obj run(String script, String scenario, URI gateway, String key)
      throws IOException, InterruptedException {
    Path copy = directory.resolve(script);
    Files.copy(SCRIPTS.resolve(script), copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    String base = gateway.toString().replaceAll("/$", "");
    Process process =
        new ProcessBuilder("node", copy.toString(), scenario, base, key)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return Json.object(said);
  }
}
