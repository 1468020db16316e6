package dev.chitin.vault;

import dev.chitin.vault.crypto.CryptoEngine;
import java.security.SecureRandom;

/**
 * Random nonces, each given once. They are drawn many at a time: to draw few bytes costs nearly
 * what many do. Nonces are no secrets. Safe for use from any thread.
 */
final class Nonces {
  private static final int DRAWN = 64 * CryptoEngine.NONCE_BYTES;

  private final SecureRandom random = new SecureRandom();
  private final byte[] drawn = new byte[DRAWN];
  private int next = DRAWN;

  /**
   * Writes the next one's {@value CryptoEngine#NONCE_BYTES} bytes into {@code into} from {@code at}
   * on.
   */
  synchronized void next(byte[] into, int at) {
    if (next == DRAWN) {
      random.nextBytes(drawn);
      next = 0;
    }
    System.arraycopy(drawn, next, into, at, CryptoEngine.NONCE_BYTES);
    next += CryptoEngine.NONCE_BYTES;
  }
}
