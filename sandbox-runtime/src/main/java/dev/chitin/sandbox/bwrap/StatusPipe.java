package dev.chitin.sandbox.bwrap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Polling;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What bwrap tells on {@code --json-status-fd}: {@code child-pid} when the namespaces stand, {@code
 * exit-code} only if the command was executed. Used by one thread at a time.
 */
final class StatusPipe implements AutoCloseable {
  private static final Pattern CHILD = Pattern.compile("\"child-pid\": (\\d{1,10})\\b[^\n]*\n");
  private static final Pattern EXIT = Pattern.compile("\"exit-code\": (\\d{1,3})\\b[^\n]*\n");
  private static final int MOST = 4096;

  private final Fd pipe;
  private final StringBuilder text = new StringBuilder();

  StatusPipe(Fd pipe) throws ErrnoException {
    this.pipe = pipe;
    Descriptors.setNonBlocking(pipe);
  }

  /** Waits for the sandbox's init; empty when bwrap ended before, or said nothing for so long. */
  OptionalInt awaitChild(long millis) throws ErrnoException {
    long end = System.nanoTime() + millis * 1_000_000;
    while (true) {
      OptionalInt child = find(CHILD);
      long left = (end - System.nanoTime()) / 1_000_000;
      if (child.isPresent() || left <= 0) {
        return child;
      }
      if (Polling.awaitReadable(pipe, left) && !read()) {
        return find(CHILD);
      }
    }
  }

  /** The tool's exit code as far as it is known; reads what is there without waiting. */
  OptionalInt exitCode() {
    while (read()) {
      // Until there is nothing more.
    }
    return find(EXIT);
  }

  private boolean read() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(1024);
      long n = Descriptors.read(pipe, buffer);
      if (n == -Errno.EINTR) {
        return true;
      }
      if (n <= 0 || text.length() > MOST) {
        return false;
      }
      text.append(new String(buffer.asSlice(0, n).toArray(JAVA_BYTE), StandardCharsets.US_ASCII));
      return true;
    }
  }

  private OptionalInt find(Pattern pattern) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  @Override
  public void close() {
    pipe.close();
  }
}
