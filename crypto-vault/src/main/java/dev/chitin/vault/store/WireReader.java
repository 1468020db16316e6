package dev.chitin.vault.store;

import dev.chitin.bus.Digest;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link dev.chitin.vault.crypto.Wire} writes, with a bound for each length. Anything of
 * another shape is a {@link Malformed}.
 */
final class WireReader {
  /** The bytes have another shape. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String what) {
      super(what);
    }
  }

  private final ByteBuffer in;

  WireReader(byte[] bytes) {
    in = ByteBuffer.wrap(bytes);
  }

  int u8() throws Malformed {
    need(1);
    return Byte.toUnsignedInt(in.get());
  }

  int u16() throws Malformed {
    need(2);
    return Short.toUnsignedInt(in.getShort());
  }

  /** At most {@code max}, never negative. */
  int u32(int max) throws Malformed {
    need(4);
    int value = in.getInt();
    if (value < 0 || value > max) {
      throw new Malformed("a number out of bounds");
    }
    return value;
  }

  /** Never negative: all numbers of the vault stay below 2^63. */
  long u64() throws Malformed {
    need(8);
    long value = in.getLong();
    if (value < 0) {
      throw new Malformed("a number out of bounds");
    }
    return value;
  }

  byte[] raw(int length) throws Malformed {
    need(length);
    byte[] bytes = new byte[length];
    try {
      in.get(bytes);
    } catch (BufferUnderflowException e) {
      throw new IllegalStateException("the length was looked at", e);
    }
    return bytes;
  }

  byte[] prefixed(int max) throws Malformed {
    return raw(u32(max));
  }

  String text(int max) throws Malformed {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(prefixed(max))).toString();
    } catch (CharacterCodingException e) {
      throw new Malformed("text that is no UTF-8");
    }
  }

  Digest digest() throws Malformed {
    return Digest.ofBytes(raw(32));
  }

  /** All that is left. */
  byte[] rest() throws Malformed {
    return raw(in.remaining());
  }

  void end() throws Malformed {
    if (in.hasRemaining()) {
      throw new Malformed("bytes after the end");
    }
  }

  private void need(int length) throws Malformed {
    if (in.remaining() < length) {
      throw new Malformed("cut short");
    }
  }
}
