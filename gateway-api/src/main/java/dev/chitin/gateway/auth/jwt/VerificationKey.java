package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Digest;

/** One open key of an issuer, for one algorithm. */
interface VerificationKey {

  SigningAlgorithm algorithm();

  /** Over its parameters: tells one key from another of the same name. */
  Digest digest();

  /** Whether {@code signature} is this key's over {@code message}. Costs up to a millisecond. */
  boolean verifies(byte[] message, byte[] signature);
}
