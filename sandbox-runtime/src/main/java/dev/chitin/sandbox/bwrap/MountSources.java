package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import java.nio.file.Path;
import java.util.List;

/**
 * Opens the directories that a plan mounts, once, by descriptor: what is mounted is what was
 * decided, however often the path is swapped meanwhile.
 */
final class MountSources {
  private final List<Path> hidden;

  MountSources(List<Path> hidden) {
    this.hidden = hidden;
  }

  /**
   * Opens {@code mount}'s source.
   *
   * @throws dev.chitin.bus.ChitinException when it is a link, is not what the plan names, is no
   *     file or directory, or would show a directory of the gateway
   */
  Fd open(Mount mount) {
    Path source = Path.of(mount.source());
    if (!source.isAbsolute() || !source.normalize().equals(source)) {
      throw refusal(mount, "its source is not an absolute, normalised path");
    }
    for (Path own : hidden) {
      if (own.startsWith(source) || source.startsWith(own)) {
        throw refusal(mount, "its source holds or lies in a directory of the gateway");
      }
    }
    Fd fd;
    try {
      fd = Open.openat2(Open.AT_FDCWD, mount.source(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS);
    } catch (ErrnoException e) {
      throw refusal(mount, "its source cannot be opened without following a link");
    }
    try {
      FileStat stat = Statx.fstat(fd);
      if (!stat.identity().equals(mount.identity())) {
        throw refusal(mount, "its source is not the one that was decided");
      }
      if (!stat.isDirectory() && !stat.isRegular()) {
        throw refusal(mount, "its source is " + stat.kind());
      }
      return fd;
    } catch (ErrnoException e) {
      fd.close();
      throw refusal(mount, "its source cannot be looked at");
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static RuntimeException refusal(Mount mount, String why) {
    return Problem.of(
            ProblemCode.POLICY_PATH_DENIED,
            "The mount at " + mount.target() + " is refused: " + why + ".")
        .withRule("sandbox.mount")
        .withHint("Plan the call again, or mount a plain directory.")
        .toException();
  }
}
