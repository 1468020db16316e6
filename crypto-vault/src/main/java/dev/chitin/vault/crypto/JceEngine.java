package dev.chitin.vault.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The JDK's providers, for machines without OpenSSL 3. Keys and texts are copied to the heap and
 * the provider keeps schedules there: a degraded mode, and reported as one. Our own copies are
 * wiped.
 */
public final class JceEngine implements CryptoEngine {
  JceEngine() {}

  @Override
  public String name() {
    return "jce";
  }

  @Override
  public void seal(
      MemorySegment key,
      MemorySegment nonce,
      MemorySegment aad,
      MemorySegment plaintext,
      MemorySegment sealed) {
    byte[] clear = bytes(plaintext);
    try {
      byte[] out = cipher(Cipher.ENCRYPT_MODE, key, nonce, aad).doFinal(clear);
      MemorySegment.copy(MemorySegment.ofArray(out), 0, sealed, 0, out.length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK refused an operation", e);
    } finally {
      Arrays.fill(clear, (byte) 0);
    }
  }

  @Override
  public boolean open(
      MemorySegment key,
      MemorySegment nonce,
      MemorySegment aad,
      MemorySegment sealed,
      MemorySegment plaintext) {
    byte[] clear = new byte[0];
    try {
      clear = cipher(Cipher.DECRYPT_MODE, key, nonce, aad).doFinal(bytes(sealed));
      MemorySegment.copy(MemorySegment.ofArray(clear), 0, plaintext, 0, clear.length);
      return true;
    } catch (AEADBadTagException e) {
      plaintext.fill((byte) 0);
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK refused an operation", e);
    } finally {
      Arrays.fill(clear, (byte) 0);
    }
  }

  @Override
  public void hmac(MemorySegment key, MemorySegment data, MemorySegment mac) {
    byte[] raw = bytes(key);
    byte[] text = bytes(data);
    try {
      Mac hmac = Mac.getInstance("HmacSHA256");
      // The JDK refuses an empty key; HMAC pads it with zeros, so one zero byte is the same key.
      hmac.init(new SecretKeySpec(raw.length == 0 ? new byte[1] : raw, "HmacSHA256"));
      byte[] out = hmac.doFinal(text);
      MemorySegment.copy(MemorySegment.ofArray(out), 0, mac, 0, MAC_BYTES);
      Arrays.fill(out, (byte) 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA256", e);
    } finally {
      Arrays.fill(raw, (byte) 0);
      Arrays.fill(text, (byte) 0);
    }
  }

  private static Cipher cipher(int mode, MemorySegment key, MemorySegment nonce, MemorySegment aad)
      throws GeneralSecurityException {
    byte[] raw = bytes(key);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          mode, new SecretKeySpec(raw, "AES"), new GCMParameterSpec(TAG_BYTES * 8, bytes(nonce)));
      cipher.updateAAD(bytes(aad));
      return cipher;
    } finally {
      Arrays.fill(raw, (byte) 0);
    }
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }
}
