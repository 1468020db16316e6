package dev.chitin.vault.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.memory.SecretPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CryptoTest {
  private static final HexFormat HEX = HexFormat.of();
  private final Arena arena = Arena.ofConfined();
  private final SecretPool pool = new SecretPool(1);

  @AfterEach
  void free() {
    arena.close();
    pool.close();
  }

  static Stream<CryptoEngine> engines() {
    return Stream.of(OpensslEngine.load(), new JceEngine());
  }

  private MemorySegment hex(String text) {
    return copy(HEX.parseHex(text));
  }

  private MemorySegment copy(byte[] bytes) {
    MemorySegment segment = room(bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
    return segment;
  }

  private MemorySegment room(int length) {
    return arena.allocate(Math.max(1, length)).asSlice(0, length);
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  @Test
  void opensslIsTheBestEngineHere() {
    assertThat(CryptoEngine.best().name()).isEqualTo("openssl");
  }

  /** RFC 5869 appendix A, test cases 1 to 3. */
  @ParameterizedTest
  @MethodSource("engines")
  void hkdfGivesTheAnswersOfItsSpecification(CryptoEngine engine) {
    hkdf(
        engine,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    hkdf(
        engine,
        range(0x00, 0x4f),
        range(0x60, 0xaf),
        range(0xb0, 0xff),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41"
            + "c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
    hkdf(
        engine,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "",
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  }

  private static String range(int first, int last) {
    byte[] bytes = new byte[last - first + 1];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (first + i);
    }
    return HEX.formatHex(bytes);
  }

  private void hkdf(CryptoEngine engine, String ikm, String salt, String info, String expected) {
    MemorySegment okm = room(expected.length() / 2);
    Hkdf.derive(engine, hex(ikm), hex(salt), HEX.parseHex(info), okm);
    assertThat(HEX.formatHex(bytes(okm))).isEqualTo(expected);
  }

  /** The GCM specification's test cases 14 and 16 (AES-256). */
  @ParameterizedTest
  @MethodSource("engines")
  void gcmGivesTheAnswersOfItsSpecification(CryptoEngine engine) {
    gcm(
        engine,
        "00".repeat(32),
        "00".repeat(12),
        "",
        "00".repeat(16),
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    gcm(
        engine,
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e"
            + "2449a6b525b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b"
            + "1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  }

  private void gcm(
      CryptoEngine engine, String key, String nonce, String aad, String clear, String expected) {
    MemorySegment sealed = room(clear.length() / 2 + 16);
    engine.seal(hex(key), hex(nonce), hex(aad), hex(clear), sealed);
    assertThat(HEX.formatHex(bytes(sealed))).isEqualTo(expected);
    MemorySegment opened = room(clear.length() / 2);
    assertThat(engine.open(hex(key), hex(nonce), hex(aad), hex(expected), opened)).isTrue();
    assertThat(HEX.formatHex(bytes(opened))).isEqualTo(clear);
  }

  @Test
  void theTwoEnginesAgree() {
    CryptoEngine openssl = OpensslEngine.load();
    CryptoEngine jce = new JceEngine();
    for (int length : new int[] {0, 1, 15, 16, 17, 1_000, 65_536}) {
      MemorySegment key = copy(random(32));
      MemorySegment nonce = copy(random(12));
      MemorySegment aad = copy(random(length % 37));
      byte[] text = random(length);
      MemorySegment a = room(length + 16);
      MemorySegment b = room(length + 16);
      openssl.seal(key, nonce, aad, copy(text), a);
      jce.seal(key, nonce, aad, copy(text), b);
      assertThat(bytes(a)).isEqualTo(bytes(b));
      MemorySegment clear = room(length);
      assertThat(jce.open(key, nonce, aad, a, clear)).isTrue();
      assertThat(bytes(clear)).isEqualTo(text);
      assertThat(openssl.open(key, nonce, aad, b, clear)).isTrue();
      assertThat(bytes(clear)).isEqualTo(text);
      MemorySegment macA = room(32);
      MemorySegment macB = room(32);
      openssl.hmac(key, copy(text), macA);
      jce.hmac(key, copy(text), macB);
      assertThat(bytes(macA)).isEqualTo(bytes(macB));
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void aWrongTagLeavesNoPlaintext(CryptoEngine engine) {
    MemorySegment key = copy(random(32));
    MemorySegment nonce = copy(random(12));
    MemorySegment sealed = room(64 + 16);
    engine.seal(key, nonce, room(0), copy(random(64)), sealed);
    for (int i = 0; i < sealed.byteSize(); i++) {
      byte[] bent = bytes(sealed);
      bent[i] ^= 1;
      MemorySegment clear = copy(random(64));
      assertThat(engine.open(key, nonce, room(0), copy(bent), clear)).isFalse();
      assertThat(bytes(clear)).containsOnly(0);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void aBoxOpensInItsOwnPlaceOnly(CryptoEngine engine) {
    var box = new Box(engine, pool);
    byte[] id = random(16);
    MemorySegment parent = copy(random(32));
    byte[] text = random(48);
    Box.Place place = Box.Place.unbound(id, "t/name", 3, 1);
    byte[] sealed = box.seal(parent, Box.Kind.VALUE, place, copy(text));
    assertThat(sealed).hasSize(48 + Box.OVERHEAD);
    MemorySegment clear = room(48);
    assertThat(box.open(parent, Box.Kind.VALUE, place, sealed, clear)).isTrue();
    assertThat(bytes(clear)).isEqualTo(text);
    byte[] binding = new byte[32];
    binding[0] = 1;
    for (Box.Place other :
        new Box.Place[] {
          Box.Place.unbound(random(16), "t/name", 3, 1),
          Box.Place.unbound(id, "u/name", 3, 1),
          Box.Place.unbound(id, "t/name", 4, 1),
          Box.Place.unbound(id, "t/name", 3, 2),
          new Box.Place(id, "t/name", 3, 1, binding)
        }) {
      assertThat(box.open(parent, Box.Kind.VALUE, other, sealed, clear)).isFalse();
      assertThat(bytes(clear)).containsOnly(0);
    }
    assertThat(box.open(parent, Box.Kind.DATA_KEY, place, sealed, clear)).isFalse();
    assertThat(box.open(copy(random(32)), Box.Kind.VALUE, place, sealed, clear)).isFalse();
  }

  @Test
  void everyByteOfABoxIsAuthenticated() {
    var box = new Box(OpensslEngine.load(), pool);
    MemorySegment parent = copy(random(32));
    Box.Place place = Box.Place.unbound(random(16), "n", 1, 1);
    byte[] sealed = box.seal(parent, Box.Kind.VALUE, place, copy(random(5)));
    MemorySegment clear = room(5);
    for (int i = 0; i < sealed.length; i++) {
      byte[] bent = sealed.clone();
      bent[i] ^= 1;
      assertThat(box.open(parent, Box.Kind.VALUE, place, bent, clear)).as("byte %d", i).isFalse();
    }
    byte[] cut = Arrays.copyOf(sealed, sealed.length - 1);
    assertThat(box.open(parent, Box.Kind.VALUE, place, cut, clear)).isFalse();
    assertThat(box.open(parent, Box.Kind.VALUE, place, new byte[0], clear)).isFalse();
  }

  @Test
  void noSaltOrNonceRepeats() {
    var box = new Box(OpensslEngine.load(), pool);
    MemorySegment parent = copy(random(32));
    Box.Place place = Box.Place.unbound(random(16), "n", 1, 1);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 4_096; i++) {
      byte[] sealed = box.seal(parent, Box.Kind.VALUE, place, room(1));
      assertThat(seen.add(HEX.formatHex(sealed, 10, 42))).isTrue();
      assertThat(seen.add(HEX.formatHex(sealed, 74, 86))).isTrue();
    }
  }

  @Test
  @SuppressWarnings("restricted") // the page is read through its address while it is mapped
  void aPageOfThePoolIsWipedBeforeItIsUsedAgain() {
    SecretPool.Page page = pool.take();
    long address = page.segment().address();
    page.segment().fill((byte) 7);
    MemorySegment kept = page.segment();
    page.close();
    assertThat(MemorySegment.ofAddress(address).reinterpret(4_096).toArray(ValueLayout.JAVA_BYTE))
        .containsOnly(0);
    assertThat(kept.scope().isAlive()).isFalse();
    try (SecretPool.Page again = pool.take();
        SecretPool.Page further = pool.take()) {
      assertThat(again.segment().address()).isEqualTo(address);
      assertThat(further.segment().address()).isNotEqualTo(address);
    }
  }
}
