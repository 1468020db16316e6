package dev.chitin.vault.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Vectors of the specifications and their spoilt forms, in the manner of Project Wycheproof: what
 * must hold, what must not, and where implementations are known to differ.
 */
class VectorsTest {
  private static final HexFormat HEX = HexFormat.of();

  /** The order of the group of Ed25519 (RFC 8032, section 5.1). */
  private static final BigInteger ORDER =
      BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    arena.close();
  }

  static Stream<CryptoEngine> engines() {
    return Stream.of(OpensslEngine.load(), new JceEngine());
  }

  private MemorySegment copy(byte[] bytes) {
    MemorySegment segment = room(bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
    return segment;
  }

  private MemorySegment room(int length) {
    return arena.allocate(Math.max(1, length)).asSlice(0, length);
  }

  private MemorySegment hex(String text) {
    return copy(HEX.parseHex(text));
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] repeat(int b, int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) b);
    return bytes;
  }

  // ---- HMAC-SHA256, RFC 4231 ----

  @ParameterizedTest
  @MethodSource("engines")
  void hmacGivesTheAnswersOfRfc4231(CryptoEngine engine) {
    hmac(
        engine,
        repeat(0x0b, 20),
        ascii("Hi There"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac(
        engine,
        ascii("Jefe"),
        ascii("what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac(
        engine,
        repeat(0xaa, 20),
        repeat(0xdd, 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    hmac(
        engine,
        HEX.parseHex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
        repeat(0xcd, 50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    hmac(
        engine,
        repeat(0xaa, 131),
        ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac(
        engine,
        repeat(0xaa, 131),
        ascii(
            "This is a test using a larger than block-size key and a larger than block-size data."
                + " The key needs to be hashed before being used by the HMAC algorithm."),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
  }

  private void hmac(CryptoEngine engine, byte[] key, byte[] text, String expected) {
    MemorySegment mac = room(32);
    engine.hmac(copy(key), copy(text), mac);
    assertThat(HEX.formatHex(bytes(mac))).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void anEmptyKeyAndAnEmptyTextAreTakenAndAnotherMacLengthIsNot(CryptoEngine engine) {
    hmac(
        engine,
        new byte[0],
        new byte[0],
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    assertThatThrownBy(() -> engine.hmac(room(32), room(1), room(31)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void hkdfRefusesMoreThanItsSpecificationGives(CryptoEngine engine) {
    Hkdf.derive(engine, room(32), room(0), new byte[0], room(255 * 32));
    assertThatThrownBy(
            () -> Hkdf.derive(engine, room(32), room(0), new byte[0], room(255 * 32 + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // ---- AES-256-GCM ----

  @ParameterizedTest
  @MethodSource("engines")
  void everySpoiltBitOfASealedTextItsNonceItsAadAndItsKeyIsRefused(CryptoEngine engine) {
    byte[] key = repeat(0x42, 32);
    byte[] nonce = repeat(0x24, 12);
    byte[] aad = ascii("associated");
    byte[] clear = ascii("a text of 23 characters");
    MemorySegment out = room(clear.length + 16);
    engine.seal(copy(key), copy(nonce), copy(aad), copy(clear), out);
    byte[] sealed = bytes(out);
    assertThat(opens(engine, key, nonce, aad, sealed)).isTrue();
    for (byte[] part : new byte[][] {sealed, nonce, aad, key}) {
      for (int bit = 0; bit < part.length * 8; bit++) {
        part[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(opens(engine, key, nonce, aad, sealed)).isFalse();
        part[bit / 8] ^= (byte) (1 << bit % 8);
      }
    }
    assertThat(opens(engine, key, nonce, Arrays.copyOf(aad, 9), sealed)).isFalse();
    assertThat(opens(engine, key, nonce, Arrays.copyOf(aad, 11), sealed)).isFalse();
    for (int length = 16; length < sealed.length; length++) {
      assertThat(opens(engine, key, nonce, aad, Arrays.copyOf(sealed, length))).isFalse();
      assertThat(
              opens(
                  engine,
                  key,
                  nonce,
                  aad,
                  Arrays.copyOfRange(sealed, sealed.length - length, sealed.length)))
          .isFalse();
    }
    assertThat(opens(engine, key, nonce, aad, Arrays.copyOf(sealed, sealed.length + 1))).isFalse();
  }

  private boolean opens(CryptoEngine engine, byte[] key, byte[] nonce, byte[] aad, byte[] sealed) {
    MemorySegment clear = room(sealed.length - 16);
    clear.fill((byte) 0x55);
    boolean opened = engine.open(copy(key), copy(nonce), copy(aad), copy(sealed), clear);
    if (!opened) {
      assertThat(bytes(clear)).isEqualTo(new byte[sealed.length - 16]);
    }
    return opened;
  }

  @ParameterizedTest
  @MethodSource("engines")
  void edgeNoncesOpenAndOtherLengthsAreRefused(CryptoEngine engine) {
    for (String nonce : new String[] {"00".repeat(12), "ff".repeat(12), "00".repeat(11) + "01"}) {
      MemorySegment sealed = room(16 + 5);
      engine.seal(hex("11".repeat(32)), hex(nonce), room(0), hex("0102030405"), sealed);
      MemorySegment clear = room(5);
      assertThat(engine.open(hex("11".repeat(32)), hex(nonce), room(0), sealed, clear)).isTrue();
      assertThat(HEX.formatHex(bytes(clear))).isEqualTo("0102030405");
    }
    for (int length : new int[] {0, 1, 8, 11, 13, 16}) {
      assertThatThrownBy(() -> engine.seal(room(32), room(length), room(0), room(1), room(17)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> engine.open(room(32), room(length), room(0), room(17), room(1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (int length : new int[] {0, 16, 24, 31, 33, 64}) {
      assertThatThrownBy(() -> engine.seal(room(length), room(12), room(0), room(1), room(17)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (int length : new int[] {0, 1, 16, 18}) {
      assertThatThrownBy(() -> engine.seal(room(32), room(12), room(0), room(1), room(length)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> engine.open(room(32), room(12), room(0), room(length), room(1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  // ---- Ed25519, RFC 8032 ----

  private record Signed(String seed, String publicKey, String message, String signature) {}

  /** RFC 8032, section 7.1, tests 1 to 3. */
  private static final Signed[] SIGNED = {
    new Signed(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39"
            + "701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    new Signed(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f36"
            + "13d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    new Signed(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f7"
            + "60984dc6594a7c15e9716ed28dc027beceea1ec40a")
  };

  @ParameterizedTest
  @MethodSource("engines")
  void ed25519GivesTheAnswersOfRfc8032(CryptoEngine engine) {
    for (Signed each : SIGNED) {
      MemorySegment publicKey = room(32);
      engine.ed25519PublicKey(hex(each.seed()), publicKey);
      assertThat(HEX.formatHex(bytes(publicKey))).isEqualTo(each.publicKey());
      MemorySegment signature = room(64);
      engine.ed25519Sign(hex(each.seed()), hex(each.message()), signature);
      assertThat(HEX.formatHex(bytes(signature))).isEqualTo(each.signature());
      assertThat(engine.ed25519Verify(publicKey, hex(each.message()), signature)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void everySpoiltBitOfASignatureItsMessageAndItsKeyIsRefused(CryptoEngine engine) {
    Signed signed = SIGNED[2];
    byte[] signature = HEX.parseHex(signed.signature());
    byte[] message = HEX.parseHex(signed.message());
    byte[] key = HEX.parseHex(signed.publicKey());
    for (byte[] part : new byte[][] {signature, message, key}) {
      for (int bit = 0; bit < part.length * 8; bit++) {
        part[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(engine.ed25519Verify(copy(key), copy(message), copy(signature)))
            .as("bit %d", bit)
            .isFalse();
        part[bit / 8] ^= (byte) (1 << bit % 8);
      }
    }
    for (int length : new int[] {0, 32, 63, 65, 128}) {
      assertThat(
              engine.ed25519Verify(
                  copy(key), copy(message), copy(Arrays.copyOf(signature, length))))
          .isFalse();
    }
    for (int length : new int[] {0, 31, 33}) {
      assertThat(
              engine.ed25519Verify(
                  copy(Arrays.copyOf(key, length)), copy(message), copy(signature)))
          .isFalse();
    }
  }

  /** S + L passes the equation as S does; who takes it lets others make signatures of their own. */
  @ParameterizedTest
  @MethodSource("engines")
  void aSignatureWhoseScalarIsNotBelowTheOrderIsRefused(CryptoEngine engine) {
    for (Signed signed : SIGNED) {
      byte[] signature = HEX.parseHex(signed.signature());
      byte[] scalar = Arrays.copyOfRange(signature, 32, 64);
      BigInteger s = new BigInteger(1, reversed(scalar));
      for (int multiple = 1; multiple <= 8; multiple++) {
        BigInteger moved = s.add(ORDER.multiply(BigInteger.valueOf(multiple)));
        if (moved.bitLength() <= 256) {
          byte[] malleable = signature.clone();
          byte[] big = moved.toByteArray();
          byte[] fixed = new byte[32];
          for (int i = 0; i < Math.min(32, big.length); i++) {
            fixed[i] = big[big.length - 1 - i];
          }
          System.arraycopy(fixed, 0, malleable, 32, 32);
          assertThat(
                  engine.ed25519Verify(
                      hex(signed.publicKey()), hex(signed.message()), copy(malleable)))
              .isFalse();
        }
      }
    }
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  @ParameterizedTest
  @MethodSource("engines")
  void whatIsNoPointIsNoKey(CryptoEngine engine) {
    Signed signed = SIGNED[1];
    for (String key : new String[] {"02" + "00".repeat(31), "ff".repeat(32)}) {
      assertThat(engine.ed25519Verify(hex(key), hex(signed.message()), hex(signed.signature())))
          .isFalse();
    }
    assertThatThrownBy(() -> engine.ed25519Sign(room(31), room(1), room(64)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> engine.ed25519Sign(room(32), room(1), room(63)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theTwoEnginesSignAlikeAndTakeEachOthersSignatures() {
    CryptoEngine openssl = OpensslEngine.load();
    CryptoEngine jce = new JceEngine();
    var random = new Random(11);
    for (int length : new int[] {0, 1, 63, 64, 65, 1_000, 65_536}) {
      byte[] seed = new byte[32];
      byte[] message = new byte[length];
      random.nextBytes(seed);
      random.nextBytes(message);
      MemorySegment a = room(64);
      MemorySegment b = room(64);
      openssl.ed25519Sign(copy(seed), copy(message), a);
      jce.ed25519Sign(copy(seed), copy(message), b);
      assertThat(bytes(a)).isEqualTo(bytes(b));
      MemorySegment key = room(32);
      MemorySegment other = room(32);
      openssl.ed25519PublicKey(copy(seed), key);
      jce.ed25519PublicKey(copy(seed), other);
      assertThat(bytes(key)).isEqualTo(bytes(other));
      assertThat(jce.ed25519Verify(key, copy(message), a)).isTrue();
      assertThat(openssl.ed25519Verify(key, copy(message), b)).isTrue();
    }
  }

  /** What an operator asks for with a system property, in a process of its own. */
  @Test
  void anOperatorMayLeaveOpensslAlone() throws Exception {
    assertThat(engineWith("-Dchitin.vault.crypto=jce")).isEqualTo("jce");
    assertThat(engineWith("-Dchitin.vault.crypto=")).isEqualTo("openssl");
  }

  private static String engineWith(String option) throws Exception {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                option,
                "-cp",
                System.getProperty("java.class.path"),
                VectorsTest.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).isZero();
    return out.strip().lines().reduce("", (before, next) -> next);
  }

  /** Prints the engine of this process. */
  public static void main(String... arguments) {
    System.out.println(CryptoEngine.best().name());
  }
}
