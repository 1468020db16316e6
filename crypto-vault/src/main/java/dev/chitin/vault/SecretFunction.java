package dev.chitin.vault;

import java.lang.foreign.MemorySegment;

/** Works on the bytes of a secret while they are there. */
@FunctionalInterface
public interface SecretFunction<R> {

  /**
   * Uses the secret.
   *
   * @param secret read-only; valid during this call alone, wiped after it
   */
  R apply(MemorySegment secret);
}
