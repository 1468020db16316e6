package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.gateway.tls.TlsIdentity;
import dev.chitin.gateway.tls.TlsSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIdentityTest {
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir private Path directory = Path.of("");
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  private TlsSettings pair(KeyPair ofCertificate, KeyPair ofKey, Instant from) throws Exception {
    return new TlsSettings(
        Certificates.write(
            directory.resolve("cert.pem"),
            Certificates.certificate(ofCertificate, from, YEAR),
            "rw-r--r--"),
        Certificates.write(
            directory.resolve("key.pem"),
            new JcaPKCS8Generator(ofKey.getPrivate(), null),
            "rw-------"));
  }

  private TlsSettings sound() throws Exception {
    KeyPair keys = Certificates.keys("EC", 256);
    return pair(keys, keys, now.minusSeconds(60));
  }

  private void refused(TlsSettings settings, String... words) {
    assertThatThrownBy(() -> TlsIdentity.read(settings))
        .hasMessageContaining("config.invalid")
        .hasMessageContainingAll(words);
  }

  @Test
  void aSoundPairIsReadAndItsEndIsKnown() throws Exception {
    TlsIdentity identity = TlsIdentity.read(sound());
    assertThat(identity.notAfter()).isEqualTo(now.minusSeconds(60).plus(YEAR));
  }

  @Test
  void anRsaKeyInItsOlderFormIsRead() throws Exception {
    KeyPair keys = Certificates.keys("RSA", 2048);
    TlsSettings settings = pair(keys, keys, now.minusSeconds(60));
    Certificates.write(settings.key(), keys.getPrivate(), "rw-------");
    assertThat(Files.readString(settings.key())).contains("BEGIN RSA PRIVATE KEY");
    assertThat(TlsIdentity.read(settings).notAfter()).isAfter(now);
  }

  @Test
  void keysThatListenersCanUseAreRead() throws Exception {
    for (int size : new int[] {256, 384, 521}) {
      KeyPair keys = Certificates.keys("EC", size);
      assertThat(TlsIdentity.read(pair(keys, keys, now.minusSeconds(60))).notAfter()).isAfter(now);
    }
  }

  /** BoringSSL and Vert.x take no Ed25519: without this the listener fails, and says not why. */
  @Test
  void aKeyOfAnotherKindOrAWeakOneIsRefusedWithTheKindsThatAreTaken() throws Exception {
    KeyPair edwards = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    refused(pair(edwards, edwards, now.minusSeconds(60)), "another kind");
    KeyPair weak = Certificates.keys("RSA", 1024);
    refused(pair(weak, weak, now.minusSeconds(60)), "1024 bits");
    assertThatThrownBy(() -> TlsIdentity.read(pair(weak, weak, now.minusSeconds(60))))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> {
              assertThat(refusal.problem().rule()).isEqualTo("gateway.tls.key");
              assertThat(refusal.problem().hint()).contains("2048", "P-256", "P-384", "P-521");
            });
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws Exception {
    refused(
        pair(Certificates.keys("EC", 256), Certificates.keys("EC", 256), now.minusSeconds(60)),
        "is not the key");
    refused(
        pair(Certificates.keys("EC", 256), Certificates.keys("RSA", 2048), now.minusSeconds(60)),
        "is not the key");
  }

  @Test
  void aCertificateThatIsOutOfDateIsRefused() throws Exception {
    KeyPair keys = Certificates.keys("EC", 256);
    refused(pair(keys, keys, now.minus(YEAR).minusSeconds(60)), "expired at");
    refused(pair(keys, keys, now.plusSeconds(3_600)), "is not valid before");
  }

  @Test
  void aKeyThatOthersMayReadIsRefused() throws Exception {
    for (String permissions : new String[] {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-"}) {
      TlsSettings settings = sound();
      Files.setPosixFilePermissions(
          settings.key(), java.nio.file.attribute.PosixFilePermissions.fromString(permissions));
      refused(settings, "by others");
    }
  }

  @Test
  void whatIsMissingOrNoPemIsRefused() throws Exception {
    TlsSettings settings = sound();
    refused(new TlsSettings(directory.resolve("none.pem"), settings.key()), "cannot be read");
    refused(new TlsSettings(settings.cert(), directory.resolve("none.pem")), "cannot be read");
    refused(new TlsSettings(settings.key(), settings.key()), "certificate");
    Files.writeString(settings.key(), "no key");
    refused(settings, "no unencrypted private key");
    Files.writeString(settings.cert(), "no certificate");
    Files.writeString(
        settings.key(), "-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----");
    refused(settings, "certificate");
  }
}
