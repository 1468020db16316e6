package dev.chitin.vault.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
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
  /** What stands before the key in a SubjectPublicKeyInfo (RFC 8410). */
  private static final byte[] ED25519_INFO = HexFormat.of().parseHex("302a300506032b6570032100");

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
    Lengths.check(key, nonce, plaintext, sealed);
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
    Lengths.check(key, nonce, plaintext, sealed);
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
    Lengths.checkMac(mac);
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

  @Override
  public void ed25519PublicKey(MemorySegment seed, MemorySegment publicKey) {
    Ed25519.checkLengths(seed, publicKey);
    byte[] encoded = pair(seed).getPublic().getEncoded();
    // SubjectPublicKeyInfo of RFC 8410 ends with the key itself.
    MemorySegment.copy(
        MemorySegment.ofArray(encoded),
        encoded.length - Ed25519.KEY_BYTES,
        publicKey,
        0,
        Ed25519.KEY_BYTES);
  }

  @Override
  public void ed25519Sign(MemorySegment seed, MemorySegment message, MemorySegment signature) {
    Ed25519.checkLengths(seed, seed);
    Ed25519.checkSignature(signature);
    try {
      Signature signer = Signature.getInstance("Ed25519");
      signer.initSign(pair(seed).getPrivate());
      signer.update(bytes(message));
      MemorySegment.copy(
          MemorySegment.ofArray(signer.sign()), 0, signature, 0, Ed25519.SIGNATURE_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK refused an operation", e);
    }
  }

  @Override
  public boolean ed25519Verify(
      MemorySegment publicKey, MemorySegment message, MemorySegment signature) {
    if (publicKey.byteSize() != Ed25519.KEY_BYTES
        || signature.byteSize() != Ed25519.SIGNATURE_BYTES) {
      return false;
    }
    try {
      byte[] encoded = Arrays.copyOf(ED25519_INFO, ED25519_INFO.length + Ed25519.KEY_BYTES);
      System.arraycopy(bytes(publicKey), 0, encoded, ED25519_INFO.length, Ed25519.KEY_BYTES);
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
      verifier.update(bytes(message));
      return verifier.verify(bytes(signature));
    } catch (InvalidKeySpecException | InvalidKeyException | SignatureException e) {
      // No point of the curve, or no scalar below the order: no signature.
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK refused an operation", e);
    }
  }

  /** The JDK makes a pair of what its random source gives, which is the seed here. */
  private static KeyPair pair(MemorySegment seed) {
    byte[] raw = bytes(seed);
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      generator.initialize(NamedParameterSpec.ED25519, new Given(raw));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    } finally {
      Arrays.fill(raw, (byte) 0);
    }
  }

  /** A source of exactly the bytes that it was given. */
  private static final class Given extends SecureRandom {
    private static final long serialVersionUID = 1;

    private final transient byte[] given;

    Given(byte[] given) {
      this.given = given;
    }

    @Override
    public void nextBytes(byte[] bytes) {
      if (bytes.length != given.length) {
        throw new IllegalStateException("the JDK asked for another length");
      }
      System.arraycopy(given, 0, bytes, 0, bytes.length);
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
