package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.vault.memory.SecretMemory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated // It looks at what the whole process has of secret memory.
class Ed25519SignerTest {
  private static final byte[] MESSAGE = "a checkpoint".getBytes(StandardCharsets.US_ASCII);

  @Test
  void whatItSignsVerifiesUnderItsKeyAndNoOther() {
    try (Ed25519Signer signer = Ed25519Signer.generate();
        Ed25519Signer other = Ed25519Signer.generate()) {
      byte[] signature = signer.sign(MESSAGE);
      assertThat(signature).hasSize(Ed25519Signer.SIGNATURE_BYTES);
      assertThat(Ed25519Signer.verify(signer.publicKey(), MESSAGE, signature)).isTrue();
      assertThat(Ed25519Signer.verify(other.publicKey(), MESSAGE, signature)).isFalse();
      assertThat(signer.sign(new byte[0])).hasSize(64);
      assertThat(signer).hasToString("Ed25519Signer[redacted]");
    }
  }

  @Test
  void theSameSeedIsTheSameSignerAndAClosedOneSignsNoMore() {
    byte[] seed = VaultFixture.random(32);
    Ed25519Signer one = Ed25519Signer.of(SecretBytes.takeOver(seed.clone()));
    try (Ed25519Signer same = Ed25519Signer.of(SecretBytes.takeOver(seed.clone()))) {
      assertThat(one.publicKey()).isEqualTo(same.publicKey());
      assertThat(one.sign(MESSAGE)).isEqualTo(same.sign(MESSAGE));
    }
    one.close();
    assertThatThrownBy(() -> one.sign(MESSAGE)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSeedOfAnotherLengthIsRefusedAndClosed() {
    long before = SecretMemory.use().usedBytes();
    assertThatThrownBy(() -> Ed25519Signer.of(SecretBytes.takeOver(VaultFixture.random(31))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(SecretMemory.use().usedBytes()).isEqualTo(before);
  }
}
