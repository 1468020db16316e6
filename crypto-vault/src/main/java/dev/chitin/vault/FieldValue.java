package dev.chitin.vault;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Which bytes a header field's value may hold (RFC 9110 section 5.5, narrowed to ASCII). */
public final class FieldValue {
  private FieldValue() {}

  /**
   * Whether {@code secret} may stand in a field: visible ASCII, with spaces inside; in format
   * {@code bearer} without any (RFC 6750 knows fewer characters still, issuers more).
   *
   * @param secret not empty
   * @param format {@code raw} or {@code bearer}
   */
  public static boolean fits(MemorySegment secret, String format) {
    boolean spaces = !format.equals("bearer");
    long last = secret.byteSize() - 1;
    for (long i = 0; i <= last; i++) {
      byte b = secret.get(ValueLayout.JAVA_BYTE, i);
      boolean inside = spaces && i > 0 && i < last;
      if (b == 0x7F || b < 0x20 || (b == 0x20 && !inside)) {
        return false;
      }
    }
    return last >= 0;
  }
}
