package dev.chitin.vault.scrub;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Ways in which single characters of a text may be written otherwise. */
enum Escapes {
  /** {@code \n}, {@code \}{@code u00e4}, {@code \xe4}: JSON (RFC 8259) and most languages. */
  BACKSLASH {
    @Override
    int read(byte[] text, int at, Unit into) {
      int next = at + 1 < text.length ? text[at + 1] : 0;
      int plain = "\"\\/'bfnrt".indexOf(next);
      if (next != 0 && plain >= 0) {
        return into.bytes((byte) "\"\\/'\b\f\n\r\t".charAt(plain), 2);
      }
      int digits = next == 'u' ? 4 : next == 'x' ? 2 : 0;
      int point = digits == 0 ? -1 : hex(text, at + 2, digits);
      if (point < 0) {
        return into.bytes(text[at], 1);
      }
      if (!Character.isSurrogate((char) point)) {
        return into.character(point, 2 + digits);
      }
      int low = at + 7 < text.length && text[at + 6] == '\\' && text[at + 7] == 'u' ? at + 8 : -1;
      int second = low < 0 ? -1 : hex(text, low, 4);
      return second >= 0 && Character.isSurrogatePair((char) point, (char) second)
          ? into.character(Character.toCodePoint((char) point, (char) second), 12)
          : into.bytes(text[at], 1);
    }
  },

  /** {@code %e4}: URIs (RFC 3986, section 2.1). */
  PERCENT {
    @Override
    int read(byte[] text, int at, Unit into) {
      int value = hex(text, at + 1, 2);
      return value < 0 ? into.bytes(text[at], 1) : into.bytes((byte) value, 3);
    }
  };

  /** What one character, or one byte of one, stands for. */
  static final class Unit {
    private final byte[] bytes = new byte[4];
    private int length;

    private int bytes(byte b, int read) {
      bytes[0] = b;
      length = 1;
      return read;
    }

    private int character(int point, int read) {
      length = 0;
      if (point < 0x80) {
        add(point);
      } else if (point < 0x800) {
        add(0xC0 | (point >> 6));
      } else if (point < 0x10000) {
        add(0xE0 | (point >> 12));
        add(0x80 | ((point >> 6) & 0x3F));
      } else {
        add(0xF0 | (point >> 18));
        add(0x80 | ((point >> 12) & 0x3F));
        add(0x80 | ((point >> 6) & 0x3F));
      }
      if (point >= 0x80) {
        add(0x80 | (point & 0x3F));
      }
      return read;
    }

    private void add(int b) {
      bytes[length++] = (byte) b;
    }

    int length() {
      return length;
    }
  }

  /** What every escape begins with. */
  private byte mark() {
    return (byte) (this == BACKSLASH ? '\\' : '%');
  }

  /**
   * Reads what stands at {@code at}, where a mark is.
   *
   * @return how many bytes of the text that are
   */
  abstract int read(byte[] text, int at, Unit into);

  /** Reads what stands at {@code at}, escaped or not. */
  int next(byte[] text, int at, Unit into) {
    return text[at] == mark() ? read(text, at, into) : into.bytes(text[at], 1);
  }

  /** The text that {@code text} stands for; null when that is the same. */
  byte @Nullable [] resolved(byte[] text) {
    byte mark = mark();
    int at = 0;
    while (at < text.length && text[at] != mark) {
      at++;
    }
    if (at == text.length) {
      return null;
    }
    var unit = new Unit();
    byte[] out = Arrays.copyOf(text, text.length); // No escape stands for more bytes than it has.
    int length = at;
    while (at < text.length) {
      if (text[at] != mark) {
        out[length++] = text[at++];
        continue;
      }
      at += read(text, at, unit);
      for (int i = 0; i < unit.length; i++) {
        out[length++] = unit.bytes[i];
      }
    }
    return length == text.length ? null : Arrays.copyOf(out, length);
  }

  /** The value of so many hexadecimal digits; -1 when they are none. */
  private static int hex(byte[] text, int at, int digits) {
    if (at + digits > text.length) {
      return -1;
    }
    int value = 0;
    for (int i = at; i < at + digits; i++) {
      int digit = text[i] < 0 ? -1 : Character.digit(text[i], 16);
      if (digit < 0) {
        return -1;
      }
      value = (value << 4) | digit;
    }
    return value;
  }
}
