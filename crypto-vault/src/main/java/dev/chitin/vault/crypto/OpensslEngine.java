package dev.chitin.vault.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenSSL 3 through the FFM API: key schedules live in contexts that OpenSSL wipes when it frees
 * them, never on the heap.
 */
public final class OpensslEngine implements CryptoEngine {
  private static final Logger LOG = LoggerFactory.getLogger(OpensslEngine.class);

  private OpensslEngine() {}

  /** The engine; fails with a {@link LinkageError} where libcrypto 3 is not there. */
  static OpensslEngine load() {
    if (!Libcrypto.SECURE_HEAP) {
      LOG.warn("libcrypto could not lock its memory for private keys");
    }
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
    Lengths.check(key, nonce, plaintext, sealed);
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
    Lengths.check(key, nonce, plaintext, sealed);
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
    Lengths.checkMac(mac);
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

  @Override
  public void ed25519PublicKey(MemorySegment seed, MemorySegment publicKey) {
    Ed25519.checkLengths(seed, publicKey);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment length = arena.allocate(ValueLayout.JAVA_LONG);
      length.set(ValueLayout.JAVA_LONG, 0, Ed25519.KEY_BYTES);
      MemorySegment key = key(Libcrypto.PRIVATE_KEY, seed);
      try {
        require((int) Libcrypto.GET_PUBLIC_KEY.invokeExact(key, publicKey, length));
      } finally {
        Libcrypto.KEY_FREE.invokeExact(key);
      }
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  @Override
  public void ed25519Sign(MemorySegment seed, MemorySegment message, MemorySegment signature) {
    Ed25519.checkLengths(seed, seed);
    Ed25519.checkSignature(signature);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment length = arena.allocate(ValueLayout.JAVA_LONG);
      length.set(ValueLayout.JAVA_LONG, 0, Ed25519.SIGNATURE_BYTES);
      MemorySegment key = key(Libcrypto.PRIVATE_KEY, seed);
      MemorySegment ctx = MemorySegment.NULL;
      try {
        ctx = (MemorySegment) Libcrypto.MD_CTX_NEW.invokeExact();
        require(ctx.address() == 0 ? 0 : 1);
        require(
            (int)
                Libcrypto.SIGN_INIT.invokeExact(
                    ctx, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, key));
        require(
            (int) Libcrypto.SIGN.invokeExact(ctx, signature, length, message, message.byteSize()));
        require(length.get(ValueLayout.JAVA_LONG, 0) == Ed25519.SIGNATURE_BYTES ? 1 : 0);
      } finally {
        Libcrypto.MD_CTX_FREE.invokeExact(ctx);
        Libcrypto.KEY_FREE.invokeExact(key);
      }
    } catch (Throwable e) {
      throw failed(e);
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
      MemorySegment key = key(Libcrypto.PUBLIC_KEY, publicKey);
      MemorySegment ctx = MemorySegment.NULL;
      try {
        ctx = (MemorySegment) Libcrypto.MD_CTX_NEW.invokeExact();
        require(ctx.address() == 0 ? 0 : 1);
        require(
            (int)
                Libcrypto.VERIFY_INIT.invokeExact(
                    ctx, MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL, key));
        boolean genuine =
            (int)
                    Libcrypto.VERIFY.invokeExact(
                        ctx, signature, signature.byteSize(), message, message.byteSize())
                == 1;
        // A refusal leaves an entry in the thread's error queue, which nobody reads.
        Libcrypto.CLEAR_ERRORS.invokeExact();
        return genuine;
      } finally {
        Libcrypto.MD_CTX_FREE.invokeExact(ctx);
        Libcrypto.KEY_FREE.invokeExact(key);
      }
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private static MemorySegment key(MethodHandle make, MemorySegment raw) throws Throwable {
    MemorySegment key =
        (MemorySegment)
            make.invokeExact(Libcrypto.ED25519, MemorySegment.NULL, raw, (long) Ed25519.KEY_BYTES);
    require(key.address() == 0 ? 0 : 1);
    return key;
  }

  private static MemorySegment newContext() throws Throwable {
    MemorySegment ctx = (MemorySegment) Libcrypto.CTX_NEW.invokeExact();
    require(ctx.address() == 0 ? 0 : 1);
    return ctx;
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
