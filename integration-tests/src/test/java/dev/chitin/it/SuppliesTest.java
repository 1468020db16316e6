package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Keys of an issuer, a list of revoked certificates, a certificate and the configuration go bad in
 * their files while a gateway runs: it serves on, and says what does not hold to whoever asks,
 * until they are mended.
 */
class SuppliesTest {
  private final Path directory;
  private final Path keys;
  private final Path list;
  private final Path certificate;
  private final Path home;

  SuppliesTest() throws Exception {
    directory = Files.createTempDirectory("chitin-supplies-");
    keys = directory.resolve("keys.json");
    list = directory.resolve("crl.pem");
    certificate = directory.resolve("cert.pem");
    var authority = new Authority("CN=clients");
    new Tokens("first").write(keys);
    KeyPair own = Certificates.keys("EC", 256);
    Certificates.write(
        certificate,
        Certificates.certificate(own, Instant.now().minusSeconds(60), Duration.ofDays(2)),
        "rw-r--r--");
    Certificates.write(
        directory.resolve("key.pem"), new JcaPKCS8Generator(own.getPrivate(), null), "rw-------");
    Certificates.write(directory.resolve("ca.pem"), authority.certificate(), "rw-r--r--");
    Certificates.write(list, authority.revocations(), "rw-r--r--");
    home =
        GatewayProcess.home(
            """
            "gateway": { "tls": { "cert": "@/cert.pem", "key": "@/key.pem",
              "client_ca": "@/ca.pem", "client_auth": "request",
              "client_crl": "@/crl.pem" } },
            "auth": { "issuers": [ISSUER],
              "certificates": [{ "san": "URI:spiffe://x/y", "role": "agent", "name": "y" }] }
            """
                .replace("ISSUER", Tokens.configuration("\"jwks_file\": \"" + keys + "\""))
                .replace("@", directory.toString()));
  }

  private GatewayProcess gateway;

  @BeforeEach
  void start() throws Exception {
    gateway = GatewayProcess.start(home);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    GatewayProcess.remove(directory);
  }

  private double failing(String supply) throws Exception {
    return gateway.metric("chitin_supply_failing{supply=\"" + supply + "\"}");
  }

  @Test
  void whatGoesBadIsNamedByReadinessDoctorAndMetricUntilItIsMended() throws Exception {
    GatewayProcess.Result sound = gateway.run("doctor");
    assertThat(sound.out())
        .as(sound.err())
        .containsPattern("proven +auth.issuers")
        .containsPattern("proven +tls.client_crl")
        .containsPattern("proven +tls.certificate");
    goesBadAndIsMended("auth.issuers", keys, "cannot be read, the old ones serve");
    goesBadAndIsMended("tls.client_crl", list, "no client certificate is taken");
    goesBadAndIsMended("tls.certificate", certificate, "what is in the files is not taken");
    goesBadAndIsMended("config.file", home.resolve("chitin.json5"), "is not in force");
  }

  private void goesBadAndIsMended(String supply, Path file, String says) throws Exception {
    assertThat(failing(supply)).isZero();
    Path good = file.resolveSibling("good");
    Files.copy(file, good, StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(file, "{ half");
    Await.until(supply + " fails", () -> failing(supply) == 1);
    String ready = gateway.administration("/health/ready");
    assertThat(ready).contains(" 200 ", "\"degraded\"", supply, says);
    assertThat(gateway.metric("chitin_ready")).isEqualTo(1);
    GatewayProcess.Result doctor = gateway.run("doctor");
    assertThat(doctor.exit()).isZero();
    assertThat(doctor.out()).containsPattern("degraded +" + supply + " .*" + says);
    Files.move(good, file, StandardCopyOption.ATOMIC_MOVE);
    Await.until(supply + " is mended", () -> failing(supply) == 0);
    assertThat(gateway.administration("/health/ready")).doesNotContain(supply);
  }

  @Test
  void aRevocationThatTheDiskDidNotTakeHoldsAndIsNamedUntilItIsWritten() throws Exception {
    String id = GatewayProcess.Json.text(created(), "id");
    Set<PosixFilePermission> writable = Files.getPosixFilePermissions(home);
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("r-x------"));
    try {
      GatewayProcess.Result revoked = gateway.run("key", "revoke", id);
      assertThat(revoked.exit()).as(revoked.out()).isNotZero();
      assertThat(revoked.err()).contains("refused from now on", "auth.keys_unwritten");
      assertThat(gateway.run("doctor").out()).containsPattern("degraded +auth.keys");
      assertThat(failing("auth.keys")).isEqualTo(1);
    } finally {
      Files.setPosixFilePermissions(home, writable);
    }
    created();
    assertThat(gateway.run("doctor").out()).containsPattern("proven +auth.keys");
    assertThat(failing("auth.keys")).isZero();
    assertThat(gateway.run("key", "list").out()).doesNotContain(id);
  }

  private JsonValue.Obj created() throws Exception {
    GatewayProcess.Result created =
        gateway.run("key", "create", "--name", "a", "--role", "agent", "--json");
    assertThat(created.exit()).as(created.err()).isZero();
    return GatewayProcess.Json.object(created.out());
  }
}
