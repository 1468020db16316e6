package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The ways to open the vault at a real start: credential, node key, passphrase. */
class VaultUnlockTest {
  private static final byte[] NOTHING = {};

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Result ok(Result result) {
    assertThat(result.exit()).as(result.out() + result.err()).isZero();
    return result;
  }

  /** A home whose configuration says nothing of a key file, and the environment for it. */
  private record Service(Path home, Path credentials, Map<String, String> environment) {
    static Service made() throws IOException {
      Path home = GatewayProcess.home("");
      Path configuration = home.resolve("chitin.json5");
      Files.writeString(
          configuration,
          Files.readString(configuration).replaceFirst("\"vault\": \\{[^}]*}", "\"vault\": {}"));
      Path base = Objects.requireNonNull(home.getParent());
      Path credentials = Files.createDirectory(base.resolve("credentials"));
      Map<String, String> environment = new HashMap<>();
      environment.put("CREDENTIALS_DIRECTORY", credentials.toString());
      environment.put("XDG_CONFIG_HOME", base.resolve("user").toString());
      var service = new Service(home, credentials, environment);
      byte[] key = new byte[32];
      new SecureRandom().nextBytes(key);
      Files.write(service.file(), key);
      return service;
    }

    Path file() {
      return credentials.resolve("vault.key");
    }

    /** As systemd leaves it: the file read-only, and so the directory. */
    void sealed(String mode) throws IOException {
      Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString(mode));
      Files.setPosixFilePermissions(credentials, PosixFilePermissions.fromString("r-x------"));
    }

    void unsealed() throws IOException {
      Files.setPosixFilePermissions(credentials, PosixFilePermissions.fromString("rwx------"));
    }

