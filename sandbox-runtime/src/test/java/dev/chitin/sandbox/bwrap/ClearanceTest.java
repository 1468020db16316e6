package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.LIMITS;
import static dev.chitin.sandbox.bwrap.RealSandbox.SHELL;
import static dev.chitin.sandbox.bwrap.RealSandbox.await;
import static dev.chitin.sandbox.bwrap.RealSandbox.mount;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.Preparation;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A sandbox may stand before its call is cleared, cold or warm; its tool may not run. */
@Isolated
class ClearanceTest {
  @TempDir private Path shared = Path.of("/");
  private RealSandbox sandbox;
  private Path work;

  @BeforeEach
  void start() throws IOException {
    Path directory = shared.toRealPath();
    work = Files.createDirectory(directory.resolve("work"));
    sandbox =
        new RealSandbox(
            directory.resolve("run"), RunBounds.DEFAULT, new WarmBounds(1, 1, 3_600_000));
  }

  @AfterEach
  void stop() {
    sandbox.close();
  }

  private static void until(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.call()) {
      assertThat(System.nanoTime() - end).as("time").isNegative();
      Thread.onSpinWait();
    }
  }

  private static PreparedCall call(String script, Mount... mounts) {
    return ProbeCall.of(
        "t",
        SHELL,
        List.of("sh", "-c", script),
        ProbeCall.ENVIRONMENT,
        Bytes.EMPTY,
        List.of(mounts),
        LIMITS,
        List.of());
  }

  private Preparation prepare(PreparedCall call) {
    return sandbox.backend.prepare(call, RealSandbox.context());
  }

  /** A process that answers at once: long enough for a gate that does not hold to show. */
  private void passTime() {
    for (int i = 0; i < 5; i++) {
      assertThat(sandbox.shellOf("other", "true", LIMITS).status()).isEqualTo("exit 0");
    }
  }

  @Test
  void aColdSandboxStandsAndItsToolDoesNotRun() throws Exception {
    Preparation ready = prepare(call(": >/w/ran", mount(work, "/w", true)));
    until(() -> Files.exists(work.resolve(".bashrc")));
    passTime();
    assertThat(work.resolve("ran")).doesNotExist();
    assertThat(await(ready.start(List.of(), OutputSink.NONE)).status()).isEqualTo("exit 0");
    assertThat(work.resolve("ran")).exists();
  }

  @Test
  void aWarmOneStandsAndItsToolDoesNotRun() throws Exception {
    String mark = "6000." + (UUID.randomUUID().getMostSignificantBits() >>> 1);
    sandbox.shellOf("t", "true", LIMITS);
    until(() -> sandbox.backend.metrics().ready() == 1);
    Preparation ready = prepare(call("exec sleep " + mark));
    until(() -> sandbox.backend.metrics().warmHits() == 1);
    passTime();
    assertThat(RealSandbox.processWith(mark)).isFalse();
    var running = ready.start(List.of(), OutputSink.NONE);
    until(() -> RealSandbox.processWith(mark));
    ready.abandon();
    assertThat(await(running).status()).isEqualTo("cancelled");
    assertThat(RealSandbox.processWith(mark)).isFalse();
  }

  @Test
  void whatIsAbandonedLeavesNothingAndNeverRan() throws Exception {
    Preparation ready = prepare(call(": >/w/ran", mount(work, "/w", true)));
    until(() -> Files.exists(work.resolve(".bashrc")));
    ready.abandon();
    until(() -> sandbox.backend.metrics().running() == 0);
    try (var left = Files.list(work)) {
      assertThat(left).isEmpty();
    }
    assertThatThrownBy(() -> await(ready.start(List.of(), OutputSink.NONE)))
        .hasMessageStartingWith("call.cancelled");
    assertThat(work.resolve("ran")).doesNotExist();
  }

  @Test
  void whatIsNotClearedInTimeNeverRuns() throws Exception {
    Preparation ready =
        sandbox.backend.prepare(
            call(": >/w/ran", mount(work, "/w", true)),
            new CallContext(Deadline.after(Duration.ofMillis(300))));
    until(() -> Files.exists(work.resolve(".bashrc")));
    until(() -> sandbox.backend.metrics().running() == 0);
    assertThatThrownBy(() -> await(ready.start(List.of(), OutputSink.NONE)))
        .hasMessageStartingWith("deadline.exceeded");
    assertThat(work.resolve("ran")).doesNotExist();
  }

  /** Deadlines that pass before, while and after bwrap makes its namespaces. */
  @Test
  void whenEverItsTimeEndsBeforeTheClearanceItNeverRuns() throws Exception {
    for (int i = 0; i < 60; i++) {
      Preparation ready =
          sandbox.backend.prepare(
              call(": >/w/ran", mount(work, "/w", true)),
              new CallContext(Deadline.after(Duration.ofNanos(i * 250_000L))));
      until(() -> sandbox.backend.metrics().running() == 0);
      assertThatThrownBy(() -> await(ready.start(List.of(), OutputSink.NONE)))
          .hasMessageStartingWith("deadline.exceeded");
    }
    passTime();
    assertThat(work.resolve("ran")).doesNotExist();
  }

  /** As when the gateway is killed: the kernel may close its files before it ends bwrap. */
  @Test
  void aGateWhoseOtherEndIsLostStaysShut() throws Throwable {
    Preparation ready = prepare(call(": >/w/ran", mount(work, "/w", true)));
    until(() -> Files.exists(work.resolve(".bashrc")));
    until(() -> !gates().isEmpty());
    for (Path gate : gates()) {
      lose(gate);
    }
    passTime();
    assertThat(work.resolve("ran")).doesNotExist();
    ready.abandon();
    until(() -> sandbox.backend.metrics().running() == 0);
    assertThat(work.resolve("ran")).doesNotExist();
  }

  /** This process's descriptors of pipes that a bwrap waits on as its gate. */
  private static List<Path> gates() throws IOException {
    Set<String> waitedOn = new HashSet<>();
    for (Path process : list(Path.of("/proc"), "[0-9]*")) {
      if (text(() -> Files.readString(process.resolve("comm"))).equals("bwrap\n")) {
        waitedOn.add(text(() -> Files.readSymbolicLink(process.resolve("fd/6")).toString()));
      }
    }
    List<Path> mine = new ArrayList<>();
    for (Path descriptor : list(Path.of("/proc/self/fd"), "*")) {
      String file = text(() -> Files.readSymbolicLink(descriptor).toString());
      if (file.startsWith("pipe:[") && waitedOn.contains(file)) {
        mine.add(descriptor);
      }
    }
    return mine;
  }

  /** What {@code read} gives; empty for what is gone meanwhile, or somebody else's. */
  private static String text(Callable<String> read) {
    try {
      return read.call();
    } catch (Exception gone) {
      return "";
    }
  }

  private static List<Path> list(Path directory, String glob) throws IOException {
    try (var entries = Files.newDirectoryStream(directory, glob)) {
      return StreamSupport.stream(entries.spliterator(), false).toList();
    }
  }

  /** Closes the pipe's end, and keeps its number from being given to another file. */
  @SuppressWarnings("restricted") // dup2(2) is called as it is declared; nothing else needs it.
  private static void lose(Path descriptor) throws Throwable {
    Linker linker = Linker.nativeLinker();
    MethodHandle dup2 =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("dup2"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try (Fd nothing = Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDONLY, 0, 0)) {
      int number = Integer.parseInt(descriptor.getFileName().toString());
      assertThat((int) dup2.invokeExact(nothing.number(), number)).isEqualTo(number);
    }
  }
}
