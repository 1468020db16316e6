package dev.chitin.gateway;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.chitin.audit.CheckpointSigner;
import dev.chitin.bus.Bytes;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.SecretBytes;
import java.io.Closeable;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An Ed25519 key (RFC 8032) whose seed lies in a key file and, while it is open, in the vault's
 * secret memory; OpenSSL's libcrypto signs with it, so that it never touches the heap. The one
 * place where the gateway knows how a log or a witness signs.
 */
public final class LogKey implements CheckpointSigner, Closeable {
  private static final int PUBLIC_BYTES = 32;
  private static final int SIGNATURE_BYTES = 64;

  private final String name;
  private final SecretBytes seed;
  private final Bytes publicKey;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean closed;

  private LogKey(String name, SecretBytes seed) {
    this.name = name;
    this.seed = seed;
    this.publicKey = Bytes.adopt(derive(seed));
  }

  /** The key file of the log whose vault has the key file {@code vaultKey}. */
  public static Path file(Path vaultKey) {
    return vaultKey.resolveSibling("audit-log.key");
  }

  /**
   * Opens the key in {@code file}, which is made where there is none.
   *
   * @param home the directory in which the file may not lie
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when the file is not fit
   * @throws LinkageError where libcrypto 3 is not there
   */
  public static LogKey open(String name, Path file, Path home) {
    Crypto.load();
    var keyFile = new KeyFile(file, home);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      keyFile.create();
    }
    SecretBytes seed = keyFile.read();
    try {
      return new LogKey(name, seed);
    } catch (RuntimeException e) {
      seed.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Bytes publicKey() {
    return publicKey;
  }

  private static byte[] derive(SecretBytes seed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(PUBLIC_BYTES);
      MemorySegment length = arena.allocate(JAVA_LONG);
      length.set(JAVA_LONG, 0, PUBLIC_BYTES);
      MemorySegment key = privateKey(seed);
      try {
        require((int) Crypto.PUBLIC_KEY.invokeExact(key, out, length));
      } finally {
        Crypto.KEY_FREE.invokeExact(key);
      }
      return out.toArray(ValueLayout.JAVA_BYTE);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  @Override
  public byte[] sign(byte[] message) {
    lock.lock();
    try (Arena arena = Arena.ofConfined()) {
      if (closed) {
        throw new IllegalStateException("the log's key is closed");
      }
      MemorySegment text = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
      MemorySegment out = arena.allocate(SIGNATURE_BYTES);
      MemorySegment length = arena.allocate(JAVA_LONG);
      length.set(JAVA_LONG, 0, SIGNATURE_BYTES);
      sign(text, out, length);
      return out.toArray(ValueLayout.JAVA_BYTE);
    } catch (Throwable e) {
      throw failed(e);
    } finally {
      lock.unlock();
    }
  }

  private void sign(MemorySegment text, MemorySegment out, MemorySegment length) throws Throwable {
    MemorySegment none = MemorySegment.NULL;
    MemorySegment key = privateKey(seed);
    try {
      MemorySegment context = (MemorySegment) Crypto.CONTEXT_NEW.invokeExact();
      require(context.address() == 0 ? 0 : 1);
      try {
        require((int) Crypto.SIGN_INIT.invokeExact(context, none, none, none, key));
        require((int) Crypto.SIGN.invokeExact(context, out, length, text, text.byteSize()));
      } finally {
        Crypto.CONTEXT_FREE.invokeExact(context);
      }
    } finally {
      Crypto.KEY_FREE.invokeExact(key); // OpenSSL wipes its copy of the seed.
    }
  }

  private static MemorySegment privateKey(SecretBytes seed) throws Throwable {
    MemorySegment key =
        (MemorySegment)
            Crypto.PRIVATE_KEY.invokeExact(
                Crypto.ED25519, MemorySegment.NULL, seed.segment(), seed.length());
    require(key.address() == 0 ? 0 : 1);
    return key;
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

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      seed.close();
    } finally {
      lock.unlock();
    }
  }

  /** The functions of libcrypto 3 (evp.h); initialising it fails where the library is not there. */
  @SuppressWarnings("restricted") // signatures are those of evp.h; the callers give the lengths
  private static final class Crypto {
    /** NID_ED25519 of obj_mac.h. */
    static final int ED25519 = 1087;

    private static final SymbolLookup LIBRARY =
        SymbolLookup.libraryLookup("libcrypto.so.3", Arena.global());

    static final MethodHandle PRIVATE_KEY =
        handle(
            "EVP_PKEY_new_raw_private_key",
            FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    static final MethodHandle PUBLIC_KEY =
        handle(
            "EVP_PKEY_get_raw_public_key",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    static final MethodHandle KEY_FREE =
        handle("EVP_PKEY_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle CONTEXT_NEW =
        handle("EVP_MD_CTX_new", FunctionDescriptor.of(ADDRESS));
    static final MethodHandle CONTEXT_FREE =
        handle("EVP_MD_CTX_free", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle SIGN_INIT =
        handle(
            "EVP_DigestSignInit",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    static final MethodHandle SIGN =
        handle(
            "EVP_DigestSign",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));

    private Crypto() {}

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
      return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }

    /** Fails with a linkage error where the library is not there. */
    static void load() {
      if (SIGN.type().parameterCount() == 0) {
        throw new LinkageError("libcrypto has no Ed25519");
      }
    }
  }
}
