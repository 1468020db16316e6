package dev.chitin.it.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Digest;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Hkdf;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.ManifestFile;
import dev.chitin.vault.store.Slot;
import dev.chitin.vault.unlock.Device;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * All keys of a vault, worked out from its files and one credential as format 2 is written down:
 * what a scan of the process that has it open looks for. Each is proven by the box that it opens.
 */
final class VaultKeys implements AutoCloseable {
  /** What the name of a box's own key begins with. */
  static final String BOX = "box key of ";

  private static final int KEY = 32;
  private static final int TERMS_AT = 4 + KEY;
  private static final int ENTRY = 4 + 8 + KEY;

  private final Arena arena = Arena.ofConfined();
  private final SecretPool pool = new SecretPool(1);
  private final CryptoEngine engine = CryptoEngine.best();
  private final Box box = new Box(engine, pool);
  private final Layout layout;
  private final Map<String, byte[]> keys = new LinkedHashMap<>();

  private VaultKeys(Path directory) {
    this.layout = new Layout(directory);
  }

  /**
   * Unlock key, root key, index key, the key of each term and the data key of each version; and for
   * each box the one key of AES-256-GCM that it is sealed with.
   *
   * @param secret what the credential of {@code method} gives: the bytes of the key file, or what
   *     Argon2id makes of the passphrase
   */
  static Map<String, byte[]> of(Path directory, Slot.Method method, byte[] secret)
      throws IOException {
    try (var found = new VaultKeys(directory)) {
      found.work(method, secret);
      return found.keys;
    }
  }

  /** The slot of {@code method}. */
  static Slot slot(Path directory, Slot.Method method) throws IOException {
    var layout = new Layout(directory);
    return slot(header(layout, ManifestFile.parse(Files.readAllBytes(layout.manifest()))), method);
  }

  private static Header header(Layout layout, ManifestFile manifest) throws IOException {
    return Header.parse(Files.readAllBytes(layout.header(manifest.headerGeneration())));
  }

  private static Slot slot(Header header, Slot.Method method) {
    return header.slots().stream().filter(s -> s.method() == method).findFirst().orElseThrow();
  }

  private void work(Slot.Method method, byte[] secret) throws IOException {
    ManifestFile file = ManifestFile.parse(Files.readAllBytes(layout.manifest()));
    Header header = header(layout, file);
    byte[] id = header.vaultId();
    Slot slot = slot(header, method);
    MemorySegment root = root(id, slot, unlockKey(id, slot, secret));
    Manifest manifest =
        Manifest.parse(
            bytes(
                opened(
                    root, Box.Kind.MANIFEST, unbound(id, "manifest", file.epoch()), file.box())));
    byte[] sealed = Files.readAllBytes(layout.keyring(file.keyringGeneration()));
    MemorySegment ring =
        opened(root, Box.Kind.KEYRING, unbound(id, "keyring", file.keyringGeneration()), sealed);
    keys.put("index key", bytes(ring.asSlice(4, KEY)));
    Map<Integer, MemorySegment> terms = new LinkedHashMap<>();
    for (long at = TERMS_AT; at < ring.byteSize(); at += ENTRY) {
      int term = ByteBuffer.wrap(bytes(ring.asSlice(at, 4))).getInt();
      terms.put(term, ring.asSlice(at + 12, KEY));
      keys.put("key of term " + term, bytes(ring.asSlice(at + 12, KEY)));
    }
    for (Manifest.Secret each : manifest.secrets().values()) {
      dataKeys(id, each, terms);
    }
  }

  private MemorySegment unlockKey(byte[] id, Slot slot, byte[] secret) {
    byte[] device = Device.here().digest(slot.binding());
    byte[] material = Arrays.copyOf(secret, secret.length + device.length);
    System.arraycopy(device, 0, material, secret.length, device.length);
    byte[] info =
        new Wire()
            .prefixed("chitin/vault/unlock/v1")
            .prefixed(id)
            .prefixed(slot.id())
            .prefixed(slot.method().text())
            .prefixed(slot.parameters())
            .bytes();
    MemorySegment key = arena.allocate(KEY);
    Hkdf.derive(engine, copy(material), copy(slot.salt()), info, key);
    keys.put("unlock key", bytes(key));
    return key;
  }

  private MemorySegment root(byte[] id, Slot slot, MemorySegment unlockKey) {
    Box.Place place = unbound(id, "root/" + slot.idText(), 0);
    MemorySegment root = opened(unlockKey, Box.Kind.ROOT_KEY, place, slot.sealed());
    keys.put("root key", bytes(root));
    return root;
  }

  private void dataKeys(byte[] id, Manifest.Secret secret, Map<Integer, MemorySegment> terms)
      throws IOException {
    for (Manifest.Version version : secret.versions()) {
      MemorySegment parent = terms.get(version.term());
      if (parent != null && !version.isDestroyed()) {
        var place =
            new Box.Place(
                id, secret.place(), version.version(), version.term(), version.bindingDigest());
        MemorySegment dataKey = opened(parent, Box.Kind.DATA_KEY, place, version.dataKey());
        keys.put("data key of " + secret.place() + " " + version.version(), bytes(dataKey));
        var valuePlace =
            new Box.Place(
                id,
                secret.place(),
                version.version(),
                version.sealedTerm(),
                version.bindingDigest());
        opened(dataKey, Box.Kind.VALUE, valuePlace, value(version));
      }
    }
  }

  /** The box in the file of a value, behind magic and format. */
  private byte[] value(Manifest.Version version) throws IOException {
    try (Stream<Path> files = Files.walk(layout.values())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] content = Files.readAllBytes(file);
        if (Digest.of(content).equals(version.file())) {
          return Arrays.copyOfRange(content, 5, content.length);
        }
      }
    }
    throw new AssertionError("no file of a value");
  }

  private MemorySegment opened(
      MemorySegment parent, Box.Kind kind, Box.Place place, byte[] sealed) {
    MemorySegment content = arena.allocate(Box.contentLength(sealed.length));
    byte[] info = new Wire().prefixed("chitin/vault/box/v1").u8(1).u8(sealed[5]).bytes();
    MemorySegment boxKey = arena.allocate(KEY);
    Hkdf.derive(engine, parent, copy(Arrays.copyOfRange(sealed, 10, 42)), info, boxKey);
    keys.put(BOX + kind + " " + place.name(), bytes(boxKey));
    assertThat(box.open(parent, kind, place, sealed, content))
        .as("box of %s", place.name())
        .isTrue();
    return content;
  }

  private static Box.Place unbound(byte[] id, String name, long version) {
    return Box.Place.unbound(id, name, version, 0);
  }

  private MemorySegment copy(byte[] bytes) {
    return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  @Override
  public void close() {
    pool.close();
    arena.close();
  }
}
