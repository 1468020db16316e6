package dev.chitin.bus;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * HMAC-SHA256 (RFC 2104) under 32 random bytes that are made with it and never leave it: what it
 * vouches for is void after a restart. Nothing of one domain is anything in another, and within a
 * domain, in which the kinds of fields follow from those before, no two lists have one encoding.
 * Safe for use from any thread.
 */
public final class BootMac {
  private static final int ROOM = 512;

  private final byte[] domain;

  /** Keyed and never fed. */
  private final Mac keyed;

  private final ThreadLocal<Fields> own = ThreadLocal.withInitial(this::fields);

  /**
   * @param domain what the MACs are for, ASCII
   */
  public BootMac(String domain) {
    this(domain, random());
  }

  /**
   * @param key wiped when it was taken over
   */
  BootMac(String domain, byte[] key) {
    this.domain = (domain + '\0').getBytes(StandardCharsets.US_ASCII);
    this.keyed = keyed(key);
  }

  private static byte[] random() {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    return key;
  }

  private static Mac keyed(byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA256", e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  private Fields fields() {
    try {
      return new Fields((Mac) keyed.clone());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("HMAC-SHA256 of the Java platform can be copied", e);
    }
  }

  /** The 32 bytes over the domain and the fields that {@code writer} gives, in their order. */
  public byte[] over(Consumer<Fields> writer) {
    Fields fields = own.get();
    fields.length = 0;
    fields.put(domain);
    writer.accept(fields);
    return fields.mac();
  }

  /** What is vouched for. One thread's, for one MAC at a time. */
  public static final class Fields {
    private final Mac mac;
    private byte[] bytes = new byte[ROOM];
    private int length;

    private Fields(Mac mac) {
      this.mac = mac;
    }

    /** Bytes whose number the reader knows. */
    public Fields fixed(byte[] value) {
      put(value);
      return this;
    }

    public Fields number(long value) {
      makeRoom(Long.BYTES);
      for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
        bytes[length++] = (byte) (value >>> shift);
      }
      return this;
    }

    /** Its length in UTF-8, -1 for null, and its bytes. */
    public Fields text(@Nullable String value) {
      if (value == null) {
        return number(-1);
      }
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      number(utf8.length);
      put(utf8);
      return this;
    }

    private void put(byte[] more) {
      makeRoom(more.length);
      System.arraycopy(more, 0, bytes, length, more.length);
      length += more.length;
    }

    private void makeRoom(int more) {
      if (bytes.length - length < more) {
        bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
      }
    }

    private byte[] mac() {
      mac.update(bytes, 0, length);
      return mac.doFinal();
    }
  }
}
