package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Mount;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.file.PathResolver;
import dev.chitin.sandbox.nativeos.Processes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real backend of this machine for tests. Without bubblewrap, or as root, tests fail. */
final class RealSandbox implements AutoCloseable {
  static final String SHELL = "/usr/bin/dash";

  final Vertx vertx = Vertx.vertx();
  final BwrapBackend backend;

  /** Without sandboxes that stand ready. */
  RealSandbox(Path runDirectory) {
    this(runDirectory, RunBounds.DEFAULT, WarmBounds.NONE);
  }

  RealSandbox(Path runDirectory, RunBounds runs, WarmBounds warm) {
    this(SandboxSettings.defaults(runDirectory).with(runs, warm));
  }

  RealSandbox(Path runDirectory, WriteProtection protection) {
    this(
        SandboxSettings.defaults(runDirectory)
            .with(RunBounds.DEFAULT, WarmBounds.NONE)
            .with(protection));
  }

  RealSandbox(SandboxSettings settings) {
    assertThat(Processes.geteuid())
        .as("run the tests as an ordinary user: a sandbox started by root is none")
        .isNotZero();
    backend = BwrapBackend.start(vertx, settings);
  }

  static Limits limits(long wallMillis, long outputBytes, long memoryBytes, long processes) {
    return Limits.from(
        member ->
            switch (member) {
              case WALL_MS -> wallMillis;
              case STDOUT_BYTES, STDERR_BYTES -> outputBytes;
              case MEMORY_BYTES -> memoryBytes;
              case PROCESSES -> processes;
              case FILE_BYTES -> 8L << 20;
              case OPEN_FILES -> 64;
              case TMP_BYTES -> 4L << 20;
              default -> member.byDefault();
            });
  }

  static final Limits LIMITS = limits(20_000, 1 << 20, 256L << 20, 32);

  static CallContext context() {
    return new CallContext(Deadline.after(Duration.ofSeconds(40)));
  }

  Future<Outcome> start(
      String executable, List<String> argv, String stdin, List<Mount> mounts, Limits limits) {
    return startOf(ProbeCall.TENANT, executable, argv, stdin, limits, mounts.toArray(Mount[]::new));
  }

  Future<Outcome> startOf(
      String tenant,
      String executable,
      List<String> argv,
      String stdin,
      Limits limits,
      Mount... mounts) {
    return backend.run(
        ProbeCall.of(
            tenant,
            executable,
            argv,
            ProbeCall.ENVIRONMENT,
            Bytes.copyOf(stdin.getBytes(StandardCharsets.UTF_8)),
            List.of(mounts),
            limits,
            List.of()),
        OutputSink.NONE,
        context());
  }

  Outcome shellOf(String tenant, String script, Limits limits, Mount... mounts) {
    return await(startOf(tenant, SHELL, List.of("sh", "-c", script), "", limits, mounts));
  }

  Outcome run(String executable, String... argv) {
    return await(start(executable, List.of(argv), "", List.of(), LIMITS));
  }

  Outcome shell(String script) {
    return shell(script, LIMITS);
  }

  Outcome shell(String script, Limits limits, Mount... mounts) {
    return await(start(SHELL, List.of("sh", "-c", script), "", List.of(mounts), limits));
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      if (e.getCause() instanceof RuntimeException refusal) {
        throw refusal;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }

  static String text(Bytes bytes) {
    return new String(bytes.borrow(), StandardCharsets.UTF_8);
  }

  static Mount mount(Path source, String target, boolean writable) {
    return new Mount(
        source.toString(),
        target,
        writable,
        PathResolver.identity(source.toString()).orElseThrow());
  }

  /** Whether a process of this machine has {@code mark} among its arguments. */
  static boolean processWith(String mark) throws IOException {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (commandLine(process).contains(mark)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Empty for a process that ended while we looked. */
  private static String commandLine(Path process) {
    try {
      return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    await(backend.close());
    await(vertx.close());
  }
}
