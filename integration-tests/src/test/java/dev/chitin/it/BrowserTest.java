package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A browser, and two pages that call the gateway with a good key: one of an origin that is listed,
 * one of another. Chromium reaches nothing but loopback; without it the tests are skipped.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrowserTest {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final long PATIENCE_SECONDS = 60;

  private HttpServer allowed;
  private HttpServer refused;
  private GatewayProcess gateway;
  private Path profile;
  private String key = "";

  @BeforeAll
  void start() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(CHROMIUM), "There is no " + CHROMIUM + " (package chromium).");
    profile = Files.createTempDirectory("chitin-browser-");
    allowed = pages();
    refused = pages();
    gateway =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"cors_origins\": [\"" + origin(allowed) + "\"] }"));
    key = gateway.key("page", "agent");
  }

  @AfterAll
  void stop() throws IOException {
    if (gateway != null) {
      gateway.close();
      allowed.stop(0);
      refused.stop(0);
      GatewayProcess.remove(profile);
    }
  }

  private static String origin(HttpServer server) {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Serves one page, whose script calls and writes what it could read. */
  private HttpServer pages() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
    server.createContext(
        "/",
        exchange -> {
          byte[] page = page(exchange.getRequestURI().getQuery()).getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("content-type", "text/html; charset=utf-8");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.start();
    return server;
  }

  /** Makes a directory entry, so that a call that ran leaves something behind. */
  private String page(String name) {
    return """
    <!doctype html><title>a page</title><pre id="seen">nothing</pre><script>
    fetch("%s/v1/tools/fs_write/calls", {
      method: "POST",
      headers: { "authorization": "Bearer %s", "content-type": "application/json" },
      body: JSON.stringify({ arguments: { path: "%s", content: "from a page" } })
    }).then(answer => answer.text().then(text => answer.status + " " + text + " id "
        + answer.headers.get("x-request-id")))
      .catch(problem => "failed: " + problem)
      .then(text => { document.getElementById("seen").textContent = "seen: " + text; });
    </script>
    """
        .formatted(gateway.url(), key, name);
  }

  /** The page as it stands when its script has done its work. */
  private String visit(HttpServer server, String name) throws IOException, InterruptedException {
    Path out = Files.createTempFile(profile, "dom-", ".html");
    Process chromium =
        new ProcessBuilder(
                List.of(
                    CHROMIUM.toString(),
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--no-first-run",
                    "--no-proxy-server",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                    "--user-data-dir=" + profile.resolve("profile-" + name),
                    "--virtual-time-budget=10000",
                    "--timeout=20000",
                    "--dump-dom",
                    origin(server) + "/?" + name))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(out.toFile())
            .directory(profile.toFile())
            .start();
    if (!chromium.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      chromium.descendants().forEach(ProcessHandle::destroyForcibly);
      chromium.destroyForcibly().waitFor();
      throw new AssertionError("the browser did not end");
    }
    return Files.readString(out);
  }

  private String log() throws IOException, InterruptedException {
    return gateway.run("audit", "tail", "-n", "1000").out();
  }

  @Test
  void aPageOfAListedOriginCallsAndReadsTheAnswer() throws Exception {
    String seen = visit(allowed, "listed.txt");
    assertThat(seen).contains("seen: 200 ").contains("callId").contains("id req_");
    assertThat(gateway.workspace().resolve("listed.txt")).hasContent("from a page");
    assertThat(log()).contains("fs_write");
  }

  @Test
  void aPageOfAnotherOriginReadsNothingAndNothingRuns() throws Exception {
    String before = log();
    String seen = visit(refused, "other.txt");
    assertThat(seen).contains("seen: failed: TypeError");
    assertThat(gateway.workspace().resolve("other.txt")).doesNotExist();
    assertThat(log().lines().filter(line -> line.contains("ToolExecution")).count())
        .isEqualTo(before.lines().filter(line -> line.contains("ToolExecution")).count());
  }
}
