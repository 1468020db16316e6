package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys on disk, and how they end. */
class KeyStoreTest {
  private static final long START = 1_800_000_123_456L;

  private final Path directory;
  private long now = START;

  KeyStoreTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private KeyStore open() {
    return KeyStore.open(directory, () -> Instant.ofEpochMilli(now));
  }

  private static KeySpec spec(@Nullable Long life, String... scopes) {
    return new KeySpec("default", "holder", Role.AGENT, List.of(scopes), life);
  }

  private static AuthFailureKind refusal(KeyStore keys, String key) {
    return ((Verdict.Refused) new KeyAuthenticator(keys).check(key)).kind();
  }

  private static CreatedKey made(KeyStore keys, KeySpec spec) {
    return keys.keep(keys.draft(spec));
  }

  private static CreatedKey replaced(KeyStore keys, String id, long overlapMillis) {
    return keys.keep(keys.draftInPlaceOf(id, overlapMillis));
  }

  private static Caller caller(KeyStore keys, String key) {
    return ((Verdict.Known) new KeyAuthenticator(keys).check(key)).caller();
  }

  @Test
  void scopesExpiryAndUseSurviveARestart() {
    CreatedKey key;
    try (KeyStore keys = open()) {
      key = made(keys, spec(TimeUnit.DAYS.toMillis(90), "tools:read", "tools:call:fs_*"));
      now += TimeUnit.HOURS.toMillis(5);
      assertThat(caller(keys, key.key()).permissions().reaches("fs_read")).isTrue();
    }
    try (KeyStore keys = open()) {
      KeyRecord record = keys.list().getFirst();
      assertThat(record.expiresMillis()).isEqualTo(START + TimeUnit.DAYS.toMillis(90));
      assertThat(record.lastUsedMillis()).isEqualTo(now / 3_600_000 * 3_600_000);
      Caller caller = caller(keys, key.key());
      assertThat(caller.permissions().reaches("process_run")).isFalse();
      assertThat(caller.may(Scope.LLM_CALL)).isFalse();
      assertThat(CanonicalJson.string(KeyRecord.listJson(keys.list())))
          .contains("\"expires\":", "\"lastUsed\":", "tools:call:fs_*")
          .doesNotContain("secretDigest");
    }
  }

  @Test
  void aKeyEndsWithTheMillisecondOfItsExpiry() {
    try (KeyStore keys = open()) {
      CreatedKey key = made(keys, spec(10_000L));
      now += 9_999;
      assertThat(caller(keys, key.key()).account()).isEqualTo("default/holder");
      now += 1;
      assertThat(refusal(keys, key.key())).isEqualTo(AuthFailureKind.EXPIRED);
      assertThat(new KeyAuthenticator(keys).holds(new Credential.Key(key.id()))).isFalse();
    }
  }

  @Test
  void whenRotatedBothHoldForTheOverlapAndThenTheNewOneAlone() {
    try (KeyStore keys = open()) {
      CreatedKey old = made(keys, spec(TimeUnit.DAYS.toMillis(90), "tools:call:fs_*"));
      now += TimeUnit.DAYS.toMillis(80);
      CreatedKey next = replaced(keys, old.id(), TimeUnit.HOURS.toMillis(1));
      assertThat(caller(keys, old.key()).principal())
          .isEqualTo(caller(keys, next.key()).principal());
      assertThat(caller(keys, next.key()).permissions())
          .isEqualTo(caller(keys, old.key()).permissions());
      now += TimeUnit.HOURS.toMillis(1);
      assertThat(refusal(keys, old.key())).isEqualTo(AuthFailureKind.EXPIRED);
      KeyRecord record = keys.find(next.id()).orElseThrow();
      assertThat(record.replaces()).isEqualTo(old.id());
      assertThat(record.expiresMillis())
          .isEqualTo(record.createdMillis() + TimeUnit.DAYS.toMillis(90));
      assertThatThrownBy(() -> replaced(keys, old.id(), 0)).hasMessageContaining("expired");
    }
  }

  @Test
  void anOverlapNeverLengthensALife() {
    try (KeyStore keys = open()) {
      CreatedKey old = made(keys, spec(60_000L));
      replaced(keys, old.id(), TimeUnit.DAYS.toMillis(1));
      assertThat(keys.find(old.id()).orElseThrow().expiresMillis()).isEqualTo(START + 60_000);
    }
  }

  @Test
  void aLifeIsCountedFromTheBeginningThatIsWrittenDown() {
    try (KeyStore keys = KeyStore.open(directory, () -> Instant.ofEpochMilli(now++))) {
      KeyRecord made = keys.find(made(keys, spec(60_000L)).id()).orElseThrow();
      assertThat(made.expiresMillis()).isEqualTo(made.createdMillis() + 60_000);
      KeyRecord next = keys.find(replaced(keys, made.id(), 0).id()).orElseThrow();
      assertThat(next.expiresMillis()).isEqualTo(next.createdMillis() + 60_000);
    }
  }

  @Test
  void aWiderKeyIsNotMade() {
    try (KeyStore keys = open()) {
      assertThatThrownBy(() -> made(keys, spec(null, "admin")))
          .isInstanceOfSatisfying(
              ChitinException.class,
              e -> assertThat(e.code()).isEqualTo(ProblemCode.REQUEST_ARGUMENTS_INVALID));
      assertThat(keys.list()).isEmpty();
    }
    assertThat(directory.resolve("keys.json")).doesNotExist();
  }

