package dev.chitin.vault;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Hkdf;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.store.Header;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The keys above the records while the vault is open: the root key, the index key made of it, and
 * the keyring's key. All in secret memory until {@link #close}.
 *
 * <p>The keyring on disk is {@code u32 count ‖ (u32 term ‖ u8 state ‖ key[32])}, sealed under the
 * root key; there is one term.
 */
final class RootKeys implements AutoCloseable {
  static final int TERM = 1;

  private static final int KEYRING_BYTES = 4 + 4 + 1 + 32;
  private static final byte STATE_CURRENT = 1;
  private static final byte[] DEVICE =
      Digest.of(new Wire().prefixed("chitin/device/v1").bytes()).toArray();

  private final CryptoEngine engine;
  private final byte[] vaultId;
  private final SecretBytes root;
  private final SecretBytes index = SecretBytes.allocate(32);
  private final SecretBytes keyring = SecretBytes.allocate(KEYRING_BYTES);

  private RootKeys(CryptoEngine engine, byte[] vaultId, SecretBytes root) {
    this.engine = engine;
    this.vaultId = vaultId;
    this.root = root;
    byte[] info = new Wire().prefixed("chitin/vault/index/v1").prefixed(vaultId).bytes();
    try (Arena arena = Arena.ofConfined()) {
      Hkdf.derive(engine, root.segment(), arena.allocate(32), info, index.segment());
    }
  }

  /** A new vault: its keys, and the header and keyring that are to be written. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Fresh(RootKeys keys, byte[] header, byte[] keyring) {}

  static Fresh create(CryptoEngine engine, Box box, SecretBytes keyFile) {
    var random = new SecureRandom();
    byte[] vaultId = new byte[16];
    byte[] slotId = new byte[16];
    byte[] salt = new byte[32];
    random.nextBytes(vaultId);
    random.nextBytes(slotId);
    random.nextBytes(salt);
    SecretBytes root = SecretBytes.allocate(32);
    SecretMemory.random(root.segment());
    var bare = new Header(vaultId, slotId, Header.KEY_FILE, new byte[0], salt, new byte[0]);
    byte[] sealed;
    try (SecretBytes unlock = unlockKey(engine, bare, keyFile)) {
      sealed = box.seal(unlock.segment(), Box.Kind.ROOT_KEY, rootPlace(vaultId), root.segment());
    }
    var keys = new RootKeys(engine, vaultId, root);
    MemorySegment ring = keys.keyring.segment();
    ring.set(BIG_INT, 0, 1);
    ring.set(BIG_INT, 4, TERM);
    ring.set(ValueLayout.JAVA_BYTE, 8, STATE_CURRENT);
    SecretMemory.random(keys.current());
    byte[] sealedRing = box.seal(root.segment(), Box.Kind.KEYRING, keys.place("keyring", 0), ring);
    byte[] header = new Header(vaultId, slotId, Header.KEY_FILE, new byte[0], salt, sealed).bytes();
    return new Fresh(keys, header, sealedRing);
  }

  /**
   * The keys of the vault with that header and keyring.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed}, or {@code vault.corrupt}
   */
  static RootKeys open(
      CryptoEngine engine, Box box, Header header, byte[] keyring, SecretBytes keyFile) {
    SecretBytes root = SecretBytes.allocate(32);
    boolean opened = false;
    try (SecretBytes unlock = unlockKey(engine, header, keyFile)) {
      opened =
          box.open(
              unlock.segment(),
              Box.Kind.ROOT_KEY,
              rootPlace(header.vaultId()),
              header.box(),
              root.segment());
    } finally {
      if (!opened) {
        root.close();
      }
    }
    if (!opened) {
      throw Problem.of(ProblemCode.VAULT_UNLOCK_FAILED, "The vault does not open with this key.")
          .withRule("vault.unlock")
          .withHint("The key file is another vault's, or the vault's header is damaged.")
          .toException();
    }
    var keys = new RootKeys(engine, header.vaultId(), root);
    if (!keys.readKeyring(box, keyring)) {
      keys.close();
      throw Problem.of(ProblemCode.VAULT_CORRUPT, "The vault's keyring is damaged.")
          .withRule("vault.keyring")
          .withHint("Restore the vault's directory from a backup.")
          .toException();
    }
    return keys;
  }

  private boolean readKeyring(Box box, byte[] sealed) {
    MemorySegment ring = keyring.segment();
    return Box.contentLength(sealed.length) == KEYRING_BYTES
        && box.open(root.segment(), Box.Kind.KEYRING, place("keyring", 0), sealed, ring)
        && ring.get(BIG_INT, 0) == 1
        && ring.get(BIG_INT, 4) == TERM
        && ring.get(ValueLayout.JAVA_BYTE, 8) == STATE_CURRENT;
  }

  private static final ValueLayout.OfInt BIG_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN);

  /** HKDF over the key file and the device binding, which has no components here. */
  private static SecretBytes unlockKey(CryptoEngine engine, Header header, SecretBytes keyFile) {
    byte[] info =
        new Wire()
            .prefixed("chitin/vault/unlock/v1")
            .prefixed(header.vaultId())
            .prefixed(header.slotId())
            .prefixed(header.method())
            .prefixed(header.parameters())
            .bytes();
    SecretBytes key = SecretBytes.allocate(32);
    try (SecretBytes material = SecretBytes.allocate(KeyFile.BYTES + DEVICE.length);
        Arena arena = Arena.ofConfined()) {
      MemorySegment.copy(keyFile.segment(), 0, material.segment(), 0, KeyFile.BYTES);
      MemorySegment.copy(
          MemorySegment.ofArray(DEVICE), 0, material.segment(), KeyFile.BYTES, DEVICE.length);
      MemorySegment salt = arena.allocate(header.salt().length);
      MemorySegment.copy(MemorySegment.ofArray(header.salt()), 0, salt, 0, salt.byteSize());
      Hkdf.derive(engine, material.segment(), salt, info, key.segment());
      return key;
    } catch (RuntimeException e) {
      key.close();
      throw e;
    }
  }

  private static Box.Place rootPlace(byte[] vaultId) {
    return Box.Place.unbound(vaultId, "root", 0, 0);
  }

  private Box.Place place(String name, long version) {
    return Box.Place.unbound(vaultId, name, version, 0);
  }

  MemorySegment root() {
    return root.segment();
  }

  /** The current key of the keyring, which seals data keys. */
  MemorySegment current() {
    return keyring.segment().asSlice(9, 32);
  }

  Box.Place manifestPlace() {
    return place("manifest", 0);
  }

  Box.Place recordPlace(String name, long version) {
    return Box.Place.unbound(vaultId, name, version, TERM);
  }

  /** The path of a record below {@code records/}: a MAC, so that names do not show. */
  String fileName(String tenant, String name, long version) {
    byte[] text =
        new Wire().prefixed(tenant.getBytes(StandardCharsets.UTF_8)).prefixed(name).bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(text.length);
      MemorySegment.copy(MemorySegment.ofArray(text), 0, data, 0, text.length);
      MemorySegment mac = arena.allocate(CryptoEngine.MAC_BYTES);
      engine.hmac(index.segment(), data, mac);
      String hex = HexFormat.of().formatHex(mac.toArray(ValueLayout.JAVA_BYTE));
      return hex.substring(0, 2) + "/" + hex + "." + version;
    }
  }

  @Override
  public void close() {
    root.close();
    index.close();
    keyring.close();
  }
}
