package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.LIMITS;
import static dev.chitin.sandbox.bwrap.RealSandbox.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.sandbox.backend.Outcome;
import io.vertx.core.Future;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A thousand calls leave descriptors, threads, memory and control groups where they were. */
@Isolated
class LeakTest {
  private static final int CALLS = 1_000;
  private static final int AT_ONCE = 8;

  /** What the process holds when nothing runs and the pool is full. */
  private record Holdings(long descriptors, int threads, long heap, long groups) {
    static Holdings now(RealSandbox sandbox) throws IOException {
      settle(sandbox);
      System.gc();
      var memory = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
      return new Holdings(
          entries(Path.of("/proc/self/fd"), "*"),
          ManagementFactory.getThreadMXBean().getThreadCount(),
          memory.getUsed(),
          entries(
              Path.of("/sys/fs/cgroup/memory/chitin"),
              "run-" + ProcessHandle.current().pid() + "-*"));
    }
  }

  private static void settle(RealSandbox sandbox) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    Path groups = Path.of("/sys/fs/cgroup/memory/chitin");
    String own = "run-" + ProcessHandle.current().pid() + "-*";
    while (sandbox.backend.metrics().running() > 0
        || sandbox.backend.metrics().ready() != 2
        || entries(groups, own) > 2 + RunBounds.DEFAULT.setUps()) {
      assertThat(System.nanoTime() - end).as("time to settle").isNegative();
      Thread.onSpinWait();
    }
  }

  private static long entries(Path directory, String glob) throws IOException {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    long count = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
      for (Path entry : entries) {
        count += entry.getNameCount() > 0 ? 1 : 0;
      }
    }
    return count;
  }

  private static void calls(RealSandbox sandbox, int number) {
    List<Future<Outcome>> running = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      running.add(sandbox.startOf("t", "/usr/bin/true", List.of("true"), "", LIMITS));
      if (running.size() == AT_ONCE) {
        running.forEach(call -> assertThat(await(call).status()).isEqualTo("exit 0"));
        running.clear();
      }
    }
    running.forEach(call -> assertThat(await(call).status()).isEqualTo("exit 0"));
  }

  @Test
  void aThousandCallsLeaveEverythingWhereItWas(@TempDir Path directory) throws IOException {
    try (var sandbox =
        new RealSandbox(
            directory.resolve("run"), RunBounds.DEFAULT, new WarmBounds(2, 4, 3_600_000))) {
      calls(sandbox, 200);
      Holdings before = Holdings.now(sandbox);
      calls(sandbox, CALLS);
      Holdings after = Holdings.now(sandbox);
      assertThat(after.descriptors()).isEqualTo(before.descriptors());
      assertThat(after.threads()).isLessThanOrEqualTo(before.threads());
      assertThat(after.groups()).isLessThanOrEqualTo(before.groups());
      assertThat(after.heap() - before.heap()).as("heap that stayed").isLessThan(4L << 20);
    }
  }
}
