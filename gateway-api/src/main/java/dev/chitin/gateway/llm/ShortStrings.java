package dev.chitin.gateway.llm;

/**
 * Leaves out what is beyond the first {@value #MOST} bytes of each string of a JSON document that
 * comes in pieces (RFC 8259, section 7): a picture is megabytes of base64, and whoever looks for
 * numbers behind it need not hold them. What is left is JSON if the document was.
 */
final class ShortStrings {
  private static final int MOST = 1024;

  private byte[] left = new byte[0];
  private int length;
  private boolean within;
  private boolean escaped;
  private int digits;
  private int bytes;
  private boolean beyond;

  /** Takes the bytes of {@code piece} between the two places. */
  void take(byte[] piece, int from, int end) {
    left = new byte[end - from];
    length = 0;
    for (int i = from; i < end; i++) {
      if (within) {
        string(piece[i]);
      } else {
        keep(piece[i]);
        within = piece[i] == '"';
        bytes = 0;
      }
    }
  }

  private void string(byte unit) {
    boolean whole = !escaped && digits == 0;
    if (whole && unit == '"') {
      within = false;
      beyond = false;
      keep(unit);
      return;
    }
    // Never within an escape or a character of several bytes.
    beyond |= whole && bytes >= MOST && (unit & 0xC0) != 0x80;
    if (escaped) {
      escaped = false;
      digits = unit == 'u' ? 4 : 0;
    } else if (digits > 0) {
      digits--;
    } else {
      escaped = unit == '\\';
    }
    if (!beyond) {
      keep(unit);
      bytes++;
    }
  }

  private void keep(byte unit) {
    left[length++] = unit;
  }

  /** What is left of the last piece, in its first {@link #length} bytes. */
  byte[] left() {
    return left;
  }

  int length() {
    return length;
  }
}
