package dev.chitin.vault.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/** Reads standard input into native memory, past every buffer of the Java library. */
public final class NativeInput {
  private static final int STDIN = 0;

  /** termios(3) of Linux, x86-64 and AArch64 alike: 60 bytes, the local modes at 12. */
  private static final int TERMIOS_BYTES = 64;

  private static final int LOCAL_MODES_AT = 12;
  private static final int ECHO = 8;

  private NativeInput() {}

  /** Whether standard input is a terminal. */
  public static boolean isTerminal() {
    return Libc.isLinux() && Libc.isTerminal(STDIN);
  }

  /**
   * Reads what there is into {@code target}, waiting for at least one byte.
   *
   * @return how many bytes; 0 at the end
   */
  public static long read(MemorySegment target) throws IOException {
    if (!Libc.isLinux()) {
      return readPortably(target);
    }
    long n = Libc.read(STDIN, target);
    if (n < 0) {
      throw new IOException("standard input cannot be read");
    }
    return n;
  }

  @SuppressWarnings("MustBeClosedChecker") // standard input stays open
  private static long readPortably(MemorySegment target) throws IOException {
    ReadableByteChannel channel = Channels.newChannel(System.in);
    ByteBuffer room = target.asByteBuffer();
    return Math.max(0, channel.read(room));
  }

  /** The terminal as it was, to be put back by closing. */
  public interface Silence extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Switches the echo of the terminal off until the answer is closed, or the process is ended by a
   * signal that it hears.
   */
  @SuppressWarnings("MustBeClosedChecker") // the arena ends with the answer
  public static Silence silence() throws IOException {
    Arena arena = Arena.ofShared();
    MemorySegment before = arena.allocate(TERMIOS_BYTES, 8);
    MemorySegment quiet = arena.allocate(TERMIOS_BYTES, 8);
    if (!Libc.terminal(STDIN, before)) {
      arena.close();
      throw new IOException("the terminal does not tell its modes");
    }
    quiet.copyFrom(before);
    int modes = before.get(ValueLayout.JAVA_INT, LOCAL_MODES_AT);
    quiet.set(ValueLayout.JAVA_INT, LOCAL_MODES_AT, modes & ~ECHO);
    if (!Libc.setTerminal(STDIN, quiet)) {
      arena.close();
      throw new IOException("the terminal's echo cannot be switched off");
    }
    var hook = new Thread(() -> Libc.setTerminal(STDIN, before), "chitin-echo");
    Runtime.getRuntime().addShutdownHook(hook);
    return () -> {
      Runtime.getRuntime().removeShutdownHook(hook);
      boolean restored = Libc.setTerminal(STDIN, before);
      arena.close();
      if (!restored) {
        throw new IllegalStateException("the terminal's echo cannot be switched on again");
      }
    };
  }
}
