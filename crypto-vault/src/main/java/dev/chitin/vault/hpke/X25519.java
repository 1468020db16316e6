package dev.chitin.vault.hpke;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** X25519 (RFC 7748) by OpenSSL's libcrypto, keys in native memory. */
@SuppressWarnings("restricted") // signatures are those of evp.h; lengths are checked here
final class X25519 {
  /** Bytes of a private key, a public key and a shared secret. */
  static final int BYTES = 32;

  private static final int NID_X25519 = 1_034;

  private final MethodHandle newPrivate;
  private final MethodHandle newPublic;
  private final MethodHandle rawPublic;
  private final MethodHandle freeKey;
  private final MethodHandle newContext;
  private final MethodHandle initDerive;
  private final MethodHandle setPeer;
  private final MethodHandle derive;
  private final MethodHandle freeContext;

  private X25519(SymbolLookup library) {
    FunctionDescriptor raw = FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    newPrivate = handle(library, "EVP_PKEY_new_raw_private_key", raw);
    newPublic = handle(library, "EVP_PKEY_new_raw_public_key", raw);
    rawPublic =
        handle(
            library,
            "EVP_PKEY_get_raw_public_key",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    freeKey = handle(library, "EVP_PKEY_free", FunctionDescriptor.ofVoid(ADDRESS));
    newContext =
        handle(library, "EVP_PKEY_CTX_new", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    initDerive = handle(library, "EVP_PKEY_derive_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    setPeer =
        handle(
            library, "EVP_PKEY_derive_set_peer", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    derive =
        handle(
            library, "EVP_PKEY_derive", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    freeContext = handle(library, "EVP_PKEY_CTX_free", FunctionDescriptor.ofVoid(ADDRESS));
  }

  private static MethodHandle handle(
      SymbolLookup library, String name, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), descriptor);
  }

  /**
   * The library of this machine.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} where OpenSSL 3 is missing
   */
  static X25519 load() {
    try {
      return new X25519(SymbolLookup.libraryLookup("libcrypto.so.3", Arena.global()));
    } catch (IllegalArgumentException | LinkageError | java.util.NoSuchElementException e) {
      throw Problem.of(
              ProblemCode.VAULT_UNAVAILABLE, "Sealing to a public key needs OpenSSL's libcrypto 3.")
          .withRule("vault.libcrypto")
          .withHint("Install libssl3.")
          .toException(e);
    }
  }

  /** The public key of {@code secret}. */
  byte[] publicKey(MemorySegment secret) {
    check(secret);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key =
          pointer(
              (MemorySegment)
                  newPrivate.invokeExact(NID_X25519, MemorySegment.NULL, secret, (long) BYTES));
      try {
        MemorySegment out = arena.allocate(BYTES);
        MemorySegment length = arena.allocateFrom(JAVA_LONG, BYTES);
        require((int) rawPublic.invokeExact(key, out, length) == 1);
        return out.toArray(ValueLayout.JAVA_BYTE);
      } finally {
        freeKey.invokeExact(key);
      }
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * Writes the shared secret to {@code shared}, 32 bytes.
   *
   * @return false when {@code peer} is no key of full order
   */
  boolean agree(MemorySegment secret, byte[] peer, MemorySegment shared) {
    check(secret);
    check(shared);
    if (peer.length != BYTES) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment peerBytes = arena.allocate(BYTES);
      MemorySegment.copy(peer, 0, peerBytes, ValueLayout.JAVA_BYTE, 0, BYTES);
      MemorySegment key =
          pointer(
              (MemorySegment)
                  newPrivate.invokeExact(NID_X25519, MemorySegment.NULL, secret, (long) BYTES));
      MemorySegment other = MemorySegment.NULL;
      MemorySegment context = MemorySegment.NULL;
      try {
        other =
            pointer(
                (MemorySegment)
                    newPublic.invokeExact(NID_X25519, MemorySegment.NULL, peerBytes, (long) BYTES));
        context = pointer((MemorySegment) newContext.invokeExact(key, MemorySegment.NULL));
        require((int) initDerive.invokeExact(context) == 1);
        require((int) setPeer.invokeExact(context, other) == 1);
        MemorySegment length = arena.allocateFrom(JAVA_LONG, BYTES);
        // OpenSSL fails where the result is all zeros (RFC 7748 section 6.1).
        return (int) derive.invokeExact(context, shared, length) == 1
            && length.get(JAVA_LONG, 0) == BYTES;
      } finally {
        freeContext.invokeExact(context);
        freeKey.invokeExact(other);
        freeKey.invokeExact(key);
      }
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private static void check(MemorySegment key) {
    if (key.byteSize() != BYTES || !key.isNative()) {
      throw new IllegalArgumentException("32 bytes of native memory");
    }
  }

  private static MemorySegment pointer(MemorySegment pointer) {
    require(pointer.address() != 0);
    return pointer;
  }

  private static void require(boolean done) {
    if (!done) {
      throw new IllegalStateException("OpenSSL refused an operation");
    }
  }

  private static RuntimeException failed(Throwable e) {
    return e instanceof RuntimeException known
        ? known
        : new IllegalStateException("OpenSSL could not be called", e);
  }
}
