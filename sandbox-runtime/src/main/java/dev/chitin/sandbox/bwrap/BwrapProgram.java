package dev.chitin.sandbox.bwrap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.sandbox.nativeos.ChildProcess;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.NativeAccess;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Polling;
import dev.chitin.sandbox.nativeos.Processes;
import dev.chitin.sandbox.nativeos.Spawner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The bubblewrap of this machine, found usable: every option that sandboxes here rest on is known
 * to it, and it could make a sandbox for this user.
 *
 * @param path absolute
 * @param version as it prints it
 * @param setsArgv0 whether it has {@code --argv0} (0.9.0 and later)
 */
record BwrapProgram(Path path, String version, boolean setsArgv0) {
  private static final long PATIENCE_MILLIS = 10_000;
  private static final int MOST_OUTPUT = 65_536;
  private static final List<String> NEEDED =
      List.of(
          "--args",
          "--bind-fd",
          "--ro-bind-fd",
          "--disable-userns",
          "--json-status-fd",
          "--block-fd",
          "--seccomp",
          "--size",
          "--clearenv",
          "--die-with-parent");
  private static final String INSTALL = "Install it: apt-get install bubblewrap (0.8.0 or later).";

  /**
   * Looks and tries.
   *
   * @throws dev.chitin.bus.ChitinException {@code sandbox.unavailable}, with what to do
   */
  static BwrapProgram check(Path path, Spawner spawner) throws InterruptedException {
    NativeAccess.obstacle()
        .ifPresent(
            obstacle -> {
              throw Unavailable.because(
                  obstacle,
                  "Run on Linux (x86-64, aarch64) with --enable-native-access=ALL-UNNAMED.");
            });
    if (Processes.geteuid() == 0) {
      throw Unavailable.because(
          "The gateway runs as root, and a sandbox started by root is none.",
          "Start it through bin/chitin, which changes to an ordinary user, or as such a user.");
    }
    if (!Files.isExecutable(path)) {
      throw Unavailable.because(
          "bubblewrap is missing: " + path + " (sandbox.bwrap) is no program that can be run.",
          INSTALL);
    }
    try {
      String version = run(spawner, path, List.of("--version")).strip();
      String help = run(spawner, path, List.of("--help"));
      List<String> missing = NEEDED.stream().filter(option -> !help.contains(option)).toList();
      if (!missing.isEmpty()) {
        throw Unavailable.because(
            "bubblewrap is too old: it lacks " + String.join(", ", missing) + ".", INSTALL);
      }
      tryNamespaces(spawner, path);
      return new BwrapProgram(path, version, help.contains("--argv0"));
    } catch (IOException e) {
      throw Unavailable.because("bubblewrap could not be started.", INSTALL, e);
    }
  }

  private static void tryNamespaces(Spawner spawner, Path path)
      throws IOException, InterruptedException {
    String mark = "namespaces work";
    String said =
        run(
            spawner,
            path,
            List.of(
                "--unshare-user",
                "--unshare-pid",
                "--unshare-net",
                "--unshare-ipc",
                "--unshare-uts",
                "--unshare-cgroup",
                "--disable-userns",
                "--die-with-parent",
                "--ro-bind",
                "/",
                "/",
                "--",
                "/bin/echo",
                mark));
    if (!said.strip().equals(mark)) {
      throw Unavailable.because(
          "bubblewrap cannot make a sandbox for this user: " + firstLine(said) + obstacles(),
          "Allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1,"
              + " user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0"
              + " (whichever this kernel has).");
    }
  }

  private static String firstLine(String text) {
    return text.isBlank() ? "it said nothing." : text.lines().findFirst().orElse("");
  }

  /** The kernel's switches that stand against it. */
  private static String obstacles() {
    var found = new ArrayList<String>();
    check(
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "kernel.unprivileged_userns_clone",
        found);
    check("/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces", found);
    check(
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "kernel.apparmor_restrict_unprivileged_userns",
        found);
    return found.isEmpty() ? "" : " Set: " + String.join(", ", found) + ".";
  }

  private static void check(String file, String bad, String name, List<String> found) {
    try {
      if (Files.isReadable(Path.of(file)) && Files.readString(Path.of(file)).strip().equals(bad)) {
        found.add(name + " = " + bad);
      }
    } catch (IOException e) {
      found.add(name + " cannot be read");
    }
  }

  /** What it writes to both streams, within bounds of time and size. */
  private static String run(Spawner spawner, Path path, List<String> options)
      throws IOException, InterruptedException {
    var argv = new ArrayList<String>(List.of(path.toString()));
    argv.addAll(options);
    Fd[] output = Descriptors.pipe();
    try (Fd reader = output[0];
        ChildProcess child = start(spawner, path, argv, output[1])) {
      try {
        return readAll(reader);
      } finally {
        child.kill();
        child.reap();
      }
    }
  }

  private static ChildProcess start(Spawner spawner, Path path, List<String> argv, Fd output)
      throws IOException, InterruptedException {
    try (output;
        Fd nothing = Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDONLY, 0, 0)) {
      return spawner.spawn(path.toString(), argv, List.of(nothing, output, output));
    }
  }

  private static String readAll(Fd reader) throws ErrnoException {
    var out = new ByteArrayOutputStream();
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(8192);
      while (out.size() < MOST_OUTPUT) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new ErrnoException("bwrap does not end", Errno.EAGAIN);
        }
        if (!Polling.awaitReadable(reader, left)) {
          continue;
        }
        long n = Descriptors.read(reader, buffer);
        if (n <= 0) {
          break;
        }
        out.writeBytes(buffer.asSlice(0, n).toArray(JAVA_BYTE));
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
