package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors 0 to 7 of one sandbox's bwrap and their other ends: input, output, errors,
 * options, system call filter, status and gate, twice; 8 and 9 are those of a {@link Starter}.
 * Standard streams are pipes, never a file of the host: through a descriptor a tool could read and
 * truncate that.
 *
 * <p>bwrap takes the end of its gate's file for a byte. It is therefore given the write end too,
 * which it keeps from the tool ({@code --sync-fd}): whatever becomes of this process, the gate
 * opens by a byte alone.
 *
 * @param child in the order of their numbers in the child
 * @param stdin write end, or null when there is no input
 * @param stdout read end
 * @param stderr read end
 * @param status read end
 * @param gate write end
 * @param launch write end, of a starter only
 * @param failure read end, of a starter only
 */
record Pipes(
    List<Fd> child,
    @Nullable Fd stdin,
    Fd stdout,
    Fd stderr,
    Fd status,
    Fd gate,
    @Nullable Fd launch,
    @Nullable Fd failure) {

  /** How many descriptors the child has before those that its options name. */
  static int reserved(boolean starter) {
    return starter ? Starter.FAILURE + 1 : Starter.LAUNCH;
  }

  /**
   * Opens them.
   *
   * @param input whether there is standard input; without it the child reads {@code /dev/null}
   * @param starter whether 7 and 8 are wanted
   */
  static Pipes open(boolean input, boolean starter, byte[] options, byte[] filter)
      throws ErrnoException {
    var opened = new ArrayList<Fd>();
    try {
      Fd stdin = null;
      Fd childStdin;
      if (input) {
        Fd[] pipe = pipe(opened);
        childStdin = pipe[0];
        stdin = pipe[1];
      } else {
        childStdin = track(opened, Open.openat2(Open.AT_FDCWD, "/dev/null", Open.O_RDONLY, 0, 0));
      }
      Fd[] out = pipe(opened);
      Fd[] err = pipe(opened);
      Fd[] status = pipe(opened);
      Fd[] gate = pipe(opened);
      Descriptors.setNonBlocking(out[0]);
      Descriptors.setNonBlocking(err[0]);
      // Fresh for every call: bwrap reads from the shared offset.
      Fd optionFile = track(opened, Descriptors.memfd("options", options));
      Fd filterFile = track(opened, Descriptors.memfd("filter", filter));
      var child =
          new ArrayList<>(
              List.of(
                  childStdin,
                  out[1],
                  err[1],
                  optionFile,
                  filterFile,
                  status[1],
                  gate[0],
                  track(opened, Descriptors.duplicate(gate[1]))));
      Fd launch = null;
      Fd failure = null;
      if (starter) {
        Fd[] down = pipe(opened);
        Fd[] up = pipe(opened);
        Descriptors.setNonBlocking(up[0]);
        child.addAll(List.of(down[0], up[1]));
        launch = down[1];
        failure = up[0];
      }
      return new Pipes(child, stdin, out[0], err[0], status[0], gate[1], launch, failure);
    } catch (ErrnoException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  private static Fd[] pipe(List<Fd> opened) throws ErrnoException {
    Fd[] ends = Descriptors.pipe();
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

  void closeGates() {
    Stream.of(gate, launch, failure).filter(Objects::nonNull).forEach(Fd::close);
  }

  /** For a spawn that failed; otherwise the run closes these. */
  void closeOwnEnds() {
    Stream.of(stdin, stdout, stderr, status, gate, launch, failure)
        .filter(Objects::nonNull)
        .forEach(Fd::close);
  }
}
