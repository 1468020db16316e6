package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.hpke.Hpke;
import dev.chitin.vault.store.Slot;
import dev.chitin.vault.unlock.Argon2Parameters;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.Device;
import dev.chitin.vault.unlock.PassphraseKdf;
import dev.chitin.vault.unlock.RecoveryCode;
import dev.chitin.vault.unlock.SlotRequest;
import dev.chitin.vault.unlock.UnlockAttempts;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways to open a vault, and what does not open it. */
class UnlockTest {
  private static final String PHRASE = "a fake passphrase of a test";

  @TempDir Path temporary;
  private final AtomicInteger derivations = new AtomicInteger();
  private VaultFixture vault;
  private VaultSetup setup;

  /** Stands for Argon2id where its cost is not what is tested: HMAC of the passphrase. */
  private final PassphraseKdf cheap =
      (passphrase, parameters) -> {
        parameters.check(() -> 8L << 30);
        derivations.incrementAndGet();
        SecretBytes key = SecretBytes.allocate(32);
        try (SecretBytes salt = SecretBytes.takeOver(parameters.salt().clone())) {
          CryptoEngine.best().hmac(salt.segment(), passphrase.segment(), key.segment());
        }
        return key;
      };

  @BeforeEach
  void create() throws IOException {
    vault = new VaultFixture(temporary).created();
    setup = vault.setup.withKdf(cheap);
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      VaultFixture.put(store, "t", "a", new byte[] {1, 2, 3});
    }
  }

  private static SecretBytes text(String text) {
    return SecretBytes.takeOver(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Credentials phrase(String text) {
    return Credentials.none().withPassphrase(text(text));
  }

  private Slot add(SlotRequest request, Credentials credentials) {
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      return new SlotChanges(store).add(request, credentials);
    }
  }

  private void opens(VaultSetup how, Credentials credentials) {
    try (credentials;
        VaultStore store = VaultStore.open(how, credentials)) {
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(1, 2, 3);
    }
  }

  private void refused(VaultSetup how, Credentials credentials, ProblemCode code) {
    try (credentials) {
      assertThatThrownBy(() -> VaultStore.open(how, credentials))
          .isInstanceOfSatisfying(
              ChitinException.class,
              e -> {
                assertThat(e.code()).isEqualTo(code);
                assertThat(e.problem().hint()).isNotBlank();
              });
    }
    how.attempts().succeeded();
  }

  @Test
  void aPassphraseOpensAndAnotherDoesNot() {
    add(
        SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
        phrase(PHRASE));
    opens(setup, phrase(PHRASE));
    refused(setup, phrase(PHRASE + " "), ProblemCode.VAULT_UNLOCK_FAILED);
    refused(setup, Credentials.none(), ProblemCode.VAULT_UNLOCK_FAILED);
    assertThat(vault.journal.actions()).contains(Action.UNLOCK_FAILED);
  }

  @Test
  void aPassphraseIsNotAskedForWhenTheKeyFileOpens() {
    add(
        SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
        phrase(PHRASE));
    derivations.set(0);
    opens(
        setup,
        vault
            .credentials()
            .withPassphrase(
                () -> {
                  throw new AssertionError("asked");
                }));
    assertThat(derivations).hasValue(0);
  }

  @Test
  void bothTogetherOpenAndNeitherAlone() throws IOException {
    Slot both =
        add(
            SlotRequest.passphrase(true, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
            vault.credentials().withPassphrase(text(PHRASE)));
    removeFirst();
    assertThat(both.method()).isEqualTo(Slot.Method.PASSPHRASE_AND_KEY_FILE);
    opens(setup, vault.credentials().withPassphrase(text(PHRASE)));
    refused(setup, vault.credentials(), ProblemCode.VAULT_UNLOCK_FAILED);
    refused(setup, phrase(PHRASE), ProblemCode.VAULT_UNLOCK_FAILED);
    refused(
        setup,
        vault.credentials().withPassphrase(text("another phrase")),
        ProblemCode.VAULT_UNLOCK_FAILED);
    var other = new VaultFixture(temporary.resolve("other"));
    other.keyFile.create();
    refused(
        setup, other.credentials().withPassphrase(text(PHRASE)), ProblemCode.VAULT_UNLOCK_FAILED);
  }

  private void removeFirst() {
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      var changes = new SlotChanges(store);
      changes.remove(changes.slots().getFirst().idText());
    }
  }

  @Test
  void theRecoveryCodeOpensOnAnyMachineAsItWasWrittenDown() {
    String written;
    try (SecretBytes key = SecretBytes.takeOver(VaultFixture.random(32));
        SecretBytes code = RecoveryCode.write(key)) {
      written =
          new String(code.segment().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
      add(SlotRequest.recovery(), vault.credentials().withRecovery(RecoveryCode.read(code)));
    }
    assertThat(written).matches("([a-z2-7]{4}-){13}[a-z2-7]{4}");
    VaultSetup elsewhere = setup.withDevice(new Device(Optional.empty(), Optional.empty()));
    opens(elsewhere, Credentials.none().withRecovery(RecoveryCode.read(text(written))));
    opens(
        elsewhere,
        Credentials.none()
            .withRecovery(
                RecoveryCode.read(
                    text(written.toUpperCase(java.util.Locale.ROOT).replace('-', ' ')))));
    char slip = written.charAt(7) == 'a' ? 'b' : 'a';
    String wrong = written.substring(0, 7) + slip + written.substring(8);
    assertThatThrownBy(() -> RecoveryCode.read(text(wrong))).hasMessageContaining("recovery code");
    assertThatThrownBy(() -> RecoveryCode.read(text(written + "a")))
        .hasMessageContaining("recovery");
    assertThatThrownBy(() -> RecoveryCode.read(text(""))).hasMessageContaining("recovery code");
    refused(
        setup,
        Credentials.none().withRecovery(SecretBytes.takeOver(VaultFixture.random(32))),
        ProblemCode.VAULT_UNLOCK_FAILED);
  }

  @Test
  void aRecipientOpensWithItsPrivateKeyAlone() {
    var hpke = new Hpke(CryptoEngine.best());
    byte[] seed;
    try (SecretBytes key = Hpke.newPrivateKey()) {
      add(SlotRequest.recipient(hpke.publicKey(key)), vault.credentials());
      seed = key.segment().toArray(ValueLayout.JAVA_BYTE);
    }
    opens(setup, Credentials.none().withRecipient(SecretBytes.takeOver(seed)));
    refused(
        setup,
        Credentials.none().withRecipient(Hpke.newPrivateKey()),
        ProblemCode.VAULT_UNLOCK_FAILED);
  }

  @Test
  void anotherMachineUserOrLoginDoesNotOpenAndRebindMakesItOpen() {
    Device here = VaultFixture.DEVICE;
    List<Device> others =
        List.of(
            new Device(Optional.of("f".repeat(32)), here.user()),
            new Device(here.machine(), Optional.of(new Device.User(1_001, "tester"))),
            new Device(here.machine(), Optional.of(new Device.User(1_000, "else"))));
    for (Device other : others) {
      refused(setup.withDevice(other), vault.credentials(), ProblemCode.VAULT_UNLOCK_FAILED);
    }
    byte[] key = VaultFixture.random(32);
    add(
        SlotRequest.recovery(),
        vault.credentials().withRecovery(SecretBytes.takeOver(key.clone())));
    VaultSetup moved = setup.withDevice(others.getFirst());
    refused(moved, vault.credentials(), ProblemCode.VAULT_UNLOCK_FAILED);
    try (Credentials recovery =
            Credentials.keyFile(vault.keyFile).withRecovery(SecretBytes.takeOver(key.clone()));
        VaultStore store = VaultStore.open(moved, recovery)) {
      new SlotChanges(store).add(SlotRequest.keyFile(Optional.empty()), vault.credentials());
    }
    opens(moved, vault.credentials());
  }

  @Test
  void aComponentThatIsMissingIsNamedAndNeverLeftOut() {
    refused(
        setup.withDevice(new Device(Optional.empty(), VaultFixture.DEVICE.user())),
        vault.credentials(),
        ProblemCode.VAULT_BINDING_UNAVAILABLE);
    refused(
        setup.withDevice(new Device(VaultFixture.DEVICE.machine(), Optional.empty())),
        vault.credentials(),
        ProblemCode.VAULT_BINDING_UNAVAILABLE);
  }

  @Test
  void aSlotIsBoundToWhatThereIsOrToWhatIsAskedFor() {
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      var changes = new SlotChanges(store);
      assertThat(changes.slots().getFirst().binding()).containsExactly("machine", "user");
      assertThat(
              changes
                  .add(SlotRequest.keyFile(Optional.of(List.of("user"))), vault.credentials())
                  .binding())
          .containsExactly("user");
      assertThat(
              changes
                  .add(SlotRequest.keyFile(Optional.of(List.of())), vault.credentials())
                  .binding())
          .isEmpty();
      assertThatThrownBy(
              () ->
                  changes.add(
                      SlotRequest.keyFile(Optional.of(List.of("moon"))), vault.credentials()))
          .hasMessageContaining("vault.binding_unavailable");
    }
  }

  @Test
  void aShortPassphraseIsNotTaken() {
    assertThatThrownBy(
            () ->
                add(
                    SlotRequest.passphrase(
                        false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
                    phrase("ängströms…1")))
        .hasMessageContaining("fewer than 12");
    assertThat(derivations).hasValue(0);
  }

  @Test
  void fiveFailuresStopUnlockingForAMinuteAlsoOverRestarts() {
    var now = new AtomicLong(1_000_000_000_000L);
    Path file = temporary.resolve("attempts");
    add(
        SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
        phrase(PHRASE));
    for (int i = 0; i < UnlockAttempts.MAX_FAILURES; i++) {
      now.addAndGet(1_000);
      attempt(file, now, "wrong " + PHRASE, ProblemCode.VAULT_UNLOCK_FAILED);
    }
    derivations.set(0);
    attempt(file, now, PHRASE, ProblemCode.VAULT_UNLOCK_THROTTLED);
    now.addAndGet(54_000);
    attempt(file, now, PHRASE, ProblemCode.VAULT_UNLOCK_THROTTLED);
    assertThat(derivations).hasValue(0);
    now.addAndGet(-3_600_000);
    attempt(file, now, PHRASE, ProblemCode.VAULT_UNLOCK_THROTTLED);
    now.addAndGet(61_000);
    attempt(file, now, PHRASE, null);
    assertThat(Files.exists(file)).isFalse();
  }

  @Test
  void aDamagedRecordOfAttemptsCountsAsFull() throws IOException {
    var now = new AtomicLong(1_000_000_000_000L);
    Path file = temporary.resolve("attempts");
    Files.write(file, new byte[3]);
    attempt(file, now, PHRASE, ProblemCode.VAULT_UNLOCK_THROTTLED);
    now.addAndGet(30_000);
    attempt(file, now, PHRASE, ProblemCode.VAULT_UNLOCK_THROTTLED);
  }

  /** Opens as a process of its own would: nothing is remembered but the file. */
  private void attempt(Path file, AtomicLong now, String phrase, @Nullable ProblemCode code) {
    var fresh =
        new VaultSetup(
            setup.directory(),
            setup.journal(),
            new UnlockAttempts(file, now::get),
            setup.device(),
            setup.binding(),
            setup.disk(),
            setup.engine(),
            cheap,
            setup.clock(),
            false);
    try (Credentials credentials = phrase(phrase)) {
      if (code == null) {
        VaultStore.open(fresh, credentials).close();
        return;
      }
      assertThatThrownBy(() -> VaultStore.open(fresh, credentials))
          .isInstanceOfSatisfying(ChitinException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
  }

  @Test
  void aSlotDoesNotChooseItsCost() throws IOException {
    add(
        SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
        phrase(PHRASE));
    removeFirst();
    Path header =
        vault.files().stream()
            .filter(f -> f.getFileName().toString().startsWith("header."))
            .findFirst()
            .orElseThrow();
    String text = Files.readString(header, StandardCharsets.ISO_8859_1);
    for (String[] change :
        new String[][] {
          {"m=65536;t=3", "m=65535;t=3"},
          {"m=65536;t=3", "m=65536;t=1"},
          {"m=65536;t=3", "m=99999999;t=3"},
          {"m=65536;t=3", "m=65536;t=99"},
          {"t=3;p=1", "t=3;p=0"}
        }) {
      String bent = text.replace(change[0], change[1]);
      int longer = bent.length() - text.length();
      assertThat(bent).isNotEqualTo(text);
      byte[] bytes = bent.getBytes(StandardCharsets.ISO_8859_1);
      int at = bent.indexOf("v=1;bind");
      bytes[at - 1] += (byte) longer;
      Files.write(header, bytes);
      derivations.set(0);
      refused(setup, phrase(PHRASE), ProblemCode.VAULT_SLOT_INVALID);
      assertThat(derivations).hasValue(0);
    }
  }

  @Test
  void theOnlySlotStays() {
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      var changes = new SlotChanges(store);
      String only = changes.slots().getFirst().idText();
      assertThatThrownBy(() -> changes.remove(only)).hasMessageContaining("only slot");
      assertThatThrownBy(() -> changes.remove("00")).hasMessageContaining("vault.slot_unknown");
    }
  }

  @Test
  void aRemovedSlotOpensNothingAndItsHeaderIsGone() throws IOException {
    add(
        SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
        phrase(PHRASE));
    byte[] before = Files.readAllBytes(headerFile());
    removeFirst();
    refused(setup, vault.credentials(), ProblemCode.VAULT_UNLOCK_FAILED);
    assertThat(vault.files().stream().filter(f -> f.toString().contains("header"))).hasSize(1);
    opens(setup, phrase(PHRASE));
    // The header with the removed slot holds the same root key; only its digest tells.
    Files.write(headerFile(), before);
    refused(setup, vault.credentials(), ProblemCode.VAULT_CORRUPT);
  }

  @Test
  void aNewRootKeyKeepsWhatWasGivenAndDropsTheRest() throws IOException {
    byte[] recovery = VaultFixture.random(32);
    add(
        SlotRequest.recovery(),
        vault.credentials().withRecovery(SecretBytes.takeOver(recovery.clone())));
    add(
        SlotRequest.passphrase(false, Optional.empty(), Argon2Parameters.Profile.DEFAULT),
        phrase(PHRASE));
    byte[] oldHeader = Files.readAllBytes(headerFile());
    try (VaultStore store = VaultStore.open(setup, vault.credentials())) {
      var changes = new SlotChanges(store);
      assertThatThrownBy(() -> changes.rotateRoot(phrase("a wrong passphrase")))
          .hasMessageContaining("vault.unlock_failed");
      SlotChanges.Rotated rotated =
          changes.rotateRoot(vault.credentials().withPassphrase(text(PHRASE)));
      assertThat(rotated.kept()).hasSize(2);
      assertThat(rotated.dropped()).extracting(Slot::method).containsExactly(Slot.Method.RECOVERY);
      assertThat(VaultFixture.get(store, "t", "a")).containsExactly(1, 2, 3);
      VaultFixture.put(store, "t", "b", new byte[] {9});
    }
    opens(setup, vault.credentials());
    opens(setup, phrase(PHRASE));
    refused(
        setup,
        Credentials.none().withRecovery(SecretBytes.takeOver(recovery.clone())),
        ProblemCode.VAULT_UNLOCK_FAILED);
    Files.write(headerFile(), oldHeader);
    refused(setup, vault.credentials(), ProblemCode.VAULT_CORRUPT);
  }

  private Path headerFile() throws IOException {
    return vault.files().stream()
        .filter(f -> f.getFileName().toString().startsWith("header."))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatWasGivenIsClosedWhetherOrNotASlotNeededIt() {
    SecretBytes passphrase = text(PHRASE);
    SecretBytes recovery = SecretBytes.random(32);
    SecretBytes recipient = SecretBytes.random(32);
    Credentials.none()
        .withPassphrase(passphrase)
        .withRecovery(recovery)
        .withRecipient(recipient)
        .close();
    for (SecretBytes given : List.of(passphrase, recovery, recipient)) {
      assertThat(given.isClosed()).isTrue();
    }
  }
}
