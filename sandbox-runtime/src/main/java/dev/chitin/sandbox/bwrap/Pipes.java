package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Bytes;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Kernel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors 0 to 6 of one sandbox's bwrap and their other ends: input, output, errors,
 * options, system call filter, status and gate. Standard streams are pipes, never a file of the
 * host: through a descriptor a tool could read and truncate that.
 *
 * @param child in the order of their numbers in the child
 * @param stdin write end, or null when there is no input
 * @param stdout read end
 * @param stderr read end
 * @param status read end
 * @param gate write end
 */
record Pipes(List<Fd> child, @Nullable Fd stdin, Fd stdout, Fd stderr, Fd status, Fd gate) {

  static Pipes open(Bytes input, byte[] options, byte[] filter) throws ErrnoException {
    var opened = new ArrayList<Fd>();
    try {
      Fd stdin = null;
      Fd childStdin;
      if (input.length() == 0) {
        childStdin =
            track(opened, Kernel.openat2(Kernel.AT_FDCWD, "/dev/null", Kernel.O_RDONLY, 0, 0));
      } else {
        Fd[] pipe = pipe(opened);
        childStdin = pipe[0];
        stdin = pipe[1];
      }
      Fd[] out = pipe(opened);
      Fd[] err = pipe(opened);
      Fd[] status = pipe(opened);
      Fd[] gate = pipe(opened);
      Kernel.setNonBlocking(out[0]);
      Kernel.setNonBlocking(err[0]);
      // Fresh for every call: bwrap reads from the shared offset.
      Fd optionFile = track(opened, Kernel.memfd("options", options));
      Fd filterFile = track(opened, Kernel.memfd("filter", filter));
      return new Pipes(
          List.of(childStdin, out[1], err[1], optionFile, filterFile, status[1], gate[0]),
          stdin,
          out[0],
          err[0],
          status[0],
          gate[1]);
    } catch (ErrnoException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  private static Fd[] pipe(List<Fd> opened) throws ErrnoException {
    Fd[] ends = Kernel.pipe();
    track(opened, ends[0]);
    track(opened, ends[1]);
    return ends;
  }

  private static Fd track(List<Fd> opened, Fd fd) {
    opened.add(fd);
    return fd;
  }

  void closeChildEnds() {
    child.forEach(Fd::close);
  }

  /** For a spawn that failed; otherwise the run closes these. */
  void closeOwnEnds() {
    if (stdin != null) {
      stdin.close();
    }
    List.of(stdout, stderr, status, gate).forEach(Fd::close);
  }
}
