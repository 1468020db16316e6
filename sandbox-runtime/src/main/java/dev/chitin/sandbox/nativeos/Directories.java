package dev.chitin.sandbox.nativeos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Reads directories through their descriptors (getdents64(2)). */
public final class Directories {
  private static final int BUFFER = 32_768;
  private static final int TYPE = 18;
  private static final int NAME = 19;

  /** The type of an entry as the directory tells it; not every file system does. */
  public enum Type {
    REGULAR,
    DIRECTORY,
    SYMLINK,
    OTHER,
    UNKNOWN
  }

  /** One entry, never {@code .} or {@code ..}. */
  public record Entry(String name, Type type) {}

  private Directories() {}

  /**
   * Reads entries in the directory's own order. Names that are not UTF-8 cannot be opened by a text
   * and are passed over.
   *
   * @param directory opened for reading, not {@code O_PATH}
   * @param most entries that are taken
   * @return false when there were more
   */
  public static boolean list(Fd directory, int most, Consumer<Entry> consumer)
      throws ErrnoException {
    int taken = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BUFFER, 8);
      while (true) {
        long length = Kernel.getdents(directory, buffer);
        if (length < 0) {
          throw new ErrnoException("getdents64", (int) -length);
        }
        if (length == 0) {
          return true;
        }
        for (long at = 0; at < length; ) {
          int size = Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, at + 16));
          String name = name(buffer, at + NAME, at + size);
          if (!name.isEmpty() && !name.equals(".") && !name.equals("..")) {
            if (taken++ == most) {
              return false;
            }
            consumer.accept(new Entry(name, type(buffer.get(JAVA_BYTE, at + TYPE))));
          }
          at += size;
        }
      }
    }
  }

  /** Takes names as they are. */
  @FunctionalInterface
  interface NameVisitor {
    /**
     * One name, never {@code .} or {@code ..}.
     *
     * @param name NUL-terminated, of any bytes; valid during the call only
     * @return whether more is wanted
     */
    boolean visit(MemorySegment name) throws ErrnoException;
  }

  /**
   * Visits every entry, also those whose names are no text.
   *
   * @param directory opened for reading, not {@code O_PATH}
   */
  static void scan(Fd directory, NameVisitor visitor) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BUFFER, 8);
      while (true) {
        long length = Kernel.getdents(directory, buffer);
        if (length < 0) {
          throw new ErrnoException("getdents64", (int) -length);
        }
        if (length == 0) {
          return;
        }
        for (long at = 0; at < length; ) {
          int size = Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, at + 16));
          MemorySegment name = buffer.asSlice(at + NAME, size - NAME);
          if (!isDots(name) && !visitor.visit(name)) {
            return;
          }
          at += size;
        }
      }
    }
  }

  private static boolean isDots(MemorySegment name) {
    return name.get(JAVA_BYTE, 0) == '.'
        && (name.get(JAVA_BYTE, 1) == 0
            || (name.get(JAVA_BYTE, 1) == '.' && name.get(JAVA_BYTE, 2) == 0));
  }

  private static String name(MemorySegment buffer, long from, long end) {
    long to = from;
    while (to < end && buffer.get(JAVA_BYTE, to) != 0) {
      to++;
    }
    byte[] bytes = buffer.asSlice(from, to - from).toArray(JAVA_BYTE);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "";
    }
  }

  private static Type type(byte type) {
    return switch (type) {
      case 0 -> Type.UNKNOWN;
      case 4 -> Type.DIRECTORY;
      case 8 -> Type.REGULAR;
      case 10 -> Type.SYMLINK;
      default -> Type.OTHER;
    };
  }
}
