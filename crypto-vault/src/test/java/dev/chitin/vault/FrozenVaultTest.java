package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Digest;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import dev.chitin.vault.store.ManifestFile;
import dev.chitin.vault.unlock.Argon2Parameters;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.RecoveryCode;
import dev.chitin.vault.unlock.SlotRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A vault of format 2 as it was once written, with its keys, from values that protect nothing: each
 * later version has to open it. It is read from {@code vault-format-2.txt}: a path and base64 on
 * each line.
 */
class FrozenVaultTest {
  private static final String RESOURCE = "/vault-format-2.txt";
  private static final String PHRASE = "frozen fake passphrase";
  private static final byte[] FIRST = "frozen-fake-value-1".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SECOND = "frozen-fake-value-2".getBytes(StandardCharsets.US_ASCII);

  private static final SecretBinding BINDING =
      new SecretBinding(
          "https",
          "api.example",
          8443,
          "/v1/",
          List.of("POST", "GET"),
          "header",
          "authorization",
          "bearer");

  @TempDir Path temporary;

  private static SecretBytes text(String text) {
    return SecretBytes.takeOver(text.getBytes(StandardCharsets.UTF_8));
  }

  private VaultFixture laid() throws IOException {
    var fixture = new VaultFixture(temporary);
    try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(RESOURCE))) {
      for (String line :
          new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList()) {
        String[] parts = line.split(" ", -1);
        Path file = temporary.resolve(parts[0]);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        try (var channel =
            Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------")))) {
          channel.write(java.nio.ByteBuffer.wrap(Base64.getDecoder().decode(parts[1])));
        }
      }
    }
    byte[] manifest = Files.readAllBytes(fixture.directory.resolve("manifest"));
    String id =
        dev.chitin.vault.store.Header.parse(
                Files.readAllBytes(
                    fixture.directory.resolve(
                        "header." + ManifestFile.parse(manifest).headerGeneration())))
            .vaultIdText();
    fixture.journal.marks.add(
        Mark.of(
            Action.COMMITTED, id, ManifestFile.parse(manifest).epoch(), Digest.of(manifest), null));
    return fixture;
  }

  private static void holds(VaultFixture fixture, Credentials credentials) {
    try (credentials;
        VaultStore store = VaultStore.open(fixture.setup, credentials)) {
      assertThat(VaultFixture.get(store, "t", "first")).isEqualTo(FIRST);
      assertThat(VaultFixture.get(store, "u", "second")).isEqualTo(SECOND);
      assertThat(store.status().orphans()).isZero();
      assertThat(store.find("t", new SecretName("first")).orElseThrow().versions())
          .extracting(SecretMetadata.Version::state)
          .containsExactly("destroyed", "previous", "current");
      assertThat(store.find("u", new SecretName("second")).orElseThrow().binding())
          .contains(BINDING);
    }
  }

  @Test
  void itOpensByEachOfItsSlots() throws IOException {
    VaultFixture fixture = laid();
    holds(fixture, fixture.credentials());
    holds(fixture, Credentials.none().withPassphrase(text(PHRASE)));
    String code = Files.readString(temporary.resolve("recovery"), StandardCharsets.US_ASCII);
    holds(fixture, Credentials.none().withRecovery(RecoveryCode.read(text(code))));
  }

  @Test
  void aFormatThatIsNotKnownIsSaidPlainly() throws IOException {
    VaultFixture fixture = laid();
    Path manifest = fixture.directory.resolve("manifest");
    byte[] bytes = Files.readAllBytes(manifest);
    for (byte[] other :
        List.of(
            "CHBX\u0001 a vault of format 1".getBytes(StandardCharsets.US_ASCII),
            changed(bytes, 5, 3))) {
      Files.write(manifest, other);
      assertThatThrownBy(fixture::open).hasMessageContaining("vault.format_unknown");
    }
  }

  private static byte[] changed(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }

  /** Writes the resource: run once for a new format, with a file name in {@code chitin.freeze}. */
  @Test
  void freeze() throws IOException {
    String target = System.getProperty("chitin.freeze");
    Assumptions.assumeTrue(target != null, "only when a new format is frozen");
    VaultFixture fixture = new VaultFixture(temporary).created();
    try (SecretBytes key = SecretBytes.takeOver(VaultFixture.random(32));
        SecretBytes code = RecoveryCode.write(key);
        VaultStore store = fixture.open()) {
      VaultFixture.put(store, "t", "first", new byte[] {1});
      VaultFixture.put(store, "t", "first", new byte[] {2});
      VaultFixture.put(store, "t", "first", FIRST, PutOptions.rotate(Duration.ofDays(90)));
      VaultFixture.put(
          store,
          "u",
          "second",
          SECOND,
          new PutOptions(Duration.ZERO, 0, Optional.of(BINDING), false));
      var changes = new SlotChanges(store);
      changes.add(
          SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
          Credentials.none().withPassphrase(text(PHRASE)));
      SecretBytes copy = SecretBytes.allocate(32);
      copy.segment().copyFrom(key.segment());
      changes.add(SlotRequest.recovery(), Credentials.none().withRecovery(copy));
      Files.write(
          temporary.resolve("recovery"),
          code.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }
    var out = new StringBuilder();
    for (Path file : fixture.files()) {
      line(out, file);
    }
    line(out, temporary.resolve("keys/vault.key"));
    line(out, temporary.resolve("recovery"));
    Files.writeString(Path.of(Objects.requireNonNull(target)), out);
  }

  private void line(StringBuilder out, Path file) throws IOException {
    out.append(temporary.relativize(file))
        .append(' ')
        .append(Base64.getEncoder().encodeToString(Files.readAllBytes(file)))
        .append('\n');
  }
}
