package dev.chitin.gateway.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.chitin.bus.Digest;
import dev.chitin.gateway.logging.LoggedLines;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.concurrent.atomic.AtomicReference;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a pair that is found and not taken. */
class TlsRenewalTest {
  private static final Duration DAY = Duration.ofDays(1);

  private final Vertx vertx = Vertx.vertx();

  /** No other test of this module renews a certificate. */
  private final LoggedLines logged = LoggedLines.of(TlsRenewal.class, "certificate");

  @TempDir private Path directory = Path.of("");

  @AfterEach
  void stop() {
    logged.close();
    vertx.close().await();
  }

  @SuppressWarnings("JavaUtilDate") // the builder of certificates takes nothing else
  private void put(Instant from, Instant to) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair keys = generator.generateKeyPair();
    var name = new X500Name("CN=gateway");
    write(
        "cert.pem",
        new JcaX509v3CertificateBuilder(
                name, BigInteger.ONE, Date.from(from), Date.from(to), name, keys.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    write("key.pem", new JcaPKCS8Generator(keys.getPrivate(), null));
  }

  private void write(String file, Object item) throws Exception {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(item);
    }
    Path path = directory.resolve(file);
    Files.writeString(path, text.toString());
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
  }

  private void isToldOnce(String... words) {
    var settings = new TlsSettings(directory.resolve("cert.pem"), directory.resolve("key.pem"));
    var inUse =
        new TlsIdentity(
            Buffer.buffer(),
            Buffer.buffer(),
            Instant.now().minus(DAY),
            Instant.now().plus(DAY.multipliedBy(30)),
            Digest.ofUtf8("in use"));
    try (var renewal =
        new TlsRenewal(vertx, settings, inUse, next -> Future.failedFuture("not to be taken"))) {
      for (int i = 0; i < 3; i++) {
        renewal.look().await();
      }
      assertThat(renewal.failures()).isEqualTo(1);
      assertThat(renewal.refusal()).hasValueSatisfying(why -> assertThat(why).contains(words));
      assertThat(renewal.validity()).isEqualTo(TlsRenewal.Validity.SOUND);
    }
    assertThat(logged.messages())
        .singleElement()
        .asString()
        .contains("the one in use stays")
        .contains(directory.resolve("cert.pem").toString())
        .contains(words);
  }

  @Test
  void anExpiredPairIsToldAndCountedOnce() throws Exception {
    Instant now = Instant.now();
    put(now.minus(DAY.multipliedBy(2)), now.minus(DAY));
    isToldOnce("expired at");
  }

  @Test
  void aPairOfTomorrowIsToldAndCountedOnce() throws Exception {
    Instant now = Instant.now();
    put(now.plus(DAY), now.plus(DAY.multipliedBy(2)));
    isToldOnce("is not valid before");
  }

  /** Two weeks before its end, or a fifth of its time when it has less. */
  @Test
  void aCertificateThatComesToItsEndIsToldOnceAndThatItExpiredToo() throws Exception {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    put(now.minus(DAY), now.plus(DAY.multipliedBy(80)));
    var settings = new TlsSettings(directory.resolve("cert.pem"), directory.resolve("key.pem"));
    TlsIdentity inUse = TlsIdentity.read(settings);
    var clock = new AtomicReference<>(inUse.notAfter().minus(DAY.multipliedBy(14)));
    try (var renewal =
        new TlsRenewal(vertx, settings, inUse, next -> Future.succeededFuture(), clock::get)) {
      renewal.look().await();
      assertThat(renewal.validity()).isEqualTo(TlsRenewal.Validity.SOUND);
      for (int i = 0; i < 3; i++) {
        clock.set(clock.get().plusSeconds(1));
        renewal.look().await();
        assertThat(renewal.validity()).isEqualTo(TlsRenewal.Validity.ENDING);
      }
      assertThat(logged.messages(Level.WARN))
          .singleElement()
          .asString()
          .contains("expires at " + inUse.notAfter(), settings.cert().toString());
      clock.set(inUse.notAfter().plusSeconds(1));
      renewal.look().await();
      renewal.look().await();
      assertThat(renewal.validity()).isEqualTo(TlsRenewal.Validity.EXPIRED);
      assertThat(logged.messages(Level.ERROR)).singleElement().asString().contains("expired at");
      put(now.minus(DAY), now.plus(DAY.multipliedBy(200)));
      renewal.look().await();
      assertThat(renewal.validity()).isEqualTo(TlsRenewal.Validity.SOUND);
    }
    put(now, now.plus(DAY));
    assertThat(TlsIdentity.read(settings).dueAt()).isEqualTo(now.plus(DAY).minus(DAY.dividedBy(5)));
  }

  /** Opening a pipe waits for somebody who writes, and nothing would be renewed after. */
  @Test
  void aPipeInThePlaceOfTheKeyIsToldAndKeepsNobody() throws Exception {
    Instant now = Instant.now();
    put(now.minus(DAY), now.plus(DAY.multipliedBy(30)));
    Path key = directory.resolve("key.pem");
    Files.delete(key);
    assertThat(new ProcessBuilder("mkfifo", "-m", "600", key.toString()).start().waitFor())
        .isZero();
    assertThatThrownBy(() -> TlsIdentity.read(new TlsSettings(directory.resolve("cert.pem"), key)))
        .hasMessageContaining(key + " is no regular file");
  }
}
