package dev.chitin.vault;

import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Hkdf;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The keys between root key and data keys, in secret memory until {@link #close}: one for each
 * term, of which the newest wraps what is new, and the key that file names are made with.
 *
 * <p>Sealed under the root key it is {@code u32 terms ‖ index key[32] ‖ (u32 term ‖ u64 created ‖
 * key[32])*}, oldest term first. The index key lies here, not below the root key, so that a new
 * root key renames no file.
 */
final class Keyring implements AutoCloseable {
  /** Most terms at once: one that wraps, those that are being replaced. */
  static final int MAX_TERMS = 8;

  /** Longest sealed keyring, in bytes. */
  static final int MAX_BYTES = 4_096;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int KEY = CryptoEngine.KEY_BYTES;
  private static final int INDEX_AT = 4;
  private static final int TERMS_AT = INDEX_AT + KEY;
  private static final int ENTRY = 4 + 8 + KEY;

  private final SecretBytes content;

  private Keyring(SecretBytes content) {
    this.content = content;
  }

  /** A ring with one fresh term. */
  static Keyring fresh(long now) {
    var ring = new Keyring(SecretBytes.allocate(TERMS_AT + ENTRY));
    ring.content.segment().set(INT, 0, 1);
    SecretMemory.random(ring.content.segment().asSlice(INDEX_AT, KEY));
    ring.set(0, 1, now);
    return ring;
  }

  private void set(int entry, int term, long created) {
    MemorySegment at = content.segment().asSlice(TERMS_AT + (long) entry * ENTRY, ENTRY);
    at.set(INT, 0, term);
    at.set(LONG, 4, created);
    SecretMemory.random(at.asSlice(12, KEY));
  }

  /** The ring in {@code sealed}, unless it is damaged or another's. */
  static Optional<Keyring> open(
      Box box, MemorySegment root, byte[] vaultId, long generation, byte[] sealed) {
    int length = Box.contentLength(sealed.length);
    if (length < TERMS_AT + ENTRY || (length - TERMS_AT) % ENTRY != 0) {
      return Optional.empty();
    }
    var ring = new Keyring(SecretBytes.allocate(length));
    boolean whole =
        box.open(root, Box.Kind.KEYRING, place(vaultId, generation), sealed, ring.content.segment())
            && ring.isOrdered();
    if (!whole) {
      ring.close();
      return Optional.empty();
    }
    return Optional.of(ring);
  }

  private boolean isOrdered() {
    int count = content.segment().get(INT, 0);
    if (count < 1 || count > MAX_TERMS || content.length() != TERMS_AT + (long) count * ENTRY) {
      return false;
    }
    List<Integer> terms = terms();
    for (int i = 0; i < terms.size(); i++) {
      if (terms.get(i) < 1 || (i > 0 && terms.get(i) <= terms.get(i - 1))) {
        return false;
      }
    }
    return true;
  }

  byte[] seal(Box box, MemorySegment root, byte[] vaultId, long generation) {
    return box.seal(root, Box.Kind.KEYRING, place(vaultId, generation), content.segment());
  }

  private static Box.Place place(byte[] vaultId, long generation) {
    return Box.Place.unbound(vaultId, "keyring", generation, 0);
  }

  List<Integer> terms() {
    List<Integer> terms = new ArrayList<>();
    for (long at = TERMS_AT; at < content.length(); at += ENTRY) {
      terms.add(content.segment().get(INT, at));
    }
    return terms;
  }

  int currentTerm() {
    return terms().getLast();
  }

  /** When the current term began, POSIX milliseconds. */
  long currentSince() {
    return content.segment().get(LONG, content.length() - ENTRY + 4);
  }

  /** The key of {@code term}, unless it is gone. */
  Optional<MemorySegment> key(int term) {
    int entry = terms().indexOf(term);
    return entry < 0
        ? Optional.empty()
        : Optional.of(content.segment().asSlice(TERMS_AT + (long) entry * ENTRY + 12, KEY));
  }

  MemorySegment currentKey() {
    return content.segment().asSlice(content.length() - KEY, KEY);
  }

  /** A copy with a further term. */
  Keyring withNewTerm(long now) {
    int count = terms().size();
    var next = new Keyring(SecretBytes.allocate(content.length() + ENTRY));
    MemorySegment.copy(content.segment(), 0, next.content.segment(), 0, content.length());
    next.content.segment().set(INT, 0, count + 1);
    next.set(count, currentTerm() + 1, now);
    return next;
  }

  /** A copy with {@code term} and those after it; it has one of them. */
  Keyring since(int term) {
    int kept = (int) terms().stream().filter(held -> held >= term).count();
    long length = (long) kept * ENTRY;
    var next = new Keyring(SecretBytes.allocate(TERMS_AT + kept * ENTRY));
    MemorySegment.copy(content.segment(), 0, next.content.segment(), 0, TERMS_AT);
    next.content.segment().set(INT, 0, kept);
    MemorySegment.copy(
        content.segment(), content.length() - length, next.content.segment(), TERMS_AT, length);
    return next;
  }

  /**
   * Derives keys for another use from the key that stays the vault's life long.
   *
   * @param info what they are for; each use has its own
   * @param okm secret memory that takes them
   */
  void derive(CryptoEngine engine, byte[] info, MemorySegment okm) {
    MemorySegment root = content.segment().asSlice(INDEX_AT, KEY);
    try (Arena arena = Arena.ofConfined()) {
      // RFC 5869 section 2.2: no salt is as many zeros as the hash is long.
      Hkdf.derive(engine, root, arena.allocate(CryptoEngine.MAC_BYTES), info, okm);
    }
  }

  /** The path of a value below {@code records/}: a MAC, so that names do not show. */
  String fileName(CryptoEngine engine, String tenant, String name, long version) {
    byte[] text = new Wire().prefixed(tenant).prefixed(name).bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(text.length);
      MemorySegment.copy(text, 0, data, ValueLayout.JAVA_BYTE, 0, text.length);
      MemorySegment mac = arena.allocate(CryptoEngine.MAC_BYTES);
      engine.hmac(content.segment().asSlice(INDEX_AT, KEY), data, mac);
      String hex = HexFormat.of().formatHex(mac.toArray(ValueLayout.JAVA_BYTE));
      return hex.substring(0, 2) + "/" + hex + "." + version;
    }
  }

  @Override
  public void close() {
    content.close();
  }
}
