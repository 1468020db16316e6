package dev.chitin.sandbox.nativeos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.bus.Bytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Strings as C has them, ended by NUL. */
final class CString {
  private CString() {}

  /** A NUL-terminated copy in UTF-8; a NUL inside would silently name another file. */
  static MemorySegment of(Arena arena, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a path or argument holds NUL");
    }
    return of(arena, Bytes.adopt(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A NUL-terminated copy of a name as the kernel gave it, which holds no NUL. */
  static MemorySegment of(Arena arena, Bytes name) {
    byte[] bytes = name.borrow();
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
