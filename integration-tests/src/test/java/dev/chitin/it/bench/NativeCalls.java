package dev.chitin.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * {@code true} through the whole gateway beside a bare bubblewrap with the same namespaces and no
 * limits, filter, plan or record; one after the other, turn by turn.
 */
final class NativeCalls implements Bench.Measurement {
  private static final int WARM_UP = 100;
  private static final int CALLS = 300;

  @Override
  public List<Row> run(Path work) throws Exception {
    List<String> bare = bare();
    try (var gateway = BenchGateway.start(work);
        var load = new HttpLoad(1)) {
      HttpLoad.Shot call = gateway.call("process_run", "{\"argv\":[\"true\"]}");
      for (int i = 0; i < WARM_UP; i++) {
        load.fire(call, 1);
        spawn(bare);
      }
      long[] ours = new long[CALLS];
      long[] theirs = new long[CALLS];
      for (int i = 0; i < CALLS; i++) {
        long begun = System.nanoTime();
        load.fire(call, 1);
        ours[i] = System.nanoTime() - begun;
        begun = System.nanoTime();
        spawn(bare);
        theirs[i] = System.nanoTime() - begun;
      }
      Arrays.sort(ours);
      Arrays.sort(theirs);
      String p99 =
          String.format(
              Locale.ROOT, "p99 %.1f / %.1f ms", millis(ours, 0.99), millis(theirs, 0.99));
      return List.of(
          new Row(
              "native call, true, p50",
              millis(ours, 0.5),
              millis(theirs, 0.5),
              "ms",
              "bare bwrap, same namespaces",
              "≤ 1.3",
              p99));
    }
  }

  private static double millis(long[] sorted, double quantile) {
    return sorted[(int) Math.ceil(sorted.length * quantile) - 1] / 1e6;
  }

  private static void spawn(List<String> line) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(line)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.getOutputStream().close();
    int exit = process.waitFor();
    if (exit != 0) {
      throw new IOException("bare bwrap exited with " + exit);
    }
  }

  private static List<String> bare() throws IOException {
    List<String> line = new ArrayList<>(List.of("/usr/bin/bwrap"));
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
      if (Files.isSymbolicLink(path)) {
        line.addAll(List.of("--symlink", Files.readSymbolicLink(path).toString(), path.toString()));
      } else if (Files.isDirectory(path)) {
        line.addAll(List.of("--ro-bind", path.toString(), path.toString()));
      }
    }
    line.addAll(List.of("--", "/usr/bin/true"));
    return line;
  }
}
