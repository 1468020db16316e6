package dev.chitin.vault;

import dev.chitin.audit.FieldSealer.Subject;
import dev.chitin.audit.GuardedField;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.crypto.Wire;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.memory.SecretPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Function;

/**
 * The cryptography of guarded fields, in secret memory. Three keys come from the vault's ring by
 * HKDF: one that hashes values, one that finds a subject's record, one that wraps his keys.
 */
final class SubjectCipher implements AutoCloseable {
  private static final byte[] INFO = "chitin/audit/fields/v1".getBytes(StandardCharsets.US_ASCII);
  private static final int KEY = CryptoEngine.KEY_BYTES;
  private static final int NONCE = CryptoEngine.NONCE_BYTES;
  private static final int TAG = CryptoEngine.TAG_BYTES;
  private static final int WRAPPED_AT = SubjectFile.LOOKUP + SubjectFile.KEY_ID;
  private static final int HASH = 16;
  private static final int BLOCK = 32;

  private final CryptoEngine engine;
  private final SecretPool pool;
  private final SecretBytes keys;
  private final OpenedKeys opened = new OpenedKeys();
  private final SecureRandom random = new SecureRandom();
  private final Nonces nonces = new Nonces();

  SubjectCipher(CryptoEngine engine, SecretPool pool, VaultKeys vault) {
    this.engine = engine;
    this.pool = pool;
    this.keys = SecretBytes.allocate(3L * KEY);
    vault.use(
        ring -> {
          ring.derive(engine, INFO, keys.segment());
          return keys;
        });
  }

  private MemorySegment hashKey() {
    return keys.segment().asSlice(0, KEY);
  }

  private MemorySegment lookupKey() {
    return keys.segment().asSlice(KEY, KEY);
  }

  private MemorySegment wrapKey() {
    return keys.segment().asSlice(2L * KEY, KEY);
  }

  /** Under which a subject's record is found. */
  byte[] lookup(Subject subject) {
    byte[] text = new Wire().prefixed(subject.tenant()).prefixed(subject.name()).bytes();
    return Arrays.copyOf(mac(lookupKey(), text), SubjectFile.LOOKUP);
  }

  String hash(GuardedField field, String tenant, String value) {
    return text(mac(hashKey(), input(field, tenant, value)));
  }

  private static byte[] input(GuardedField field, String tenant, String value) {
    return new Wire().prefixed(field.text()).prefixed(tenant).prefixed(value).bytes();
  }

