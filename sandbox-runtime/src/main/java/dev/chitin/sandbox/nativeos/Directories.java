package dev.chitin.sandbox.nativeos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.chitin.bus.Bytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
    int[] taken = {0};
    return scan(
        directory,
        (bytes, type) -> {
          String name = text(bytes(bytes));
          if (name.isEmpty()) {
            return true;
          }
          if (taken[0]++ == most) {
            return false;
          }
          consumer.accept(new Entry(name, type));
          return true;
        });
  }

  /** Reads at most {@code most} names of any kind, as the kernel has them. */
  public static List<Bytes> names(Fd directory, int most) throws ErrnoException {
    List<Bytes> names = new ArrayList<>();
    scan(directory, (name, type) -> names.size() < most && names.add(Bytes.adopt(bytes(name))));
    return names;
  }

  /** Takes names as they are. */
  @FunctionalInterface
  interface Visitor {
    /**
     * One name, never {@code .} or {@code ..}.
     *
     * @param name NUL-terminated, of any bytes; valid during the call only
     * @return whether more is wanted
     */
    boolean visit(MemorySegment name, Type type) throws ErrnoException;
  }

  /**
   * Visits every entry, also those whose names are no text.
   *
   * @param directory opened for reading, not {@code O_PATH}
   * @return whether the directory was read to its end
   */
  static boolean scan(Fd directory, Visitor visitor) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BUFFER, 8);
      while (true) {
        long length =
            Downcall.call(
                Syscall.GETDENTS64, directory.number(), buffer.address(), buffer.byteSize(), 0);
        if (Downcall.check(Syscall.GETDENTS64, length) == 0) {
          return true;
        }
        for (long at = 0; at < length; ) {
          int size = Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, at + 16));
          MemorySegment name = buffer.asSlice(at + NAME, size - NAME);
          if (!isSelfOrParent(name)
              && !visitor.visit(name, type(buffer.get(JAVA_BYTE, at + TYPE)))) {
            return false;
          }
          at += size;
        }
      }
    }
  }

  private static boolean isSelfOrParent(MemorySegment name) {
    return name.get(JAVA_BYTE, 0) == '.'
        && (name.get(JAVA_BYTE, 1) == 0
            || (name.get(JAVA_BYTE, 1) == '.' && name.get(JAVA_BYTE, 2) == 0));
  }

  private static byte[] bytes(MemorySegment name) {
    long length = 0;
    while (length < name.byteSize() && name.get(JAVA_BYTE, length) != 0) {
      length++;
    }
    return name.asSlice(0, length).toArray(JAVA_BYTE);
  }

  private static String text(byte[] bytes) {
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
