package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Digest;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.RSAPublicKeySpec;

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), by the JDK. */
final class RsaKey implements VerificationKey {
  private static final int LEAST_BITS = 2_048;
  private static final int MOST_BITS = 8_192;

  private final PublicKey key;
  private final Digest digest;

  private RsaKey(PublicKey key) {
    this.key = key;
    this.digest = Digest.of(key.getEncoded());
  }

  /**
   * @throws IllegalArgumentException for a modulus outside of 2,048 to 8,192 bits, an even or too
   *     large exponent
   */
  static RsaKey of(BigInteger modulus, BigInteger exponent) {
    boolean sound =
        modulus.bitLength() >= LEAST_BITS
            && modulus.bitLength() <= MOST_BITS
            && modulus.testBit(0)
            && exponent.testBit(0)
            && exponent.compareTo(BigInteger.TWO) > 0
            && exponent.bitLength() <= 64;
    if (!sound) {
      throw new IllegalArgumentException("an RSA key has 2048 to 8192 bits and an odd exponent");
    }
    try {
      return new RsaKey(
          KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent)));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an RSA key", e);
    }
  }

  @Override
  public SigningAlgorithm algorithm() {
    return SigningAlgorithm.RS256;
  }

  @Override
  public Digest digest() {
    return digest;
  }

  @Override
  public boolean verifies(byte[] message, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance("SHA256withRSA");
      verifier.initVerify(key);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (SignatureException e) {
      // A signature of another length than the key's is none of this key's.
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has SHA256withRSA", e);
    }
  }
}
