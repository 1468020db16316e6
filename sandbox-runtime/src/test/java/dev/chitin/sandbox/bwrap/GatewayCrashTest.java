package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.sandbox.backend.OutputSink;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that is killed leaves no tool behind, and the next one removes what else it left. */
class GatewayCrashTest {

  /** A gateway of its own: runs one tool, says so on its output, and waits to be killed. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      var backend = BwrapBackend.start(vertx, SandboxSettings.defaults(Path.of(args[0])));
      OutputSink report =
          chunk -> {
            System.out.write(chunk.bytes().borrow(), 0, chunk.bytes().length());
            System.out.flush();
            return Future.succeededFuture();
          };
      RealSandbox.await(
          backend.run(
              ProbeCall.of(
                  ProbeCall.TENANT,
                  RealSandbox.SHELL,
                  List.of(
                      "sh",
                      "-c",
                      "[ -r /.chitin-sandbox ] || exit 9; mkdir -p /out/d; echo x >/out/d/f;"
                          + " tr '\\0' ' ' </proc/1/environ; env; (setsid sleep "
                          + args[2]
                          + " &); echo started; exec sleep "
                          + args[2]),
                  ProbeCall.ENVIRONMENT,
                  Bytes.EMPTY,
                  List.of(RealSandbox.mount(Path.of(args[1]), "/w", true)),
                  RealSandbox.LIMITS,
                  List.of(new DeclaredOutput("f", "d/f", 100, true))),
              report,
              RealSandbox.context()));
    }
  }

  @Test
  void nothingOfAKilledGatewayStays(@TempDir Path directory) throws Exception {
    Path run = directory.resolve("run");
    Path work = Files.createDirectory(directory.resolve("work")).toRealPath();
    String mark = "9000." + (UUID.randomUUID().getMostSignificantBits() >>> 1);
    String secret = "planted-" + UUID.randomUUID();
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                run.toString(),
                work.toString(),
                mark)
            .redirectError(directory.resolve("errors").toFile());
    builder.environment().put("FOO_SECRET", secret);
    Process victim = builder.start();
    var seen = new StringBuilder();
    try (var lines =
        new BufferedReader(
            new InputStreamReader(victim.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        seen.append(line).append('\n');
        if (line.equals("started")) {
          break;
        }
      }
      assertThat(seen.toString())
          .as(Files.readString(directory.resolve("errors")))
          .contains("HOME=/tmp")
          .doesNotContain(secret);
      assertThat(RealSandbox.processWith(mark)).isTrue();
      assertThat(work.resolve(".bashrc")).exists();
      assertThat(entries(run.resolve("out"))).hasSize(1);
      victim.destroyForcibly();
      assertThat(victim.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
    // The kernel kills the sandbox when its parent's thread ends; it has no other signal to wait
    // for.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (RealSandbox.processWith(mark) && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(RealSandbox.processWith(mark)).as("a tool of the killed gateway").isFalse();
    try (var sandbox = new RealSandbox(run)) {
      assertThat(sandbox.shell("true").status()).isEqualTo("exit 0");
      assertThat(entries(work)).isEmpty();
      assertThat(entries(run.resolve("out"))).isEmpty();
      assertThat(groupsOf(victim.pid())).isEmpty();
    }
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  private static List<Path> groupsOf(long pid) throws IOException {
    var found = new java.util.ArrayList<Path>();
    for (String controller : List.of("memory", "pids", "cpu", "cpuacct")) {
      Path parent = Path.of("/sys/fs/cgroup", controller, "chitin");
      if (Files.isDirectory(parent)) {
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(parent, "run-" + pid + "-*")) {
          groups.forEach(found::add);
        }
      }
    }
    return found;
  }
}
