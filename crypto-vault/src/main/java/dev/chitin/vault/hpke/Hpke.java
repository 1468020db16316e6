package dev.chitin.vault.hpke;

import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * HPKE (RFC 9180) in base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 * Safe for use from any thread.
 */
public final class Hpke {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  /** Bytes of a key, private or public, and of what is sent along. */
  public static final int KEY_BYTES = X25519.BYTES;

  /** Bytes that sealing adds: the encapsulated key and the tag. */
  public static final int OVERHEAD = KEY_BYTES + CryptoEngine.TAG_BYTES;

  private static final int HASH = 32;
  private static final int NONCE = CryptoEngine.NONCE_BYTES;
  private static final byte[] KEM_SUITE = new Wire().raw(ascii("KEM")).u8(0).u8(0x20).bytes();
  private static final int AES_256_GCM = 2;

  private final CryptoEngine engine;
  private final X25519 curve = X25519.load();

  /**
   * Seals and opens with {@code engine}.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} where OpenSSL 3 is missing
   */
  public Hpke(CryptoEngine engine) {
    this.engine = engine;
  }

  /** A fresh private key; the caller closes it. */
  public static SecretBytes newPrivateKey() {
    SecretBytes key = SecretBytes.allocate(KEY_BYTES);
    SecretMemory.random(key.segment(ACCESS));
    return key;
  }

  public byte[] publicKey(SecretBytes privateKey) {
    return curve.publicKey(privateKey.segment(ACCESS));
  }

  /** {@code enc ‖ ct} of {@code content}, for whoever holds the key of {@code recipient}. */
  public byte[] seal(byte[] recipient, byte[] info, byte[] aad, MemorySegment content) {
    try (SecretBytes ephemeral = newPrivateKey()) {
      return seal(ephemeral, recipient, info, aad, content);
    }
  }

  byte[] seal(
      SecretBytes ephemeral, byte[] recipient, byte[] info, byte[] aad, MemorySegment content) {
    byte[] enc = publicKey(ephemeral);
    try (SecretBytes shared = SecretBytes.allocate(HASH);
        SecretBytes keys = SecretBytes.allocate(CryptoEngine.KEY_BYTES + NONCE);
        Arena arena = Arena.ofConfined()) {
      if (!shared(ephemeral, recipient, enc, recipient, shared.segment(ACCESS))) {
        throw new IllegalArgumentException("a public key of small order");
      }
      schedule(
          shared.segment(ACCESS), info, AES_256_GCM, CryptoEngine.KEY_BYTES, keys.segment(ACCESS));
      MemorySegment sealed = arena.allocate(content.byteSize() + CryptoEngine.TAG_BYTES);
      engine.seal(
          keys.segment(ACCESS).asSlice(0, CryptoEngine.KEY_BYTES),
          keys.segment(ACCESS).asSlice(CryptoEngine.KEY_BYTES, NONCE),
          nativeCopy(arena, aad),
          content,
          sealed);
      return new Wire().raw(enc).raw(sealed.toArray(ValueLayout.JAVA_BYTE)).bytes();
    }
  }

  /**
   * Opens {@code enc ‖ ct} into {@code content}, which is {@link #OVERHEAD} shorter.
   *
   * @return whether it was sealed to this key with this info and aad; when not, {@code content} is
   *     zeros
   */
  public boolean open(
      SecretBytes privateKey, byte[] info, byte[] aad, byte[] sealed, MemorySegment content) {
    content.fill((byte) 0);
    if (sealed.length < OVERHEAD || sealed.length - OVERHEAD != content.byteSize()) {
      return false;
    }
    byte[] enc = java.util.Arrays.copyOf(sealed, KEY_BYTES);
    try (SecretBytes shared = SecretBytes.allocate(HASH);
        SecretBytes keys = SecretBytes.allocate(CryptoEngine.KEY_BYTES + NONCE);
        Arena arena = Arena.ofConfined()) {
      if (!shared(privateKey, enc, enc, publicKey(privateKey), shared.segment(ACCESS))) {
        return false;
      }
      schedule(
          shared.segment(ACCESS), info, AES_256_GCM, CryptoEngine.KEY_BYTES, keys.segment(ACCESS));
      return engine.open(
          keys.segment(ACCESS).asSlice(0, CryptoEngine.KEY_BYTES),
          keys.segment(ACCESS).asSlice(CryptoEngine.KEY_BYTES, NONCE),
          nativeCopy(arena, aad),
          nativeCopy(arena, java.util.Arrays.copyOfRange(sealed, KEY_BYTES, sealed.length)),
          content);
    }
  }

