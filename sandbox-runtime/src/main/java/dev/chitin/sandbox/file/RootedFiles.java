package dev.chitin.sandbox.file;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.Invocation.FileTarget;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Processes;
import dev.chitin.sandbox.nativeos.Statx;

/**
 * Opens files beneath the root of one plan: the root by its identity, everything else from the
 * root's descriptor, never upwards, never through a link.
 */
final class RootedFiles implements AutoCloseable {
  private static final int BENEATH =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  private final Fd root;
  private final FileTarget target;

  private RootedFiles(Fd root, FileTarget target) {
    this.root = root;
    this.target = target;
  }

  /**
   * Opens the root.
   *
   * @throws dev.chitin.bus.ChitinException {@code policy.path_denied} when there is none, or it is
   *     not the one that was decided
   */
  static RootedFiles open(FileTarget target) {
    if (target.root().isEmpty() || !PathResolver.contains(target.root(), target.resolved())) {
      throw denied("The path lies in no directory that was granted.");
    }
    try {
      Fd root =
          Open.openat2(Open.AT_FDCWD, target.root(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS);
      if (!Statx.fstat(root).identity().equals(target.rootIdentity())) {
        root.close();
        throw denied("The granted directory is not the one that was decided.");
      }
      return new RootedFiles(root, target);
    } catch (ErrnoException e) {
      throw denied("The granted directory cannot be opened without following a link.");
    }
  }

  private static RuntimeException denied(String detail) {
    return Problem.of(ProblemCode.POLICY_PATH_DENIED, detail)
        .withRule("file.root")
        .withHint("Plan the call again.")
        .toException();
  }

  /** The target's path from the root on, {@code .} for the root itself. */
  String relative() {
    String root = target.root();
    if (target.resolved().equals(root)) {
      return ".";
    }
    return target.resolved().substring(root.equals("/") ? 1 : root.length() + 1);
  }

  /** Opens {@code relative} for reading; what it is has been looked at before and after. */
  Fd openRegular(String relative) throws OperationFailed {
    try (Fd path = openat(relative, Open.O_PATH)) {
      FileStat seen = requireRegular(path);
      // Non-blocking, so that a FIFO swapped in between cannot hold this thread.
      Fd file = openat(relative, Open.O_RDONLY | Open.O_NONBLOCK);
      try {
        if (!requireRegular(file).identity().equals(seen.identity())) {
          throw OperationFailed.because("The file was replaced while it was opened.");
        }
        return file;
      } catch (OperationFailed e) {
        file.close();
        throw e;
      }
    }
  }

  private static FileStat requireRegular(Fd fd) throws OperationFailed {
    FileStat stat = stat(fd);
    if (!stat.isRegular()) {
      throw OperationFailed.because("It is " + stat.kind() + ", not a regular file.");
    }
    if (stat.links() > 1 && stat.uid() != Processes.geteuid()) {
      throw OperationFailed.because("It has several names and belongs to another user.");
    }
    return stat;
  }

  Fd openDirectory(String relative) throws OperationFailed {
    return openat(relative, Open.O_RDONLY | Open.O_DIRECTORY);
  }

  FileStat look(String relative) throws OperationFailed {
    try (Fd path = openat(relative, Open.O_PATH)) {
      return stat(path);
    }
  }

  static FileStat stat(Fd fd) throws OperationFailed {
    try {
      return Statx.fstat(fd);
    } catch (ErrnoException e) {
      throw failed(e);
    }
  }

  private Fd openat(String relative, int flags) throws OperationFailed {
    try {
      if (relative.equals(".") && !Statx.fstat(root).isDirectory()) {
        return reopenRootFile(flags);
      }
      return Open.openat2(root.number(), relative, flags, 0, BENEATH);
    } catch (ErrnoException e) {
      throw failed(e);
    }
  }

  /** A grant of one file: it has no name below its own descriptor, so it is opened by its path. */
  private Fd reopenRootFile(int flags) throws ErrnoException, OperationFailed {
    Fd file = Open.openat2(Open.AT_FDCWD, target.root(), flags, 0, Open.RESOLVE_NO_SYMLINKS);
    if (!Statx.fstat(file).identity().equals(target.rootIdentity())) {
      file.close();
      throw OperationFailed.because("The file was replaced while it was opened.");
    }
    return file;
  }

  /** The reason in words; a path is never part of it. */
  static OperationFailed failed(ErrnoException e) {
    return OperationFailed.because(
        switch (e.errno()) {
          case Errno.ENOENT -> "There is no such file or directory.";
          case Errno.EACCES, Errno.EPERM -> "The gateway's user may not do that.";
          case Errno.ENOTDIR -> "A part of the path is not a directory.";
          case Errno.EISDIR -> "It is a directory, not a regular file.";
          case Errno.ELOOP -> "A part of the path is a symbolic link now.";
          case Errno.EXDEV -> "The path leads out of the granted directory.";
          case Errno.ENXIO -> "It is not a regular file.";
          case Errno.ENOSPC, Errno.EDQUOT -> "There is no space left.";
          case Errno.EROFS -> "The file system is read-only.";
          case Errno.ENAMETOOLONG -> "A name is too long.";
          case Errno.EEXIST -> "Something of that name appeared meanwhile.";
          default -> "The operation failed (" + e.getMessage() + ").";
        });
  }

  @Override
  public void close() {
    root.close();
  }
}
