package dev.chitin.audit;

import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Bytes;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/** An Ed25519 signer of the JDK's, from a seed that tests know. */
public final class TestSigner implements CheckpointSigner {
  private static final byte[] PKCS8 = HexFormat.of().parseHex("302e020100300506032b657004220420");

  private final String name;
  private final PrivateKey key;
  private final Bytes publicKey;

  private TestSigner(String name, byte[] seed) {
    this.name = name;
    byte[] encoded = Arrays.copyOf(PKCS8, PKCS8.length + 32);
    System.arraycopy(seed, 0, encoded, PKCS8.length, 32);
    try {
      key = KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(encoded));
      publicKey = derive(seed);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The key of the published vectors: seed 00 01 … 1f. */
  public static TestSigner ofVectors(String name) {
    byte[] seed = new byte[32];
    for (int i = 0; i < seed.length; i++) {
      seed[i] = (byte) i;
    }
    return new TestSigner(name, seed);
  }

  /** A key that belongs to {@code number}. */
  public static TestSigner of(String name, int number) {
    byte[] seed = new byte[32];
    Arrays.fill(seed, (byte) number);
    return new TestSigner(name, seed);
  }

  /** The JDK derives the public key only when it makes a pair, from the seed as its randomness. */
  private static Bytes derive(byte[] seed) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("Ed25519");
    generator.initialize(
        NamedParameterSpec.ED25519,
        new SecureRandom() {
          private static final long serialVersionUID = 1L;

          @Override
          public void nextBytes(byte[] bytes) {
            System.arraycopy(seed, 0, bytes, 0, bytes.length);
          }
        });
    var point = ((EdECPublicKey) generator.generateKeyPair().getPublic()).getPoint();
    byte[] big = point.getY().toByteArray();
    byte[] little = new byte[32];
    for (int i = 0; i < Math.min(32, big.length); i++) {
      little[i] = big[big.length - 1 - i];
    }
    if (point.isXOdd()) {
      little[31] |= (byte) 0x80;
    }
    return Bytes.adopt(little);
  }

  public VerifierKey verifierKey() {
    return new VerifierKey(name, VerifierKey.Type.ED25519, publicKey);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Bytes publicKey() {
    return publicKey;
  }

  @Override
  public byte[] sign(byte[] message) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key);
      signature.update(message);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
