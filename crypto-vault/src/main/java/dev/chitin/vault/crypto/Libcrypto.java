package dev.chitin.vault.crypto;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of OpenSSL 3's libcrypto that the engine calls. Initialising this class fails with
 * a linkage error where the library is not there.
 */
@SuppressWarnings("restricted") // signatures are those of evp.h and hmac.h; callers check lengths
final class Libcrypto {
  static final int EVP_CTRL_AEAD_GET_TAG = 0x10;
  static final int EVP_CTRL_AEAD_SET_TAG = 0x11;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup("libcrypto.so.3", Arena.global());

  static final MethodHandle CTX_NEW = handle("EVP_CIPHER_CTX_new", FunctionDescriptor.of(ADDRESS));
  static final MethodHandle CTX_FREE =
      handle("EVP_CIPHER_CTX_free", FunctionDescriptor.ofVoid(ADDRESS));
  static final MethodHandle CTX_CTRL =
      handle(
          "EVP_CIPHER_CTX_ctrl",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
  static final MethodHandle ENCRYPT_INIT = init("EVP_EncryptInit_ex");
  static final MethodHandle ENCRYPT_UPDATE = update("EVP_EncryptUpdate");
  static final MethodHandle ENCRYPT_FINAL = last("EVP_EncryptFinal_ex");
  static final MethodHandle DECRYPT_INIT = init("EVP_DecryptInit_ex");
  static final MethodHandle DECRYPT_UPDATE = update("EVP_DecryptUpdate");
  static final MethodHandle DECRYPT_FINAL = last("EVP_DecryptFinal_ex");
  static final MethodHandle HMAC =
      handle(
          "HMAC",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

  static final MethodHandle PRIVATE_KEY =
      handle(
          "EVP_PKEY_new_raw_private_key",
          FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  static final MethodHandle PUBLIC_KEY =
      handle(
          "EVP_PKEY_new_raw_public_key",
          FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  static final MethodHandle GET_PUBLIC_KEY =
      handle(
          "EVP_PKEY_get_raw_public_key",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
  static final MethodHandle KEY_FREE = handle("EVP_PKEY_free", FunctionDescriptor.ofVoid(ADDRESS));
  static final MethodHandle MD_CTX_NEW = handle("EVP_MD_CTX_new", FunctionDescriptor.of(ADDRESS));
  static final MethodHandle MD_CTX_FREE =
      handle("EVP_MD_CTX_free", FunctionDescriptor.ofVoid(ADDRESS));
  static final MethodHandle SIGN_INIT = init("EVP_DigestSignInit");
  static final MethodHandle SIGN =
      handle(
          "EVP_DigestSign",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
  static final MethodHandle VERIFY_INIT = init("EVP_DigestVerifyInit");
  static final MethodHandle VERIFY =
      handle(
          "EVP_DigestVerify",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG));
  static final MethodHandle CLEAR_ERRORS = handle("ERR_clear_error", FunctionDescriptor.ofVoid());

  /** NID_ED25519 of obj_mac.h. */
  static final int ED25519 = 1087;

  /**
   * Whether the library keeps private keys in pages that are locked and left out of dumps
   * (CRYPTO_secure_malloc_init answers 1; 2 means that they are there and not locked).
   */
  static final boolean SECURE_HEAP = secureHeap();

  /** Fetched once, since each use of {@code EVP_aes_256_gcm()} looks for it again; never freed. */
  static final MemorySegment AES_256_GCM = cipher("AES-256-GCM");

  /** A static object of the library. */
  static final MemorySegment SHA_256 = constant("EVP_sha256");

  private Libcrypto() {}

  private static boolean secureHeap() {
    try {
      return (int)
              handle(
                      "CRYPTO_secure_malloc_init",
                      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG))
                  .invokeExact(65_536L, 32L)
          == 1;
    } catch (Throwable e) {
      throw new LinkageError("libcrypto does not answer", e);
    }
  }

  private static MethodHandle init(String name) {
    return handle(
        name, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
  }

  private static MethodHandle update(String name) {
    return handle(
        name, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT));
  }

  private static MethodHandle last(String name) {
    return handle(name, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
  }

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor);
  }

  private static MemorySegment cipher(String name) {
    try (Arena arena = Arena.ofConfined()) {
      return (MemorySegment)
          handle("EVP_CIPHER_fetch", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS))
              .invokeExact(MemorySegment.NULL, arena.allocateFrom(name), MemorySegment.NULL);
    } catch (Throwable e) {
      throw new LinkageError("libcrypto does not answer", e);
    }
  }

  private static MemorySegment constant(String name) {
    try {
      return (MemorySegment) handle(name, FunctionDescriptor.of(ADDRESS)).invokeExact();
    } catch (Throwable e) {
      throw new LinkageError("libcrypto does not answer", e);
    }
  }
}