  private static String text(byte[] mac) {
    return "h1:" + base64(Arrays.copyOf(mac, HASH));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private byte[] mac(MemorySegment key, byte[] text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mac = arena.allocate(CryptoEngine.MAC_BYTES);
      engine.hmac(key, copy(arena, text), mac);
      return mac.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** A record with fresh keys for {@code subject}. */
  byte[] fresh(Subject subject) {
    byte[] id = new byte[SubjectFile.KEY_ID];
    random.nextBytes(id);
    byte[] nonce = new byte[NONCE];
    nonces.next(nonce, 0);
    byte[] lookup = lookup(subject);
    try (Arena arena = Arena.ofConfined();
        SecretPool.Page page = pool.take()) {
      MemorySegment both = page.segment().asSlice(0, 2L * KEY);
      SecretMemory.random(both);
      MemorySegment sealed = arena.allocate(2L * KEY + TAG);
      engine.seal(
          wrapKey(),
          copy(arena, nonce),
          copy(arena, new Wire().raw(lookup).raw(id).bytes()),
          both,
          sealed);
      return new Wire()
          .raw(lookup)
          .raw(id)
          .raw(nonce)
          .raw(sealed.toArray(ValueLayout.JAVA_BYTE))
          .bytes();
    }
  }

  /** Whether a record is one of this vault's. */
  boolean isWhole(byte[] entry) {
    try (SecretPool.Page page = pool.take()) {
      return unwrap(entry, page.segment().asSlice(0, OpenedKeys.LENGTH));
    }
  }

  private boolean unwrap(byte[] entry, MemorySegment both) {
    try (Arena arena = Arena.ofConfined()) {
      return engine.open(
          wrapKey(),
          copy(arena, Arrays.copyOfRange(entry, WRAPPED_AT, WRAPPED_AT + NONCE)),
          copy(arena, Arrays.copyOf(entry, WRAPPED_AT)),
          copy(arena, Arrays.copyOfRange(entry, WRAPPED_AT + NONCE, entry.length)),
          both);
    }
  }

  private void unwrapWhole(byte[] entry, MemorySegment both) {
    if (!unwrap(entry, both)) {
      throw new IllegalStateException("a subject's record was whole at the start");
    }
  }

  /**
   * What {@code work} makes of a subject's two keys: the one that seals, then that which hashes.
   */
  private <T> T withKeys(byte[] entry, Function<MemorySegment, T> work) {
    return opened
        .use(entry, both -> unwrapWhole(entry, both), work)
        .orElseGet(() -> withOwnCopy(entry, work));
  }

  private <T> T withOwnCopy(byte[] entry, Function<MemorySegment, T> work) {
    try (SecretPool.Page page = pool.take()) {
      MemorySegment both = page.segment().asSlice(0, OpenedKeys.LENGTH);
      unwrapWhole(entry, both);
      return work.apply(both);
    }
  }

  /** Wipes what is remembered of a record's keys. */
  void forget(byte[] entry) {
    opened.forget(entry);
  }

  /** Whether a record's keys stand unwrapped in memory. */
  boolean remembers(byte[] entry) {
    return opened.holds(entry);
  }

  /** The hash of the subject's name under his own key. */
  String hash(byte[] entry, Subject subject) {
    byte[] text = input(GuardedField.PRINCIPAL, subject.tenant(), subject.name());
    return withKeys(entry, both -> text(mac(both.asSlice(KEY, KEY), text)));
  }

  /** The name under the subject's own key: {@code s1:} and key id ‖ nonce ‖ sealed, base64url. */
  String seal(byte[] entry, String name, byte[] place) {
    byte[] padded = padded(name);
    byte[] box = new byte[SubjectFile.KEY_ID + NONCE + padded.length + TAG];
    System.arraycopy(entry, SubjectFile.LOOKUP, box, 0, SubjectFile.KEY_ID);
    nonces.next(box, SubjectFile.KEY_ID);
    return withKeys(entry, both -> "s1:" + base64(seal(both.asSlice(0, KEY), place, padded, box)));
  }

  /**
   * Completes {@code box}, which holds key id and nonce. What goes in and out lies side by side.
   */
  private byte[] seal(MemorySegment key, byte[] place, byte[] padded, byte[] box) {
    int text = NONCE + place.length;
    int sealed = text + padded.length;
    int length = padded.length + TAG;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocate((long) sealed + length);
      put(box, SubjectFile.KEY_ID, NONCE, all, 0);
      put(place, 0, place.length, all, NONCE);
      put(padded, 0, padded.length, all, text);
      engine.seal(
          key,
          all.asSlice(0, NONCE),
          all.asSlice(NONCE, place.length),
          all.asSlice(text, padded.length),
          all.asSlice(sealed, length));
      MemorySegment.copy(
          all, ValueLayout.JAVA_BYTE, sealed, box, SubjectFile.KEY_ID + NONCE, length);
      return box;
    }
  }

  private static void put(byte[] from, int at, int length, MemorySegment into, int where) {
    MemorySegment.copy(from, at, into, ValueLayout.JAVA_BYTE, where, length);
  }

  /** Length and bytes, with zeros to a multiple of 32: a box tells little of how long a name is. */
  private static byte[] padded(String name) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    byte[] padded = new byte[(text.length + 2 + BLOCK - 1) / BLOCK * BLOCK];
    padded[0] = (byte) (text.length >>> 8);
    padded[1] = (byte) text.length;
    System.arraycopy(text, 0, padded, 2, text.length);
    return padded;
  }

  /** The id of the key that {@code box} is under, with the box after it; empty for what is none. */
  static Optional<byte[]> parse(String box) {
    if (!box.startsWith("s1:")) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(box.substring(3));
      int least = SubjectFile.KEY_ID + NONCE + BLOCK + TAG;
      return bytes.length < least ? Optional.empty() : Optional.of(bytes);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  Optional<String> open(byte[] entry, byte[] box, byte[] place) {
    return withKeys(entry, both -> open(both.asSlice(0, KEY), box, place));
  }

  private Optional<String> open(MemorySegment key, byte[] box, byte[] place) {
    int from = SubjectFile.KEY_ID + NONCE;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment clear = arena.allocate((long) box.length - from - TAG);
      boolean whole =
          engine.open(
              key,
              copy(arena, Arrays.copyOfRange(box, SubjectFile.KEY_ID, from)),
              copy(arena, place),
              copy(arena, Arrays.copyOfRange(box, from, box.length)),
              clear);
      if (!whole) {
        return Optional.empty();
      }
      byte[] padded = clear.toArray(ValueLayout.JAVA_BYTE);
      int length = ((padded[0] & 0xFF) << 8) | (padded[1] & 0xFF);
      return Optional.of(new String(padded, 2, length, StandardCharsets.UTF_8));
    }
  }

  private static MemorySegment copy(Arena arena, byte[] bytes) {
    MemorySegment copy = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
    return copy;
  }

  @Override
  public void close() {
    opened.close();
    keys.close();
  }
}
