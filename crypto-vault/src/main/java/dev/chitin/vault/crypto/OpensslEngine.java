package dev.chitin.vault.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * OpenSSL 3 through the FFM API: key schedules live in contexts that OpenSSL wipes when it frees
 * them, never on the heap.
 */
public final class OpensslEngine implements CryptoEngine {
  private OpensslEngine() {}

  /** The engine; fails with a {@link LinkageError} where libcrypto 3 is not there. */
  static OpensslEngine load() {
    if (Libcrypto.AES_256_GCM.address() == 0 || Libcrypto.SHA_256.address() == 0) {
      throw new LinkageError("libcrypto has no AES-256-GCM or SHA-256");
    }
    return new OpensslEngine();
  }

  @Override
  public String name() {
    return "openssl";
  }

  @Override
  public void seal(
      MemorySegment key,
      MemorySegment nonce,
      MemorySegment aad,
      MemorySegment plaintext,
      MemorySegment sealed) {
    long length = plaintext.byteSize();
    checkLengths(key, nonce, length, sealed.byteSize());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment written = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment ctx = newContext();
      try {
        require(
            (int)
                Libcrypto.ENCRYPT_INIT.invokeExact(
                    ctx, Libcrypto.AES_256_GCM, MemorySegment.NULL, key, nonce));
        require(
            (int)
                Libcrypto.ENCRYPT_UPDATE.invokeExact(
                    ctx, MemorySegment.NULL, written, aad, (int) aad.byteSize()));
        require(
            (int)
                Libcrypto.ENCRYPT_UPDATE.invokeExact(
                    ctx, sealed, written, plaintext, (int) length));
        require((int) Libcrypto.ENCRYPT_FINAL.invokeExact(ctx, sealed.asSlice(length), written));
        require(
            (int)
                Libcrypto.CTX_CTRL.invokeExact(
                    ctx, Libcrypto.EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, sealed.asSlice(length)));
      } finally {
        Libcrypto.CTX_FREE.invokeExact(ctx);
      }
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  @Override
  public boolean open(
      MemorySegment key,
      MemorySegment nonce,
      MemorySegment aad,
      MemorySegment sealed,
      MemorySegment plaintext) {
    long length = plaintext.byteSize();
    checkLengths(key, nonce, length, sealed.byteSize());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment written = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment ctx = newContext();
      try {
        require(
            (int)
                Libcrypto.DECRYPT_INIT.invokeExact(
                    ctx, Libcrypto.AES_256_GCM, MemorySegment.NULL, key, nonce));
        require(
            (int)
                Libcrypto.DECRYPT_UPDATE.invokeExact(
                    ctx, MemorySegment.NULL, written, aad, (int) aad.byteSize()));
        require(
            (int)
                Libcrypto.DECRYPT_UPDATE.invokeExact(
                    ctx, plaintext, written, sealed, (int) length));
        require(
            (int)
                Libcrypto.CTX_CTRL.invokeExact(
                    ctx, Libcrypto.EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, sealed.asSlice(length)));
        boolean authentic =
            (int) Libcrypto.DECRYPT_FINAL.invokeExact(ctx, plaintext.asSlice(length), written) == 1;
        if (!authentic) {
          plaintext.fill((byte) 0);
        }
        return authentic;
      } finally {
        Libcrypto.CTX_FREE.invokeExact(ctx);
      }
    } catch (Throwable e) {
      plaintext.fill((byte) 0);
      throw failed(e);
    }
  }

  @Override
  public void hmac(MemorySegment key, MemorySegment data, MemorySegment mac) {
    if (mac.byteSize() != MAC_BYTES) {
      throw new IllegalArgumentException("a MAC has 32 bytes");
    }
    try {
      MemorySegment result =
          (MemorySegment)
              Libcrypto.HMAC.invokeExact(
                  Libcrypto.SHA_256,
                  key,
                  (int) key.byteSize(),
                  data,
                  data.byteSize(),
                  mac,
                  MemorySegment.NULL);
      require(result.address() == 0 ? 0 : 1);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private static MemorySegment newContext() throws Throwable {
    MemorySegment ctx = (MemorySegment) Libcrypto.CTX_NEW.invokeExact();
    require(ctx.address() == 0 ? 0 : 1);
    return ctx;
  }

  private static void checkLengths(
      MemorySegment key, MemorySegment nonce, long plaintext, long sealed) {
    if (key.byteSize() != KEY_BYTES
        || nonce.byteSize() != NONCE_BYTES
        || sealed != plaintext + TAG_BYTES
        || sealed > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a key, nonce or text of another length");
    }
  }

  private static void require(int result) {
    if (result != 1) {
      throw new IllegalStateException("OpenSSL refused an operation");
    }
  }

  private static RuntimeException failed(Throwable e) {
    return e instanceof RuntimeException known
        ? known
        : new IllegalStateException("OpenSSL could not be called", e);
  }
}
