package dev.chitin.vault.crypto;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes the fields of sealed forms: big-endian integers and length-prefixed bytes. */
public final class Wire {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

  /** 4-byte length, then the bytes. */
  public Wire prefixed(byte[] bytes) {
    return u32(bytes.length).raw(bytes);
  }

  /** 4-byte length, then UTF-8. */
  public Wire prefixed(String text) {
    return prefixed(text.getBytes(StandardCharsets.UTF_8));
  }

  public Wire raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  public Wire u8(int value) {
    out.write(value);
    return this;
  }

  public Wire u32(int value) {
    return raw(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
  }

  public Wire u64(long value) {
    return raw(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  public byte[] bytes() {
    return out.toByteArray();
  }
}