  @Test
  void aFileOfTheFirstVersionIsReadAndKept() throws IOException {
    String digest = "sha256:" + "0f".repeat(32);
    Files.writeString(
        directory.resolve("keys.json"),
        "{\"keys\":[{\"created\":7,\"id\":\"A\",\"name\":\"old\",\"role\":\"agent\",\"secretDigest\":\""
            + digest
            + "\"}],\"version\":1}");
    try (KeyStore keys = open()) {
      assertThat(keys.list().getFirst().tenant()).isEqualTo("default");
      made(keys, spec(null));
    }
    try (KeyStore keys = open()) {
      assertThat(keys.list()).hasSize(2).first().matches(key -> key.name().equals("old"));
    }
  }

  @Test
  void whatACrashLeftBesideTheFileIsNotRead() throws IOException {
    CreatedKey key;
    try (KeyStore keys = open()) {
      key = made(keys, spec(null));
    }
    Files.writeString(directory.resolve("keys.json.tmp"), "{\"keys\":[");
    try (KeyStore keys = open()) {
      assertThat(caller(keys, key.key()).account()).isEqualTo("default/holder");
      made(keys, spec(null));
    }
    try (KeyStore keys = open()) {
      assertThat(keys.list()).hasSize(2);
    }
  }

  @Test
  void aDamagedFileOrAWidenedKeyInItStopsTheStart() throws IOException {
    try (KeyStore keys = open()) {
      made(keys, spec(null, "tools:read"));
    }
    Path file = directory.resolve("keys.json");
    String sound = Files.readString(file);
    for (String broken :
        List.of(
            sound.substring(1), sound.replace("tools:read", "admin"), sound.replace("2}", "3}"))) {
      Files.writeString(file, broken);
      assertThatThrownBy(this::open).hasMessageContaining("damaged");
    }
    Files.writeString(file, sound);
    open().close();
  }

  @Test
  void revokedTokensAreKeptByIdOrSubjectAndIssuer() {
    try (KeyStore keys = open()) {
      keys.revoke(new RevokedToken(RevokedToken.By.JTI, "t1", null));
      keys.revoke(new RevokedToken(RevokedToken.By.SUB, "mallory", "https://a.example"));
    }
    try (KeyStore keys = open()) {
      assertThat(keys.isRevoked(token("https://b.example", "alice", "t1"))).isTrue();
      assertThat(keys.isRevoked(token("https://a.example", "mallory", null))).isTrue();
      assertThat(keys.isRevoked(token("https://b.example", "mallory", null))).isFalse();
      assertThat(keys.isRevoked(token("https://a.example", "t1", "mallory"))).isFalse();
      keys.restore(new RevokedToken(RevokedToken.By.JTI, "t1", null));
      assertThat(keys.isRevoked(token("https://b.example", "alice", "t1"))).isFalse();
    }
  }

  private void unwritable(Runnable meanwhile) throws IOException {
    var writable = Files.getPosixFilePermissions(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-x------"));
    try {
      meanwhile.run();
    } finally {
      Files.setPosixFilePermissions(directory, writable);
    }
  }

  /** A full disk must not be what keeps a stolen key alive. */
  @Test
  void whatIsRevokedIsRefusedThoughItCannotBeWrittenAndWrittenOnceItCan() throws IOException {
    var token = new RevokedToken(RevokedToken.By.JTI, "t1", null);
    try (KeyStore keys = open()) {
      CreatedKey key = made(keys, spec(null));
      CreatedKey other = made(keys, spec(null));
      unwritable(
          () -> {
            keys.revoke(key.id());
            keys.revoke(token);
            assertThat(refusal(keys, key.key())).isEqualTo(AuthFailureKind.KEY);
            assertThat(keys.isRevoked(token("https://b.example", "alice", "t1"))).isTrue();
            assertThatThrownBy(keys::requireWritten)
                .hasMessageContainingAll("auth.keys_unwritten", "refused from now on", "restart");
            assertThatThrownBy(keys::flush).hasMessageContaining("refused from now on");
            assertThatThrownBy(() -> made(keys, spec(null)))
                .hasMessageContaining("nothing was changed");
            assertThat(keys.list()).extracting(KeyRecord::id).containsExactly(other.id());
          });
      assertThat(Files.readString(directory.resolve("keys.json"))).contains(key.id());
      keys.flush();
      keys.requireWritten();
      assertThat(Files.readString(directory.resolve("keys.json"))).doesNotContain(key.id());
    }
    try (KeyStore keys = open()) {
      assertThat(keys.list()).hasSize(1);
      assertThat(keys.revokedTokens()).containsExactly(token);
    }
  }

  @Test
  void aDraftOfAKeyOpensNothingAndReplacesNothingThatIsGone() {
    try (KeyStore keys = open()) {
      KeyDraft draft = keys.draft(spec(null));
      assertThat(keys.list()).isEmpty();
      CreatedKey old = keys.keep(draft);
      assertThat(old.id()).isEqualTo(draft.id());
      KeyDraft next = keys.draftInPlaceOf(old.id(), 0);
      assertThat(caller(keys, old.key()).account()).isEqualTo("default/holder");
      keys.revoke(old.id());
      assertThatThrownBy(() -> keys.keep(next)).hasMessageContaining("request.not_found");
      assertThat(keys.list()).isEmpty();
    }
  }

  private static Credential.Token token(String issuer, String subject, @Nullable String id) {
    var digest = dev.chitin.bus.Digest.ofUtf8("any");
    return new Credential.Token(digest, issuer, subject, id, "k", digest, 0);
  }
}
