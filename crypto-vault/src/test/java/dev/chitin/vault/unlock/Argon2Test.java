package dev.chitin.vault.unlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretBytes;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Argon2id: the vector of RFC 9106, and the process that derives. */
class Argon2Test {
  private static final SecretAccess ACCESS = SecretAccess.granted();

  private static final byte[] SALT = new byte[16];

  @TempDir Path temporary;

  private static byte[] filled(int value, int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void theGeneratorIsThatOfRfc9106Section53() {
    var generator = new Argon2BytesGenerator();
    generator.init(
        new org.bouncycastle.crypto.params.Argon2Parameters.Builder(
                org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_id)
            .withVersion(org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(32)
            .withIterations(3)
            .withParallelism(4)
            .withSalt(filled(2, 16))
            .withSecret(filled(3, 8))
            .withAdditional(filled(4, 12))
            .build());
    byte[] tag = new byte[32];
    generator.generateBytes(filled(1, 32), tag);
    assertThat(HexFormat.of().formatHex(tag))
        .isEqualTo("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
  }

  private static byte[] derive(byte[] passphrase, Argon2Parameters parameters) {
    try (SecretBytes secret = SecretBytes.takeOver(passphrase.clone());
        SecretBytes key = new Argon2Process().derive(secret, parameters)) {
      return key.segment(ACCESS).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static Argon2Parameters small() {
    return Argon2Parameters.of(Argon2Parameters.Profile.OWASP_MIN, SALT);
  }

  @Test
  void theProcessGivesWhatTheGeneratorGives() {
    byte[] passphrase = "fake passphrase".getBytes(StandardCharsets.UTF_8);
    var generator = new Argon2BytesGenerator();
    generator.init(
        new org.bouncycastle.crypto.params.Argon2Parameters.Builder(
                org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_id)
            .withVersion(org.bouncycastle.crypto.params.Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(19 * 1_024)
            .withIterations(2)
            .withParallelism(1)
            .withSalt(SALT)
            .build());
    byte[] expected = new byte[32];
    generator.generateBytes(passphrase, expected);
    assertThat(derive(passphrase, small())).isEqualTo(expected);
  }

  @Test
  void twoWaysToTypeOnePassphraseGiveOneKey() {
    byte[] composed = "caf\u00e9 fake phrase".getBytes(StandardCharsets.UTF_8);
    byte[] decomposed = "cafe\u0301 fake phrase".getBytes(StandardCharsets.UTF_8);
    assertThat(composed).isNotEqualTo(decomposed);
    assertThat(derive(composed, small())).isEqualTo(derive(decomposed, small()));
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    assertThatThrownBy(() -> derive(new byte[] {(byte) 0xff, 1, 2}, small()))
        .hasMessageContaining("UTF-8");
    assertThatThrownBy(() -> derive(new byte[1_025], small())).hasMessageContaining("1024");
  }

  @Test
  void costsBelowTheFloorAndAboveTheCeilingAreRefused() {
    long machine = 16L << 30;
    for (Argon2Parameters.Profile profile : Argon2Parameters.Profile.values()) {
      Argon2Parameters.of(profile, SALT).check(() -> machine);
    }
    for (Argon2Parameters wrong :
        List.of(
            new Argon2Parameters(65_535, 3, 1, SALT),
            new Argon2Parameters(65_536, 2, 1, SALT),
            new Argon2Parameters(19 * 1_024, 1, 1, SALT),
            new Argon2Parameters(65_536, 3, 0, SALT),
            new Argon2Parameters(65_536, 3, 1, new byte[15]),
            new Argon2Parameters(2 * 1_024 * 1_024 + 1, 3, 1, SALT),
            new Argon2Parameters(65_536, 11, 1, SALT),
            new Argon2Parameters(65_536, 3, 9, SALT))) {
      assertThatThrownBy(() -> wrong.check(() -> machine))
          .as(wrong.text())
          .hasMessageContaining("vault.slot_invalid");
    }
    assertThatThrownBy(
            () ->
                Argon2Parameters.of(Argon2Parameters.Profile.STRONG, SALT).check(() -> 400L << 20))
        .hasMessageContaining("half");
  }

  @Test
  void aMachineIdIsThirtyTwoDigitsAndNoPlaceholder() throws IOException {
    Path file = temporary.resolve("machine-id");
    assertThat(Device.machineId(file)).isEmpty();
    for (String wrong : List.of("", "uninitialized\n", "0".repeat(32), "abc", "g".repeat(32))) {
      Files.writeString(file, wrong);
      assertThat(Device.machineId(file)).as(wrong).isEmpty();
    }
    Files.writeString(file, "0123456789abcdef0123456789abcdef\n");
    assertThat(Device.machineId(file)).contains("0123456789abcdef0123456789abcdef");
    var device = new Device(Device.machineId(file), Optional.empty());
    assertThat(device.toString()).doesNotContain("0123456789abcdef");
  }
}
