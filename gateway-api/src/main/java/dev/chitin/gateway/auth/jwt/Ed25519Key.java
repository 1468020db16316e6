package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Digest;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** Ed25519 (RFC 8037), by Bouncy Castle, which takes less than a tenth of the JDK's time for it. */
final class Ed25519Key implements VerificationKey {
  private final Ed25519PublicKeyParameters key;
  private final Digest digest;

  private Ed25519Key(Ed25519PublicKeyParameters key) {
    this.key = key;
    this.digest = Digest.of(key.getEncoded());
  }

  /**
   * @param x the key, 32 bytes
   * @throws IllegalArgumentException when that is no point of the curve, or one of small order
   */
  static Ed25519Key of(byte[] x) {
    if (x.length != Ed25519PublicKeyParameters.KEY_SIZE || !Ed25519.validatePublicKeyFull(x, 0)) {
      throw new IllegalArgumentException("not a key of Ed25519");
    }
    return new Ed25519Key(new Ed25519PublicKeyParameters(x, 0));
  }

  @Override
  public SigningAlgorithm algorithm() {
    return SigningAlgorithm.EDDSA;
  }

  @Override
  public Digest digest() {
    return digest;
  }

  @Override
  public boolean verifies(byte[] message, byte[] signature) {
    if (signature.length != Ed25519.SIGNATURE_SIZE) {
      return false;
    }
    var signer = new Ed25519Signer();
    signer.init(false, key);
    signer.update(message, 0, message.length);
    return signer.verifySignature(signature);
  }
}
