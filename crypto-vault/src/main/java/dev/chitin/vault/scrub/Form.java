package dev.chitin.vault.scrub;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * One way in which a secret can stand in a text. A form is never stored: it is written byte by byte
 * from the secret, as far as whoever compares wants it.
 */
enum Form {
  RAW,
  /** Each byte as the character of that number, in UTF-8: bytes that were read as ISO 8859-1. */
  LATIN,
  HEX_LOWER,
  HEX_UPPER,
  PERCENT_LOWER,
  PERCENT_UPPER,
  PERCENT_PLUS,
  PERCENT_ALL_LOWER,
  PERCENT_ALL_UPPER,
  BASE64_AT_0,
  BASE64_AT_1,
  BASE64_AT_2,
  BASE64URL_AT_0,
  BASE64URL_AT_1,
  BASE64URL_AT_2,
  JSON,
  JSON_SLASH,
  JSON_HTML,
  JSON_UNICODE_LOWER,
  JSON_UNICODE_UPPER;

  private static final byte[] LOWER = ascii("0123456789abcdef");
  private static final byte[] UPPER = ascii("0123456789ABCDEF");
  private static final byte[] BASE64 =
      ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  private static final byte[] BASE64URL =
      ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

  /** Takes the bytes of a form one after the other. */
  @FunctionalInterface
  interface Sink {
    /** Whether the next byte is wanted as well. */
    boolean put(byte b);
  }

  /** Writes {@code secret} in this form until {@code sink} wants no more. */
  void write(MemorySegment secret, Sink sink) {
    switch (this) {
      case BASE64_AT_0 -> base64(secret, 0, BASE64, sink);
      case BASE64_AT_1 -> base64(secret, 1, BASE64, sink);
      case BASE64_AT_2 -> base64(secret, 2, BASE64, sink);
      case BASE64URL_AT_0 -> base64(secret, 0, BASE64URL, sink);
      case BASE64URL_AT_1 -> base64(secret, 1, BASE64URL, sink);
      case BASE64URL_AT_2 -> base64(secret, 2, BASE64URL, sink);
      default -> {
        boolean more = true;
        for (long i = 0; more && i < secret.byteSize(); i++) {
          more = each(secret.get(ValueLayout.JAVA_BYTE, i), sink);
        }
      }
    }
  }

  private boolean each(byte b, Sink sink) {
    return switch (this) {
      case LATIN -> latin(b, sink);
      case HEX_LOWER -> hex(b, LOWER, sink);
      case HEX_UPPER -> hex(b, UPPER, sink);
      case PERCENT_LOWER -> unreserved(b) ? sink.put(b) : percent(b, LOWER, sink);
      case PERCENT_UPPER -> unreserved(b) ? sink.put(b) : percent(b, UPPER, sink);
      case PERCENT_PLUS -> formField(b, sink);
      case PERCENT_ALL_LOWER -> percent(b, LOWER, sink);
      case PERCENT_ALL_UPPER -> percent(b, UPPER, sink);
      case JSON -> json(b, false, sink);
      case JSON_SLASH -> json(b, true, sink);
      case JSON_HTML -> "<>&'=+".indexOf(b) >= 0 ? unicode(b, LOWER, sink) : json(b, false, sink);
      case JSON_UNICODE_LOWER -> unicode(b, LOWER, sink);
      case JSON_UNICODE_UPPER -> unicode(b, UPPER, sink);
      default -> sink.put(b);
    };
  }

  /**
   * Whether the last character of a secret may hold bits of what follows it, and is not written.
   */
  boolean endsWithin() {
    return switch (this) {
      case BASE64_AT_0, BASE64_AT_1, BASE64_AT_2 -> true;
      case BASE64URL_AT_0, BASE64URL_AT_1, BASE64URL_AT_2 -> true;
      default -> false;
    };
  }

  private static boolean latin(byte b, Sink sink) {
    return b >= 0
        ? sink.put(b)
        : sink.put((byte) (0xC0 | ((b & 0xFF) >> 6))) && sink.put((byte) (0x80 | (b & 0x3F)));
  }

  private static boolean hex(byte b, byte[] digits, Sink sink) {
    return sink.put(digits[b >> 4 & 15]) && sink.put(digits[b & 15]);
  }

  private static boolean percent(byte b, byte[] digits, Sink sink) {
    return sink.put((byte) '%') && hex(b, digits, sink);
  }

  /** What RFC 3986 leaves as it is. */
  private static boolean unreserved(byte b) {
    return alphanumeric(b) || b == '-' || b == '.' || b == '_' || b == '~';
  }

  /** {@code application/x-www-form-urlencoded}, as browsers and {@code URLEncoder} write it. */
  private static boolean formField(byte b, Sink sink) {
    if (b == ' ') {
      return sink.put((byte) '+');
    }
    boolean plain = alphanumeric(b) || b == '-' || b == '.' || b == '_' || b == '*';
    return plain ? sink.put(b) : percent(b, UPPER, sink);
  }

  private static boolean alphanumeric(byte b) {
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
  }

  private static boolean json(byte b, boolean slash, Sink sink) {
    int at = "\"\\\b\f\n\r\t".indexOf(b);
    if (at >= 0) {
      return sink.put((byte) '\\') && sink.put((byte) "\"\\bfnrt".charAt(at));
    }
    if (b == '/' && slash) {
      return sink.put((byte) '\\') && sink.put(b);
    }
    return (b >= 0 && b < 0x20) ? unicode(b, LOWER, sink) : sink.put(b);
  }

  private static boolean unicode(byte b, byte[] digits, Sink sink) {
    return sink.put((byte) '\\')
        && sink.put((byte) 'u')
        && sink.put((byte) '0')
        && sink.put((byte) '0')
        && hex(b, digits, sink);
  }

  /**
   * The characters of a base64 text that depend on the secret alone when {@code before} bytes stand
   * before it in its group of three.
   */
  private static void base64(MemorySegment secret, int before, byte[] alphabet, Sink sink) {
    long first = before == 0 ? 0 : before + 1;
    long end = (before + secret.byteSize()) * 8 / 6;
    boolean more = true;
    for (long c = first; more && c < end; c++) {
      long bit = c * 6 - before * 8L;
      int two = at(secret, bit >> 3) << 8 | at(secret, (bit >> 3) + 1);
      more = sink.put(alphabet[two >> (10 - (int) (bit & 7)) & 63]);
    }
  }

  private static int at(MemorySegment secret, long index) {
    return index < secret.byteSize() ? secret.get(ValueLayout.JAVA_BYTE, index) & 0xFF : 0;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