  /** ExtractAndExpand(dh, enc ‖ pkRm), section 4.1. */
  boolean shared(
      SecretBytes secret, byte[] peer, byte[] enc, byte[] recipient, MemorySegment shared) {
    try (SecretBytes dh = SecretBytes.allocate(HASH);
        SecretBytes prk = SecretBytes.allocate(HASH)) {
      if (!curve.agree(secret.segment(ACCESS), peer, dh.segment(ACCESS))) {
        return false;
      }
      extract(KEM_SUITE, new byte[0], "eae_prk", dh.segment(ACCESS), prk.segment(ACCESS));
      byte[] context = new Wire().raw(enc).raw(recipient).bytes();
      expand(KEM_SUITE, prk.segment(ACCESS), "shared_secret", context, shared);
      return true;
    }
  }

  /** The key schedule of base mode without a PSK, section 5.1: key ‖ base nonce. */
  void schedule(
      MemorySegment shared, byte[] info, int aead, int keyBytes, MemorySegment keyAndNonce) {
    byte[] suite = new Wire().raw(ascii("HPKE")).u8(0).u8(0x20).u8(0).u8(1).u8(0).u8(aead).bytes();
    try (SecretBytes secret = SecretBytes.allocate(HASH);
        Arena arena = Arena.ofConfined()) {
      MemorySegment pskHash = arena.allocate(HASH);
      MemorySegment infoHash = arena.allocate(HASH);
      MemorySegment nothing = arena.allocate(1).asSlice(0, 0);
      extract(suite, new byte[0], "psk_id_hash", nothing, pskHash);
      extract(suite, new byte[0], "info_hash", nativeCopy(arena, info), infoHash);
      byte[] context =
          new Wire()
              .u8(0)
              .raw(pskHash.toArray(ValueLayout.JAVA_BYTE))
              .raw(infoHash.toArray(ValueLayout.JAVA_BYTE))
              .bytes();
      extract(suite, shared, "secret", nothing, secret.segment(ACCESS));
      expand(suite, secret.segment(ACCESS), "key", context, keyAndNonce.asSlice(0, keyBytes));
      expand(
          suite,
          secret.segment(ACCESS),
          "base_nonce",
          context,
          keyAndNonce.asSlice(keyBytes, NONCE));
    }
  }

  private void extract(
      byte[] suite, byte[] salt, String label, MemorySegment ikm, MemorySegment prk) {
    try (Arena arena = Arena.ofConfined()) {
      extract(suite, nativeCopy(arena, salt), label, ikm, prk);
    }
  }

  /** LabeledExtract, section 4. */
  private void extract(
      byte[] suite, MemorySegment salt, String label, MemorySegment ikm, MemorySegment prk) {
    byte[] prefix = new Wire().raw(ascii("HPKE-v1")).raw(suite).raw(ascii(label)).bytes();
    try (SecretBytes labeled = SecretBytes.allocate(prefix.length + ikm.byteSize())) {
      MemorySegment.copy(
          prefix, 0, labeled.segment(ACCESS), ValueLayout.JAVA_BYTE, 0, prefix.length);
      MemorySegment.copy(ikm, 0, labeled.segment(ACCESS), prefix.length, ikm.byteSize());
      engine.hmac(salt, labeled.segment(ACCESS), prk);
    }
  }

  /** LabeledExpand, section 4, of at most one block. */
  private void expand(
      byte[] suite, MemorySegment prk, String label, byte[] context, MemorySegment okm) {
    if (okm.byteSize() > HASH) {
      throw new IllegalArgumentException("at most " + HASH + " bytes");
    }
    byte[] info =
        new Wire()
            .u8(0)
            .u8((int) okm.byteSize())
            .raw(ascii("HPKE-v1"))
            .raw(suite)
            .raw(ascii(label))
            .raw(context)
            .u8(1)
            .bytes();
    try (SecretBytes block = SecretBytes.allocate(HASH);
        Arena arena = Arena.ofConfined()) {
      engine.hmac(prk, nativeCopy(arena, info), block.segment(ACCESS));
      MemorySegment.copy(block.segment(ACCESS), 0, okm, 0, okm.byteSize());
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static MemorySegment nativeCopy(Arena arena, byte[] bytes) {
    MemorySegment copy = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
    MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return copy;
  }
}
