package dev.chitin.sandbox.bwrap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.bus.Bytes;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Processes;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads a file that a tool left, which may be anything: only a regular file of this user with one
 * name, reached through no link, and never more of it than was declared. Nothing that a tool leaves
 * makes it wait.
 */
final class OutputReader {
  private static final int CHUNK = 65_536;
  private static final int INSIDE =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  private OutputReader() {}

  /** Why a file is not taken; the message completes "the output". */
  private static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    Unfit(String reason) {
      super(reason, null, false, false);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /** Reads {@code output} from {@code directory}; what is wrong with it is part of the answer. */
  static OutputFile read(Fd directory, DeclaredOutput output) {
    try {
      return new OutputFile.Content(output.name(), content(directory, output));
    } catch (Unfit e) {
      return new OutputFile.Refused(output.name(), e.reason(), true);
    } catch (ErrnoException e) {
      boolean missing = e.errno() == Errno.ENOENT;
      return new OutputFile.Refused(output.name(), reason(e), output.required() || !missing);
    }
  }

  private static Bytes content(Fd directory, DeclaredOutput output) throws ErrnoException, Unfit {
    FileStat seen;
    // Looked at before it is opened for reading: opening a device can already do something.
    try (Fd place = open(directory, output, Open.O_PATH)) {
      seen = Statx.fstat(place);
      requireFit(seen, output);
    }
    try (Fd file = open(directory, output, Open.O_RDONLY | Open.O_NONBLOCK)) {
      FileStat opened = Statx.fstat(file);
      requireFit(opened, output);
      if (!opened.identity().equals(seen.identity())) {
        throw new Unfit("was replaced while it was opened");
      }
      return readAll(file, opened, output);
    }
  }

  private static Fd open(Fd directory, DeclaredOutput output, int flags) throws ErrnoException {
    return Open.openat2(directory.number(), output.path(), flags | Open.O_NOFOLLOW, 0, INSIDE);
  }

  private static void requireFit(FileStat stat, DeclaredOutput output) throws Unfit {
    if (!stat.isRegular()) {
      throw new Unfit("is " + stat.kind());
    }
    if (stat.links() != 1) {
      throw new Unfit("has " + stat.links() + " names");
    }
    if (stat.uid() != Processes.geteuid()) {
      throw new Unfit("belongs to another user");
    }
    if (stat.size() > output.maxBytes()) {
      throw tooLong(output);
    }
  }

  /** Reads to the end; the size that was seen is only where the buffer starts. */
  private static Bytes readAll(Fd file, FileStat stat, DeclaredOutput output)
      throws ErrnoException, Unfit {
    var bytes = new ByteArrayOutputStream((int) stat.size());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(CHUNK);
      while (true) {
        long room = output.maxBytes() + 1 - bytes.size();
        MemorySegment part = buffer.asSlice(0, Math.min(CHUNK, room));
        long n = Descriptors.read(file, part);
        if (n == -Errno.EINTR) {
          continue;
        }
        if (n < 0) {
          throw new ErrnoException("read", (int) -n);
        }
        if (n == 0) {
          return Bytes.adopt(bytes.toByteArray());
        }
        bytes.writeBytes(part.asSlice(0, n).toArray(JAVA_BYTE));
        if (bytes.size() > output.maxBytes()) {
          throw tooLong(output);
        }
      }
    }
  }

  private static Unfit tooLong(DeclaredOutput output) {
    return new Unfit("has more than the " + output.maxBytes() + " bytes that are declared");
  }

  private static String reason(ErrnoException e) {
    return switch (e.errno()) {
      case Errno.ENOENT -> "is missing";
      case Errno.ELOOP -> "is a symbolic link, or lies behind one";
      case Errno.ENOTDIR -> "lies behind something that is no directory";
      case Errno.EXDEV -> "leads out of the directory for outputs";
      case Errno.ENXIO -> "is no regular file";
      case Errno.EACCES -> "may not be read: the tool took the permission away";
      default -> "could not be read (" + e.getMessage() + ")";
    };
  }
}
