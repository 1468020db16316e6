package dev.chitin.policy.command;

import dev.chitin.bus.Digest;
import dev.chitin.policy.Executables;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Knows shells, loaders and wrappers, by name and by the digest of the copies on this machine, so
 * that a renamed copy or a link is still known for what it is.
 */
final class DangerousPrograms {
  static final Set<String> SHELLS =
      Set.of(
          "sh", "bash", "dash", "zsh", "fish", "ksh", "mksh", "csh", "tcsh", "rbash", "pwsh", "cmd",
          "busybox", "toybox");

  static final Set<String> WRAPPERS =
      Set.of(
          "env",
          "xargs",
          "nice",
          "nohup",
          "time",
          "timeout",
          "stdbuf",
          "setsid",
          "script",
          "watch",
          "flock",
          "strace",
          "ltrace",
          "gdb",
          "parallel",
          "busybox",
          "toybox",
          "sudo",
          "doas",
          "su",
          "runuser",
          "unshare",
          "nsenter",
          "chroot",
          "systemd-run",
          "taskset",
          "ionice",
          "chrt",
          "setpriv",
          "prlimit",
          "bwrap");

  private static final List<String> LOADER_DIRECTORIES =
      List.of("/lib", "/lib64", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu");

  private final Map<Digest, String> shells = new HashMap<>();
  private final Map<Digest, String> wrappers = new HashMap<>();
  private final Map<Digest, String> loaders = new HashMap<>();

  private DangerousPrograms() {}

  /** Looks for the programs on this machine and takes their digests. */
  static DangerousPrograms find(Executables executables) {
    var found = new DangerousPrograms();
    SHELLS.forEach(name -> remember(executables, name, name, found.shells));
    WRAPPERS.forEach(name -> remember(executables, name, name, found.wrappers));
    for (String directory : LOADER_DIRECTORIES) {
      if (Files.isDirectory(Path.of(directory))) {
        found.loadersIn(directory, executables);
      }
    }
    return found;
  }

  private void loadersIn(String directory, Executables executables) {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of(directory), "{ld-linux*,ld-musl*,ld.so*,ld-2*}")) {
      for (Path file : files) {
        remember(executables, file.toString(), String.valueOf(file.getFileName()), loaders);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void remember(
      Executables executables, String command, String name, Map<Digest, String> into) {
    executables.find(command).ifPresent(file -> into.put(file.digest(), name));
  }

  /** The loader that {@code digest} is a copy of. */
  Optional<String> loader(Digest digest) {
    return Optional.ofNullable(loaders.get(digest));
  }

  /** The shell that {@code digest} is a copy of. */
  Optional<String> shell(Digest digest) {
    return Optional.ofNullable(shells.get(digest));
  }

  /** The wrapper that {@code digest} is a copy of. */
  Optional<String> wrapper(Digest digest) {
    return Optional.ofNullable(wrappers.get(digest));
  }
}
