package dev.chitin.vault.crypto;

import dev.chitin.vault.memory.SecretPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Box v1, the one form of everything sealed: AES-256-GCM under a key that HKDF-SHA256 makes anew
 * for each box from the parent key and a random salt, with a key commitment that is compared before
 * anything is decrypted.
 *
 * <pre>
 * "CHBX" ‖ u8 suite = 1 ‖ u8 kind ‖ u32 term ‖ salt[32] ‖ commitment[32] ‖ nonce[12] ‖ ciphertext ‖ tag[16]
 * okm[64] = HKDF(parent, salt, LP("chitin/vault/box/v1") ‖ u8 suite ‖ u8 kind); key ‖ commitment = okm
 * </pre>
 *
 * <p>The salt makes each AES key single-use, so the bound on random nonces does not add up over the
 * life of a parent key. Safe for use from any thread.
 */
public final class Box {
  /** What a box holds. */
  public enum Kind {
    ROOT_KEY(1),
    KEYRING(2),
    DATA_KEY(3),
    VALUE(4),
    MANIFEST(5);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /**
   * Where a box belongs; all of it is authenticated, so a box moved elsewhere does not open.
   *
   * @param vaultId 16 bytes
   * @param name what it is the box of
   * @param version of that
   * @param term of the key above it
   * @param binding SHA-256 of what the value is bound to, 32 bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // only ever encoded, never compared
  public record Place(byte[] vaultId, String name, long version, int term, byte[] binding) {
    /** A place that is bound to nothing. */
    public static Place unbound(byte[] vaultId, String name, long version, int term) {
      return new Place(vaultId, name, version, term, new byte[32]);
    }
  }

  /** Bytes that a box adds to its content. */
  public static final int OVERHEAD = 86 + CryptoEngine.TAG_BYTES;

  private static final byte[] MAGIC = "CHBX".getBytes(StandardCharsets.US_ASCII);
  private static final int SUITE = 1;
  private static final int SALT_AT = 10;
  private static final int COMMITMENT_AT = 42;
  private static final int NONCE_AT = 74;
  private static final int SEALED_AT = 86;

  private final CryptoEngine engine;
  private final SecretPool pool;
  private final SecureRandom random = new SecureRandom();

  /**
   * Seals and opens with {@code engine}.
   *
   * @param pool gives the memory for keys while they are used
   */
  public Box(CryptoEngine engine, SecretPool pool) {
    this.engine = engine;
    this.pool = pool;
  }

  /** Seals {@code content} under {@code parent}. */
  public byte[] seal(MemorySegment parent, Kind kind, Place place, MemorySegment content) {
    byte[] salt = new byte[32];
    byte[] nonce = new byte[CryptoEngine.NONCE_BYTES];
    random.nextBytes(salt);
    random.nextBytes(nonce);
    int length = Math.toIntExact(content.byteSize());
    try (Arena arena = Arena.ofConfined();
        SecretPool.Page page = pool.take()) {
      MemorySegment keys = page.segment().asSlice(0, 64);
      derive(arena, page, parent, salt, kind);
      MemorySegment sealed = arena.allocate(length + CryptoEngine.TAG_BYTES);
      engine.seal(
          keys.asSlice(0, 32),
          nativeCopy(arena, nonce),
          nativeCopy(arena, aad(kind, place)),
          content,
          sealed);
      return new Wire()
          .raw(MAGIC)
          .u8(SUITE)
          .u8(kind.code)
          .u32(place.term())
          .raw(salt)
          .raw(keys.asSlice(32, 32).toArray(ValueLayout.JAVA_BYTE))
          .raw(nonce)
          .raw(sealed.toArray(ValueLayout.JAVA_BYTE))
          .bytes();
    }
  }

  /** How long the content of a box of {@code length} bytes is; negative when it is no box. */
  public static int contentLength(int length) {
    return length - OVERHEAD;
  }

  /**
   * Opens {@code box} into {@code content}, whose length must be {@link #contentLength}.
   *
   * @return whether the box is one of this kind and place under {@code parent}; when not, {@code
   *     content} is zeros
   */
  public boolean open(
      MemorySegment parent, Kind kind, Place place, byte[] box, MemorySegment content) {
    content.fill((byte) 0);
    if (!hasHead(box, kind, place, content.byteSize())) {
      return false;
    }
    try (Arena arena = Arena.ofConfined();
        SecretPool.Page page = pool.take()) {
      MemorySegment keys = page.segment().asSlice(0, 64);
      derive(arena, page, parent, Arrays.copyOfRange(box, SALT_AT, COMMITMENT_AT), kind);
      byte[] commitment = keys.asSlice(32, 32).toArray(ValueLayout.JAVA_BYTE);
      byte[] stored = Arrays.copyOfRange(box, COMMITMENT_AT, NONCE_AT);
      if (!MessageDigest.isEqual(commitment, stored)) {
        return false;
      }
      return engine.open(
          keys.asSlice(0, 32),
          nativeCopy(arena, Arrays.copyOfRange(box, NONCE_AT, SEALED_AT)),
          nativeCopy(arena, aad(kind, place)),
          nativeCopy(arena, Arrays.copyOfRange(box, SEALED_AT, box.length)),
          content);
    }
  }

  private static boolean hasHead(byte[] box, Kind kind, Place place, long contentLength) {
    if (box.length < OVERHEAD || contentLength(box.length) != contentLength) {
      return false;
    }
    byte[] expected = new Wire().raw(MAGIC).u8(SUITE).u8(kind.code).u32(place.term()).bytes();
    return ByteBuffer.wrap(box, 0, SALT_AT).equals(ByteBuffer.wrap(expected));
  }

  /** Puts key and commitment at the beginning of {@code page}. */
  private void derive(
      Arena arena, SecretPool.Page page, MemorySegment parent, byte[] salt, Kind kind) {
    byte[] info = new Wire().prefixed("chitin/vault/box/v1").u8(SUITE).u8(kind.code).bytes();
    MemorySegment memory = page.segment();
    Hkdf.derive(
        engine, memory.asSlice(64), parent, nativeCopy(arena, salt), info, memory.asSlice(0, 64));
  }

  private static byte[] aad(Kind kind, Place place) {
    return new Wire()
        .prefixed("chitin/vault/aad/v1")
        .u8(SUITE)
        .u8(kind.code)
        .prefixed(place.vaultId())
        .prefixed(place.name())
        .u64(place.version())
        .u32(place.term())
        .prefixed(place.binding())
        .bytes();
  }

  private static MemorySegment nativeCopy(Arena arena, byte[] bytes) {
    MemorySegment copy = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
    return copy;
  }
}