    Result run(byte[] stdin, String... arguments) throws Exception {
      Path err = Files.createTempFile("chitin-it-", ".err");
      Process process =
          GatewayProcess.command(home, environment, arguments).redirectError(err.toFile()).start();
      try (var in = process.getOutputStream()) {
        in.write(stdin);
      } catch (IOException closedEarly) {
        assertThat(closedEarly).hasMessageContaining("pipe");
      }
      String out;
      try (InputStream stream = process.getInputStream()) {
        out = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      }
      int exit = process.waitFor();
      String errors = Files.readString(err);
      Files.delete(err);
      return new Result(exit, out, errors);
    }
  }

  @Test
  void aSystemdCredentialOpensTheVaultAtAStart() throws Exception {
    Service service = Service.made();
    for (String mode : List.of("r--------", "r--r-----")) {
      service.sealed(mode);
      ok(service.run(ascii("fake-one"), "secret", "put", "api"));
      try (var gateway = Started.of(service)) {
        assertThat(gateway.ready()).isTrue();
      }
      service.unsealed();
    }
    assertThat(Files.exists(service.home().resolveSibling("user/chitin/vault.key"))).isFalse();
    for (String mode : List.of("r-----r--", "rw-rw----", "r--r-x---", "r--r--r--")) {
      service.sealed(mode);
      Result refused = service.run(NOTHING, "secret", "list");
      assertThat(refused.exit()).as(mode).isEqualTo(5);
      assertThat(refused.err()).contains("key.permissions");
      service.unsealed();
    }
    byte[] other = new byte[32];
    new SecureRandom().nextBytes(other);
    Files.delete(service.file());
    Files.write(service.file(), other);
    service.sealed("r--------");
    Result refused = service.run(NOTHING, "secret", "list");
    assertThat(refused.err()).contains("vault.unlock_failed").contains("vault.unlock");
    service.unsealed();
    GatewayProcess.removeHome(service.home());
  }

  /** A gateway of a service; stopped by its handle. */
  private record Started(Process process, boolean ready) implements AutoCloseable {
    static Started of(Service service) throws IOException {
      Process process =
          GatewayProcess.command(
                  service.home(), service.environment(), "serve", "--port", "0", "--json")
              .redirectError(service.home().resolveSibling("stderr.log").toFile())
              .start();
      String first = process.inputReader(StandardCharsets.UTF_8).readLine();
      return new Started(process, first != null && first.contains("\"url\""));
    }

    @Override
    public void close() {
      process.destroy();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void aNodeKeyOpensAVaultThatWasGivenToIt() throws Exception {
    Path home = GatewayProcess.home("");
    Path user = home.resolveSibling("user");
    ok(GatewayProcess.run(home, ascii("fake-one"), "secret", "put", "api"));
    String key = ok(GatewayProcess.run(home, NOTHING, "vault", "node-key")).out().strip();
    assertThat(key).matches("[0-9a-f]{64}");
    assertThat(ok(GatewayProcess.run(home, NOTHING, "vault", "node-key")).out().strip())
        .isEqualTo(key);
    assertThat(Files.getPosixFilePermissions(user.resolve("node.key")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    Files.move(user.resolve("vault.key"), user.resolve("away"));
    assertThat(GatewayProcess.run(home, NOTHING, "secret", "list").exit()).isEqualTo(5);
    Files.move(user.resolve("away"), user.resolve("vault.key"));
    Result added = ok(GatewayProcess.run(home, NOTHING, "vault", "add-recipient", key, "--json"));
    assertThat(Json.text(Json.object(added.out()), "method")).isEqualTo("recipient");
    Files.delete(user.resolve("vault.key"));
    try (var gateway = GatewayProcess.start(home)) {
      assertThat(gateway.run("secret", "list").out()).contains("api");
    }
  }

  /** A key beside what it opens keeps nothing shut, also while another key opens it. */
  @Test
  void aNodeKeyInTheHomeOfTheVaultIsRefusedThoughItIsNotNeeded() throws Exception {
    Path home = GatewayProcess.home("");
    ok(GatewayProcess.run(home, ascii("fake-one"), "secret", "put", "api"));
    Path user = home.resolveSibling("user");
    Path key = home.resolve("node.key");
    Path configuration = home.resolve("chitin.json5");
    Files.writeString(
        configuration,
        Files.readString(configuration)
            .replace("\"vault\": {", "\"vault\": { \"recipient_key\": \"" + key + "\","));
    Files.copy(user.resolve("vault.key"), key);
    Result refused = GatewayProcess.run(home, NOTHING, "secret", "list");
    assertThat(refused.exit()).isEqualTo(5);
    assertThat(refused.err()).contains("The key file lies in Chitin's home.");
    Path elsewhere = Files.move(key, user.resolve("other.key"));
    Files.writeString(
        configuration,
        Files.readString(configuration).replace(key.toString(), elsewhere.toString()));
    ok(GatewayProcess.run(home, NOTHING, "secret", "list"));
  }

  @Test
  void anotherNodeKeyOpensNothing() throws Exception {
    Path home = GatewayProcess.home("");
    Path user = home.resolveSibling("user");
    ok(GatewayProcess.run(home, ascii("fake-one"), "secret", "put", "api"));
    String key = ok(GatewayProcess.run(home, NOTHING, "vault", "node-key")).out().strip();
    ok(GatewayProcess.run(home, NOTHING, "vault", "add-recipient", key));
    Files.delete(user.resolve("vault.key"));
    Files.delete(user.resolve("node.key"));
    Result without = GatewayProcess.run(home, NOTHING, "secret", "list");
    assertThat(without.err()).contains("unlock.no_credential");
    ok(GatewayProcess.run(home, NOTHING, "vault", "node-key"));
    Result other = GatewayProcess.run(home, NOTHING, "secret", "list");
    assertThat(other.exit()).isEqualTo(5);
    assertThat(other.err()).contains("vault.unlock_failed").contains("vault.unlock");
    assertThat(Files.exists(user.resolve("vault.key"))).isFalse();
    GatewayProcess.removeHome(home);
  }

  /**
   * Wrong passphrases: the same words whatever was wrong, each recorded, and then no more asking.
   */
  @Test
  void wrongPassphrasesAreRecordedAndStopTheAsking() throws Exception {
    Path home = GatewayProcess.home("");
    Path key = home.resolveSibling("user").resolve("vault.key");
    byte[] right = ascii("fake right passphrase " + System.nanoTime());
    byte[] wrong = ascii("fake wrong passphrase " + System.nanoTime());
    ok(GatewayProcess.run(home, ascii("fake-one"), "secret", "put", "api"));
    ok(
        GatewayProcess.run(
            home, right, "vault", "add-passphrase", "--with-key-file", "--new-passphrase-fd", "0"));
    Result slots = ok(GatewayProcess.run(home, NOTHING, "vault", "slots", "--json"));
    String first =
        Json.text((JsonValue.Obj) Json.items(Json.object(slots.out()), "slots").getFirst(), "id");
    ok(GatewayProcess.run(home, NOTHING, "vault", "remove-slot", first));
    byte[] file = Files.readAllBytes(key);
    String[] said = new String[2];
    for (int i = 0; i < 4; i++) {
      // The passphrase is wrong, or the key file: nobody is told which.
      boolean wrongFile = i % 2 == 1;
      byte[] other = file.clone();
      other[0] ^= (byte) (wrongFile ? 1 : 0);
      Files.write(key, other);
      Result refused =
          GatewayProcess.run(
              home, wrongFile ? right : wrong, "secret", "list", "--passphrase-fd", "0");
      assertThat(refused.exit()).isEqualTo(5);
      assertThat(refused.err()).contains("vault.unlock_failed");
      said[i % 2] = refused.err();
    }
    assertThat(said[0]).isEqualTo(said[1]);
    Files.write(key, file);
    Result served = GatewayProcess.run(home, wrong, "serve", "--port", "0", "--passphrase-fd", "0");
    assertThat(served.exit()).isEqualTo(5);
    Result throttled = GatewayProcess.run(home, right, "secret", "list", "--passphrase-fd", "0");
    assertThat(throttled.exit()).isNotZero();
    assertThat(throttled.err()).contains("vault.unlock_throttled").contains("Try again in");
    // The vault cannot be asked for a minute, and the log needs no vault to be read.
    String log = ok(GatewayProcess.run(home, NOTHING, "audit", "tail", "-n", "200")).out();
    assertThat(log.split("\"action\":\"vault\\.unlock_failed\"", -1)).hasSize(6);
    assertThat(log).doesNotContain("fake");
    GatewayProcess.removeHome(home);
  }
}
