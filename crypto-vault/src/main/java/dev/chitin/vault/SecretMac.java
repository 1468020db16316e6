package dev.chitin.vault;

import dev.chitin.vault.crypto.CryptoEngine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.ReentrantLock;

/** HMAC-SHA256 (RFC 2104) under a key that stays in secret memory. Safe for use from any thread. */
public final class SecretMac implements AutoCloseable {
  private final CryptoEngine engine = CryptoEngine.best();
  private final SecretBytes key;
  private final ReentrantLock lock = new ReentrantLock();

  private SecretMac(SecretBytes key) {
    this.key = key;
  }

  /** Authenticates with {@code key}, which it closes with itself. */
  public static SecretMac of(SecretBytes key) {
    return new SecretMac(key);
  }

  /**
   * The code of {@code message}, 32 bytes.
   *
   * @throws IllegalStateException when it is closed
   */
  public byte[] sign(byte[] message) {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      if (key.isClosed()) {
        throw new IllegalStateException("the key is closed");
      }
      MemorySegment text = arena.allocate(Math.max(1, message.length)).asSlice(0, message.length);
      MemorySegment.copy(MemorySegment.ofArray(message), 0, text, 0, message.length);
      MemorySegment mac = arena.allocate(CryptoEngine.MAC_BYTES);
      engine.hmac(key.segment(), text, mac);
      return mac.toArray(ValueLayout.JAVA_BYTE);
    } finally {
      lock.unlock();
    }
  }

  /** Wipes the key. */
  @Override
  public void close() {
    lock.lock();
    try {
      key.close();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "SecretMac[redacted]";
  }
}
