package dev.chitin.vault.unlock;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;

/**
 * Reads and writes file descriptors from and to native memory, so that what passes never lies on
 * the heap: pipe2(2), poll(2), read(2), write(2), close(2).
 */
@SuppressWarnings("restricted") // signatures are those of the manual pages, section 2
public final class Descriptors {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle PIPE2 =
      handle("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle POLL =
      handle("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle READ =
      handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle WRITE =
      handle("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final int O_CLOEXEC = 02000000;
  private static final short POLLIN = 1;

  private Descriptors() {}

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }

  /** Both ends of a pipe; whoever made it closes them. */
  static final class Pipe implements AutoCloseable {
    private int reader;
    private int writer;

    private Pipe(int reader, int writer) {
      this.reader = reader;
      this.writer = writer;
    }

    static Pipe open() throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment ends = arena.allocate(JAVA_INT, 2);
        if ((int) PIPE2.invokeExact(ends, O_CLOEXEC) != 0) {
          throw new IOException("no pipe could be made");
        }
        return new Pipe(ends.getAtIndex(JAVA_INT, 0), ends.getAtIndex(JAVA_INT, 1));
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    int reader() {
      return reader;
    }

    int writer() {
      return writer;
    }

    void closeReader() throws IOException {
      int end = reader;
      reader = -1;
      shut(end);
    }

    void closeWriter() throws IOException {
      int end = writer;
      writer = -1;
      shut(end);
    }

    @Override
    public void close() throws IOException {
      closeReader();
      closeWriter();
    }

    private static void shut(int end) throws IOException {
      if (end >= 0) {
        try {
          int result = (int) CLOSE.invokeExact(end);
          if (result != 0) {
            throw new IOException("a pipe could not be closed");
          }
        } catch (Throwable e) {
          throw failed(e);
        }
      }
    }
  }

  /**
   * Reads until {@code target} is full or the other side has ended.
   *
   * @param patience for each piece
   * @return how many bytes came
   * @throws IOException when nothing came in time
   */
  public static long read(int descriptor, MemorySegment target, Duration patience)
      throws IOException {
    long length = 0;
    while (length < target.byteSize()) {
      awaitInput(descriptor, patience);
      long piece = readOnce(descriptor, target.asSlice(length));
      if (piece < 0) {
        throw new IOException("descriptor " + descriptor + " cannot be read");
      }
      if (piece == 0) {
        return length;
      }
      length += piece;
    }
    return length;
  }

  private static void awaitInput(int descriptor, Duration patience) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment entry = arena.allocate(8);
      entry.set(JAVA_INT, 0, descriptor);
      entry.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
      int ready = (int) POLL.invokeExact(entry, 1L, Math.toIntExact(patience.toMillis()));
      if (ready == 0) {
        throw new IOException("nothing came on descriptor " + descriptor + " in time");
      }
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private static long readOnce(int descriptor, MemorySegment target) throws IOException {
    try {
      return (long) READ.invokeExact(descriptor, target, target.byteSize());
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Writes all of {@code source}, at most as much as a pipe holds without a reader (4 KiB). */
  static void write(int descriptor, MemorySegment source) throws IOException {
    try {
      long written = (long) WRITE.invokeExact(descriptor, source, source.byteSize());
      if (written != source.byteSize()) {
        throw new IOException("a pipe took less than was written");
      }
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private static IOException failed(Throwable e) {
    return e instanceof IOException known
        ? known
        : new IOException("a call of the C library failed", e);
  }
}
