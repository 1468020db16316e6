package dev.chitin.vault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.FieldSealer.SealedName;
import dev.chitin.audit.FieldSealer.Subject;
import dev.chitin.audit.GuardedField;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.crypto.CryptoEngine;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys of the audit log's guarded fields. */
class FieldKeysTest {
  private static final Subject ALICE = new Subject("default", "alice");
  private static final byte[] PLACE = "origin uid principal".getBytes(UTF_8);
  private static final byte[] ELSEWHERE = "origin uid actor".getBytes(UTF_8);

  @TempDir Path temporary;
  private Path file;
  private VaultFixture vault;
  private VaultStore store;
  private FieldKeys keys;

  @BeforeEach
  void open() throws IOException {
    vault = new VaultFixture(temporary).created();
    file = vault.home.resolve("audit-subjects");
    store = vault.open();
    keys = FieldKeys.open(store, file);
  }

  @AfterEach
  void close() {
    keys.close();
    store.close();
  }

  private void reopen() {
    close();
    store = vault.open();
    keys = FieldKeys.open(store, file);
  }

  private SealedName sealed(Subject subject) {
    keys.prepare(subject, Deadline.after(Duration.ofSeconds(30))).await();
    return Objects.requireNonNull(keys.seal(subject, PLACE));
  }

  private String hash(GuardedField field, String tenant, String value) {
    return Objects.requireNonNull(keys.hash(field, tenant, value));
  }

  @Test
  void aNameIsOpenedWhereItWasSealedAndNowhereElse() {
    SealedName name = sealed(ALICE);
    assertThat(name.box()).startsWith("s1:").doesNotContain("alice");
    assertThat(keys.open(name.box(), PLACE)).contains("alice");
    assertThat(keys.open(name.box(), ELSEWHERE)).isEmpty();
    reopen();
    assertThat(keys.open(name.box(), PLACE)).contains("alice");
    assertThat(keys.find(ALICE)).contains(name.hash());
  }

  @Test
  void anyChangedByteOfABoxOpensNothing() {
    byte[] box = Base64.getUrlDecoder().decode(sealed(ALICE).box().substring(3));
    for (int i = 0; i < box.length; i++) {
      byte[] changed = box.clone();
      changed[i] ^= 1;
      assertThat(
              keys.open(
                  "s1:" + Base64.getUrlEncoder().withoutPadding().encodeToString(changed), PLACE))
          .as("byte %d", i)
          .isEmpty();
    }
    for (String none : List.of("", "s1:", "s1:AAAA", "s1:!!!", "h1:AAAA", "s2:AAAA")) {
      assertThat(keys.open(none, PLACE)).isEmpty();
    }
  }

  /** Two under one nonce would give the key's authenticator away. */
  @Test
  void noTwoBoxesShareANonce() {
    sealed(ALICE);
    Set<String> nonces = new HashSet<>();
    for (int i = 0; i < 5_000; i++) {
      String box = Objects.requireNonNull(keys.seal(ALICE, PLACE)).box();
      byte[] bytes = Base64.getUrlDecoder().decode(box.substring(3));
      nonces.add(
          HexFormat.of()
              .formatHex(bytes, SubjectFile.KEY_ID, SubjectFile.KEY_ID + CryptoEngine.NONCE_BYTES));
    }
    assertThat(nonces).hasSize(5_000);
  }

  @Test
  void namesOfAnyLengthComeBackWhole() {
    for (String name :
        List.of("", "a", "a".repeat(29), "a".repeat(30), "a".repeat(31), "ü".repeat(400), "a\0b")) {
      SealedName sealed = sealed(new Subject("t", name));
      assertThat(keys.open(sealed.box(), PLACE)).contains(name);
    }
  }

  @Test
  void aDestroyedSubjectIsUnreadableAndNobodysAgain() throws IOException {
    SealedName before = sealed(ALICE);
    SealedName other = sealed(new Subject("default", "bob"));
    byte[] wrapped = Files.readAllBytes(file);
    assertThat(keys.shred(ALICE, FieldKeysTest::recorded).await()).contains(before.hash());
    assertThat(keys.open(before.box(), PLACE)).isEmpty();
    assertThat(keys.find(ALICE)).isEmpty();
    assertThat(keys.seal(ALICE, PLACE)).isNull();
    assertThat(Files.readAllBytes(file)).hasSize(wrapped.length - SubjectFile.RECORD);
    reopen();
    assertThat(keys.open(before.box(), PLACE)).isEmpty();
    assertThat(keys.open(other.box(), PLACE)).contains("bob");
    SealedName after = sealed(ALICE);
    assertThat(after.hash()).isNotEqualTo(before.hash());
    assertThat(keys.open(before.box(), PLACE)).isEmpty();
    var nobody = new Subject("default", "nobody");
    assertThat(keys.shred(nobody, FieldKeysTest::recorded).await()).isEmpty();
  }

