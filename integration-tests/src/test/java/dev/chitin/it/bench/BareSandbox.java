package dev.chitin.it.bench;

import dev.chitin.sandbox.nativeos.ChildProcess;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Polling;
import dev.chitin.sandbox.nativeos.Spawner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The reference of native calls: a bare bubblewrap with the same namespaces as Chitin's, started as
 * fast as this process can start anything, and no limits, filter, plan or record.
 */
final class BareSandbox implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 60_000;

  private final Spawner spawner = new Spawner();
  private final List<String> line;

  private BareSandbox(List<String> options) {
    line =
        Stream.of(List.of("/usr/bin/bwrap"), options, List.of("--", "/usr/bin/true"))
            .flatMap(List::stream)
            .toList();
  }

  /** One with the fewest mounts in which a program runs. */
  static BareSandbox minimal() {
    return new BareSandbox(minimalOptions());
  }

  /**
   * One that a tool would see as it sees Chitin's.
   *
   * @param options what all of Chitin's sandboxes have
   */
  static BareSandbox alike(List<String> options) {
    List<String> all = new ArrayList<>(options);
    all.addAll(
        List.of(
            "--tmpfs", "/dev/shm", "--tmpfs", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/"));
    return new BareSandbox(all);
  }

  private static List<String> minimalOptions() {
    List<String> line = new ArrayList<>();
    line.addAll(
        List.of(
            "--unshare-user",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-ipc",
            "--unshare-uts",
            "--unshare-cgroup",
            "--die-with-parent",
            "--new-session",
            "--clearenv",
            "--ro-bind",
            "/usr",
            "/usr",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--tmpfs",
            "/tmp"));
    for (String link : List.of("bin", "sbin", "lib", "lib64")) {
      Path path = Path.of("/" + link);
      try {
        if (Files.isSymbolicLink(path)) {
          line.addAll(
              List.of("--symlink", Files.readSymbolicLink(path).toString(), path.toString()));
        } else if (Files.isDirectory(path)) {
          line.addAll(List.of("--ro-bind", path.toString(), path.toString()));
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    return line;
  }

  /** Runs {@code true} in one and waits for its end. */
  void run() throws IOException, InterruptedException {
    try (Fd nothing = Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDWR, 0, 0);
        ChildProcess child =
            spawner.spawn(line.getFirst(), line, List.of(nothing, nothing, nothing))) {
      if (!Polling.awaitReadable(child.pidfd(), PATIENCE_MILLIS)) {
        throw new ErrnoException("bwrap does not end", 0);
      }
      child.reap();
    }
  }

  @Override
  public void close() {
    spawner.close();
  }
}
