package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Invocation.NativeProcess;
import dev.chitin.policy.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What every sandbox on this machine looks like: namespaces, the system's directories as the host
 * has them, a small {@code /etc}, masks over what {@code /proc} tells about the host, and private
 * temporary file systems of bounded size. Computed once at start-up, since a mask over a name that
 * this kernel does not have makes bwrap fail.
 */
final class SandboxLayout {
  /** Present in every sandbox and nowhere else. */
  static final String MARKER = "/.chitin-sandbox";

  private static final List<String> PROC_FILES =
      List.of(
          "cmdline",
          "config.gz",
          "kallsyms",
          "kcore",
          "key-users",
          "keys",
          "kmsg",
          "kpagecgroup",
          "kpagecount",
          "kpageflags",
          "latency_stats",
          "mtrr",
          "sched_debug",
          "slabinfo",
          "sysrq-trigger",
          "timer_list",
          "vmallocinfo");
  private static final List<String> PROC_DIRECTORIES =
      List.of("acpi", "asound", "bus", "driver", "fs", "irq", "scsi");

  private final List<String> namespaces;
  private final List<String> system;

  private SandboxLayout(List<String> namespaces, List<String> system) {
    this.namespaces = List.copyOf(namespaces);
    this.system = List.copyOf(system);
  }

  static SandboxLayout of(SandboxFiles files) throws IOException {
    var system = new ArrayList<String>(List.of("--ro-bind", "/usr", "/usr"));
    for (String name : List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32")) {
      systemDirectory(name, system);
    }
    system.addAll(List.of("--ro-bind", files.etc().toString(), "/etc"));
    if (Files.exists(Path.of("/etc/alternatives"))) {
      system.addAll(List.of("--ro-bind", "/etc/alternatives", "/etc/alternatives"));
    }
    system.addAll(List.of("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"));
    masks(PROC_FILES, files.emptyFile(), system);
    masks(PROC_DIRECTORIES, files.emptyDirectory(), system);
    // The init has the tool's own user: where no other module forbids it, /proc/1/mem lets the tool
    // write its code, past all that the filter denies about other processes.
    system.addAll(List.of("--ro-bind", files.emptyDirectory().toString(), "/proc/1"));
    system.addAll(List.of("--dev", "/dev", "--symlink", SandboxFiles.MARKER_TARGET, MARKER));
    String uid = Integer.toString(SandboxFiles.UID);
    List<String> namespaces =
        List.of(
            "--unshare-user",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-ipc",
            "--unshare-uts",
            "--unshare-cgroup",
            "--disable-userns",
            "--uid",
            uid,
            "--gid",
            uid,
            "--die-with-parent",
            "--new-session",
            "--cap-drop",
            "ALL",
            "--hostname",
            "sandbox",
            "--clearenv");
    return new SandboxLayout(namespaces, system);
  }

  /** Where the host has a link into /usr, so has the sandbox; else the directory itself. */
  private static void systemDirectory(String name, List<String> out) throws IOException {
    Path path = Path.of("/", name);
    if (Files.isSymbolicLink(path)) {
      out.addAll(List.of("--symlink", Files.readSymbolicLink(path).toString(), path.toString()));
    } else if (Files.isDirectory(path)) {
      out.addAll(List.of("--ro-bind", path.toString(), path.toString()));
    }
  }

  private static void masks(List<String> names, Path empty, List<String> out) throws IOException {
    for (String name : names) {
      Path path = Path.of("/proc", name);
      if (Files.exists(path) && othersMay(path)) {
        out.addAll(List.of("--ro-bind", empty.toString(), path.toString()));
      }
    }
  }

  /**
   * What is root's alone needs no mask, and each mask costs time in every run: inside, root is
   * nobody's number and no capability is left.
   */
  private static boolean othersMay(Path path) throws IOException {
    return !Collections.disjoint(
        Files.getPosixFilePermissions(path),
        Set.of(
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE));
  }

  /** The options before the mounts of a plan. */
  void begin(OptionList options, Map<String, String> environment, Limits limits) {
    options.add(namespaces);
    environment.forEach((name, value) -> options.add("--setenv", name, value));
    options.add(system);
    String size = Long.toString(limits.tmpBytes());
    options.add(
        "--size", size, "--tmpfs", "/dev/shm", "--size", size, "--tmpfs", NativeProcess.SCRATCH);
  }

  /** The options after them: what bwrap itself mounted becomes read-only. */
  void end(OptionList options, String cwd) {
    options.add("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", cwd);
    options.add("--seccomp", "4", "--json-status-fd", "5");
    options.add("--block-fd", "6", "--sync-fd", "7");
  }

  /** The fixed part as text, for the profile's digest. */
  List<String> fixed() {
    var all = new ArrayList<String>(namespaces);
    all.addAll(system);
    return all;
  }

  /**
   * Whether a plan's mount may lie at {@code target}: an absolute, plain path that neither replaces
   * nor lies in what this layout puts there.
   */
  static Optional<String> targetFault(String target) {
    Path path = Path.of(target);
    if (!path.isAbsolute() || !path.normalize().toString().equals(target)) {
      return Optional.of("is not an absolute, normalised path");
    }
    if (path.getNameCount() == 0) {
      return Optional.of("is the root directory");
    }
    String first = path.getName(0).toString();
    boolean taken =
        List.of(
                    "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "proc", "dev",
                    "sys")
                .contains(first)
            || target.equals(NativeProcess.SCRATCH)
            || target.equals(MARKER);
    return taken ? Optional.of("lies in a directory of the sandbox itself") : Optional.empty();
  }
}