  /** Threads that found the record before it was gone must not bring its keys back. */
  @Test
  void ofADestroyedSubjectNothingStaysInMemory() throws Exception {
    try (var threads = Executors.newFixedThreadPool(2)) {
      for (int i = 0; i < 200; i++) {
        var subject = new Subject("default", "subject " + i);
        sealed(subject);
        byte[] record = Files.readAllBytes(file);
        assertThat(keys.remembers(record)).isTrue();
        var destroyed = new AtomicBoolean();
        Callable<Void> sealing =
            () -> {
              while (!destroyed.get()) {
                keys.seal(subject, PLACE);
              }
              return null;
            };
        var atWork = List.of(threads.submit(sealing), threads.submit(sealing));
        try {
          assertThat(keys.shred(subject, FieldKeysTest::recorded).await()).isPresent();
        } finally {
          destroyed.set(true);
        }
        for (var thread : atWork) {
          thread.get();
        }
        assertThat(keys.remembers(record)).isFalse();
        assertThat(keys.isReady(subject)).isFalse();
      }
    }
  }

  private static Future<?> recorded(Optional<String> hash) {
    return Future.succeededFuture();
  }

  /** Nobody would know what became of them. */
  @Test
  void keysStayAsLongAsTheirDestructionIsNotRecorded() {
    SealedName before = sealed(ALICE);
    Promise<Void> record = Promise.promise();
    List<Optional<String>> named = new ArrayList<>();
    Future<Optional<String>> shredded =
        keys.shred(
            ALICE,
            hash -> {
              named.add(hash);
              return record.future();
            });
    assertThat(named).containsExactly(Optional.of(before.hash()));
    assertThat(keys.open(before.box(), PLACE)).contains(ALICE.name());
    record.fail("the log takes nothing");
    assertThat(shredded.failed()).isTrue();
    assertThat(keys.open(before.box(), PLACE)).contains(ALICE.name());
    assertThat(keys.shred(ALICE, FieldKeysTest::recorded).await()).contains(before.hash());
    assertThat(keys.open(before.box(), PLACE)).isEmpty();
  }

  @Test
  void hashesTellFieldsAndTenantsApart() {
    Set<String> all = new HashSet<>();
    for (GuardedField field : GuardedField.values()) {
      for (String tenant : List.of("", "a", "ab")) {
        for (String value : List.of("bc", "c", "")) {
          assertThat(all.add(hash(field, tenant, value))).isTrue();
        }
      }
    }
    assertThat(sealed(ALICE).hash()).isNotEqualTo(sealed(new Subject("other", "alice")).hash());
    assertThat(all).allSatisfy(h -> assertThat(h).matches("h1:[A-Za-z0-9_-]{22}"));
  }

  /** Whoever has the log alone tries every address of a /16, plain and under guessed keys. */
  @Test
  void aDictionaryOfAddressesFindsNoneWithoutTheKey() throws Exception {
    String wanted = hash(GuardedField.ADDRESS, "", "10.20.30.40");
    var digest = MessageDigest.getInstance("SHA-256");
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
    boolean known = false;
    for (int i = 0; i < 65_536; i++) {
      String address = "10.20." + (i >>> 8) + "." + (i & 255);
      byte[] text = address.getBytes(UTF_8);
      assertThat(text(digest.digest(text))).isNotEqualTo(wanted);
      assertThat(text(mac.doFinal(text))).isNotEqualTo(wanted);
      known |= hash(GuardedField.ADDRESS, "", address).equals(wanted);
    }
    assertThat(known).as("with the key the dictionary finds it").isTrue();
  }

  private static String text(byte[] hash) {
    return "h1:" + Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 16));
  }

  @Test
  void hashesOutliveARestart() {
    String before = hash(GuardedField.HOST, "t", "example.com");
    reopen();
    assertThat(hash(GuardedField.HOST, "t", "example.com")).isEqualTo(before);
  }

  @Test
  void withoutTheVaultNothingIsHashedOrOpened() {
    SealedName name = sealed(ALICE);
    keys.close();
    assertThat(keys.hash(GuardedField.HOST, "t", "new.example")).isNull();
    assertThat(keys.seal(ALICE, PLACE)).isNull();
    assertThat(keys.open(name.box(), PLACE)).isEmpty();
    keys.prepare(new Subject("t", "late"), Deadline.after(Duration.ofSeconds(5))).await();
    assertThat(keys.isReady(new Subject("t", "late"))).isFalse();
  }

  @Test
  void aTornRecordIsCutAndAChangedOneIsRefused() throws IOException {
    sealed(ALICE);
    close();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length + 50));
    store = vault.open();
    keys = FieldKeys.open(store, file);
    assertThat(keys.find(ALICE)).isPresent();
    assertThat(Files.size(file)).isEqualTo(whole.length);
    keys.close();
    whole[60] ^= 1;
    Files.write(file, whole);
    assertThatThrownBy(() -> FieldKeys.open(store, file))
        .isInstanceOfSatisfying(
            ChitinException.class, e -> assertThat(e.code()).isEqualTo(ProblemCode.VAULT_CORRUPT));
    Files.delete(file);
    keys = FieldKeys.open(store, file);
    assertThat(keys.find(ALICE)).isEqualTo(Optional.empty());
  }
}
