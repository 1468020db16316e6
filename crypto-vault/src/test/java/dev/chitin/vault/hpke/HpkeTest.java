package dev.chitin.vault.hpke;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.crypto.CryptoEngine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.X25519PublicKeyParameters;
import org.junit.jupiter.api.Test;

/** RFC 9180: the vectors of appendix A.1.1, and Bouncy Castle for the suite that is used. */
class HpkeTest {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  private static final byte[] INFO = hex("4f6465206f6e2061204772656369616e2055726e");
  private static final byte[] EPHEMERAL =
      hex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736");
  private static final byte[] ENC =
      hex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431");
  private static final byte[] RECIPIENT =
      hex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8");
  private static final byte[] RECIPIENT_PUBLIC =
      hex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
  private static final byte[] SHARED =
      hex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc");
  private static final byte[] TEXT =
      hex("4265617574792069732074727574682c20747275746820626561757479");
  private static final byte[] AAD = hex("436f756e742d30");

  private final Hpke hpke = new Hpke(CryptoEngine.best());

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  private static SecretBytes secret(byte[] bytes) {
    return SecretBytes.takeOver(bytes.clone());
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void theKemIsThatOfAppendixA11() {
    try (SecretBytes sender = secret(EPHEMERAL);
        SecretBytes receiver = secret(RECIPIENT);
        SecretBytes shared = SecretBytes.allocate(32)) {
      assertThat(hpke.publicKey(sender)).isEqualTo(ENC);
      assertThat(hpke.publicKey(receiver)).isEqualTo(RECIPIENT_PUBLIC);
      assertThat(
              hpke.shared(sender, RECIPIENT_PUBLIC, ENC, RECIPIENT_PUBLIC, shared.segment(ACCESS)))
          .isTrue();
      assertThat(bytes(shared.segment(ACCESS))).isEqualTo(SHARED);
      assertThat(hpke.shared(receiver, ENC, ENC, RECIPIENT_PUBLIC, shared.segment(ACCESS)))
          .isTrue();
      assertThat(bytes(shared.segment(ACCESS))).isEqualTo(SHARED);
    }
  }

  /** The appendix has AES-128-GCM; only its key length and number are another. */
  @Test
  void theKeyScheduleIsThatOfAppendixA11() throws Exception {
    try (SecretBytes shared = secret(SHARED);
        SecretBytes keys = SecretBytes.allocate(16 + 12)) {
      hpke.schedule(shared.segment(ACCESS), INFO, 1, 16, keys.segment(ACCESS));
      byte[] key = bytes(keys.segment(ACCESS).asSlice(0, 16));
      byte[] nonce = bytes(keys.segment(ACCESS).asSlice(16, 12));
      assertThat(key).isEqualTo(hex("4531685d41d65f03dc48f6b8302c05b0"));
      assertThat(nonce).isEqualTo(hex("56d890e5accaaf011cff4b7d"));
      Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
      gcm.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
      gcm.updateAAD(AAD);
      assertThat(gcm.doFinal(TEXT))
          .isEqualTo(
              hex(
                  "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07b"
                      + "ea87e13c512a"));
    }
  }

  private static HPKE oracle() {
    return new HPKE(
        HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
  }

  private static AsymmetricCipherKeyPair pair() {
    return new AsymmetricCipherKeyPair(
        new X25519PublicKeyParameters(RECIPIENT_PUBLIC), new X25519PrivateKeyParameters(RECIPIENT));
  }

  @Test
  void whatIsSealedHereOpensInBouncyCastle() throws Exception {
    try (SecretBytes content = secret(TEXT)) {
      byte[] sealed = hpke.seal(RECIPIENT_PUBLIC, INFO, AAD, content.segment(ACCESS));
      assertThat(sealed).hasSize(TEXT.length + Hpke.OVERHEAD);
      byte[] enc = java.util.Arrays.copyOf(sealed, 32);
      byte[] text = java.util.Arrays.copyOfRange(sealed, 32, sealed.length);
      assertThat(oracle().open(enc, pair(), INFO, AAD, text, null, null, null)).isEqualTo(TEXT);
    }
  }

  @Test
  void whatBouncyCastleSealsOpensHereAndNothingElse() throws Exception {
    byte[][] made =
        oracle()
            .seal(
                new X25519PublicKeyParameters(RECIPIENT_PUBLIC), INFO, AAD, TEXT, null, null, null);
    byte[] sealed = new byte[made[0].length + made[1].length];
    System.arraycopy(made[1], 0, sealed, 0, 32);
    System.arraycopy(made[0], 0, sealed, 32, made[0].length);
    try (SecretBytes key = secret(RECIPIENT);
        SecretBytes other = Hpke.newPrivateKey();
        SecretBytes content = SecretBytes.allocate(TEXT.length)) {
      assertThat(hpke.open(key, INFO, AAD, sealed, content.segment(ACCESS))).isTrue();
      assertThat(bytes(content.segment(ACCESS))).isEqualTo(TEXT);
      byte[] wrong = "other".getBytes(StandardCharsets.US_ASCII);
      assertThat(hpke.open(key, wrong, AAD, sealed, content.segment(ACCESS))).isFalse();
      assertThat(bytes(content.segment(ACCESS))).containsOnly(0);
      assertThat(hpke.open(key, INFO, wrong, sealed, content.segment(ACCESS))).isFalse();
      assertThat(hpke.open(other, INFO, AAD, sealed, content.segment(ACCESS))).isFalse();
      for (int i = 0; i < sealed.length; i++) {
        byte[] bent = sealed.clone();
        bent[i] ^= 1;
        assertThat(hpke.open(key, INFO, AAD, bent, content.segment(ACCESS)))
            .as("byte " + i)
            .isFalse();
        assertThat(bytes(content.segment(ACCESS))).containsOnly(0);
      }
    }
  }

  @Test
  void aPublicKeyOfSmallOrderIsRefused() {
    try (SecretBytes key = secret(RECIPIENT);
        SecretBytes shared = SecretBytes.allocate(32)) {
      byte[] one = new byte[32];
      one[0] = 1;
      assertThat(hpke.shared(key, new byte[32], ENC, ENC, shared.segment(ACCESS))).isFalse();
      assertThat(hpke.shared(key, one, ENC, ENC, shared.segment(ACCESS))).isFalse();
    }
  }
}
