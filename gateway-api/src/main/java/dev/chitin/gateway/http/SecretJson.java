package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.SecretInput;
import java.nio.charset.StandardCharsets;

/**
 * Reads {@code {"value":"…"}} (RFC 8259) byte by byte and puts the text of the one string, as
 * UTF-8, into secret memory. There is one member and it has that name, written so; anything else is
 * refused without saying what it was. Used by one thread.
 */
final class SecretJson {
  private static final byte[] NAME = "\"value\"".getBytes(StandardCharsets.US_ASCII);

  private enum State {
    OPEN,
    NAME,
    IN_NAME,
    COLON,
    QUOTE,
    TEXT,
    ESCAPE,
    HEX,
    CLOSE,
    END
  }

  private final SecretInput input;
  private State state = State.OPEN;
  private int at;
  private int unit;
  private int highSurrogate;
  private int following;
  private int lowest;
  private int highest;

  SecretJson(SecretInput input) {
    this.input = input;
  }

  /**
   * Takes the next byte.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.malformed}, or {@code request.too_large}
   */
  void add(byte b) {
    switch (state) {
      case OPEN -> structure(b, '{', State.NAME);
      case NAME -> name(b);
      case IN_NAME -> inName(b);
      case COLON -> structure(b, ':', State.QUOTE);
      case QUOTE -> structure(b, '"', State.TEXT);
      case TEXT -> text(b);
      case ESCAPE -> escape(b);
      case HEX -> hex(b);
      case CLOSE -> structure(b, '}', State.END);
      case END -> structure(b, -1, State.END);
    }
  }

  /** Refuses what is not whole. */
  void end() {
    if (state != State.END) {
      throw malformed();
    }
  }

  private void structure(byte b, int expected, State next) {
    if (b == expected) {
      state = next;
    } else if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
      throw malformed();
    }
  }

  private void name(byte b) {
    if (b == '"') {
      at = 0;
      state = State.IN_NAME;
      inName(b);
    } else {
      structure(b, -1, State.NAME);
    }
  }

  private void inName(byte b) {
    if (b != NAME[at++]) {
      throw malformed();
    }
    if (at == NAME.length) {
      state = State.COLON;
    }
  }

  private void text(byte b) {
    if (following > 0) {
      continuation(b & 0xFF);
      input.add(b);
      return;
    }
    if (highSurrogate != 0 && b != '\\') {
      throw malformed();
    }
    if (b == '"') {
      state = State.CLOSE;
    } else if (b == '\\') {
      state = State.ESCAPE;
    } else if (b >= 0 && b < 0x20) {
      throw malformed();
    } else {
      if (b < 0) {
        lead(b & 0xFF);
      }
      input.add(b);
    }
  }

  /** The first byte of a character of several (RFC 3629, table 3-7 of Unicode). */
  private void lead(int b) {
    lowest = 0x80;
    highest = 0xBF;
    if (b >= 0xC2 && b <= 0xDF) {
      following = 1;
    } else if (b >= 0xE0 && b <= 0xEF) {
      following = 2;
      lowest = b == 0xE0 ? 0xA0 : lowest;
      highest = b == 0xED ? 0x9F : highest;
    } else if (b >= 0xF0 && b <= 0xF4) {
      following = 3;
      lowest = b == 0xF0 ? 0x90 : lowest;
      highest = b == 0xF4 ? 0x8F : highest;
    } else {
      throw malformed();
    }
  }

  private void continuation(int b) {
    if (b < lowest || b > highest) {
      throw malformed();
    }
    lowest = 0x80;
    highest = 0xBF;
    following--;
  }

  private void escape(byte b) {
    if (b == 'u') {
      at = 0;
      unit = 0;
      state = State.HEX;
      return;
    }
    int which = "\"\\/bfnrt".indexOf(b);
    if (which < 0 || highSurrogate != 0) {
      throw malformed();
    }
    input.add((byte) "\"\\/\b\f\n\r\t".charAt(which));
    state = State.TEXT;
  }

  private void hex(byte b) {
    int digit = Character.digit(b, 16);
    if (digit < 0) {
      throw malformed();
    }
    unit = unit << 4 | digit;
    if (++at == 4) {
      state = State.TEXT;
      unit();
    }
  }

  private void unit() {
    if (highSurrogate != 0) {
      if (!Character.isLowSurrogate((char) unit)) {
        throw malformed();
      }
      int point = Character.toCodePoint((char) highSurrogate, (char) unit);
      highSurrogate = 0;
      character(point);
    } else if (Character.isHighSurrogate((char) unit)) {
      highSurrogate = unit;
    } else if (Character.isLowSurrogate((char) unit)) {
      throw malformed();
    } else {
      character(unit);
    }
  }

  private void character(int point) {
    if (point < 0x80) {
      input.add((byte) point);
    } else if (point < 0x800) {
      input.add((byte) (0xC0 | (point >> 6)));
      tail(point);
    } else if (point < 0x10000) {
      input.add((byte) (0xE0 | (point >> 12)));
      tail(point >> 6);
      tail(point);
    } else {
      input.add((byte) (0xF0 | (point >> 18)));
      tail(point >> 12);
      tail(point >> 6);
      tail(point);
    }
  }

  private void tail(int bits) {
    input.add((byte) (0x80 | (bits & 0x3F)));
  }

  private static RuntimeException malformed() {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, "The body is not {\"value\":\"...\"}.")
        .withHint("Send exactly one member, value, that is a string; or application/octet-stream.")
        .toException();
  }
}
