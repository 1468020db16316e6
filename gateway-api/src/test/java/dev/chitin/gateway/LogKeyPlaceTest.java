package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.KeyRotation;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.policy.PathRules;
import dev.chitin.vault.KeyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which key files a log has, when several logs have theirs beside one vault key. */
class LogKeyPlaceTest {
  private static final Instant START = Instant.parse("2031-05-01T10:00:00Z");
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir Path temp;
  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final InstantSource clock = now::get;
  private Path vaultKey;
  private LogKeyFiles shared;

  @BeforeEach
  void places() throws IOException {
    vaultKey = Files.createDirectory(temp.resolve("keys")).resolve("vault.key");
    shared = LogKeyFiles.shared(vaultKey, temp.resolve("homes"));
  }

  private SignedLog opened(String home) {
    Path audit = audit(home);
    return new SignedLog(
        audit,
        log ->
            new LogKeyPlace(
                    log, SignedLog.settings(audit).origin(), audit, vaultKey, temp.resolve("homes"))
                .find(),
        clock);
  }

  /** As a gateway opened it that knew shared keys alone. */
  private SignedLog openedAsBefore(String home) {
    return new SignedLog(audit(home), log -> shared, clock);
  }

  private Path audit(String home) {
    return temp.resolve("homes").resolve(home).resolve("audit");
  }

  /** Signs the log of {@code home}, and says with what. */
  private VerifierKey signed(String home, boolean asBefore) throws Exception {
    try (var opened = asBefore ? openedAsBefore(home) : opened(home)) {
      return opened.write();
    }
  }

  private KeyRotation rotated(String home) throws Exception {
    try (var opened = opened(home)) {
      opened.write();
      KeyRotation rotation = opened.keys.rotate(WEEK);
      now.set(now.get().plus(WEEK));
      assertThat(opened.keys.finish()).isTrue();
      return rotation;
    }
  }

  private void assertRefused(String home, String... told) {
    assertThatThrownBy(() -> opened(home).close())
        .isInstanceOfSatisfying(
            ChitinException.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(ProblemCode.AUDIT_KEY_CHANGED);
              assertThat(refused.problem().detail()).contains(told);
              assertThat(refused.problem().hint()).isNotBlank();
            });
  }

  private static byte[] bytes(KeyFile file) throws IOException {
    return Files.readAllBytes(file.path());
  }

  @Test
  void twoLogsBesideOneVaultKeyHaveKeysOfTheirOwn() throws Exception {
    VerifierKey first = signed("first", false);
    VerifierKey second = signed("second", false);
    assertThat(first).isNotEqualTo(second);
    assertThat(signed("first", false)).isEqualTo(first);
    assertThat(signed("second", false)).isEqualTo(second);
    assertThat(shared.isThere()).isFalse();
  }

  @Test
  void aRotationOfOneLogsKeyLeavesTheOtherAsItWas() throws Exception {
    VerifierKey second = signed("second", false);
    KeyRotation rotation = rotated("first");
    assertThat(signed("first", false)).isEqualTo(rotation.to());
    try (var opened = opened("second")) {
      assertThat(opened.signers(second, rotation.from(), rotation.to())).containsExactly(second);
    }
  }

  @Test
  void aNewLogDoesNotTakeTheSharedKey() throws Exception {
    VerifierKey other = signed("old", true);
    assertThat(signed("new", false)).isNotEqualTo(other);
  }

  @Test
  void aLogThatTheSharedKeySignedGoesOnWithACopyOfIt() throws Exception {
    VerifierKey first = signed("first", true);
    assertThat(signed("second", true)).as("they shared it").isEqualTo(first);
    byte[] key = bytes(shared.current());
    for (String home : List.of("first", "second")) {
      try (var opened = opened(home)) {
        assertThat(opened.keys.newest()).isEqualTo(first);
        assertThat(opened.signers(first)).containsExactly(first);
        assertThat(opened.files.current().path()).hasBinaryContent(key);
        assertThat(Files.getPosixFilePermissions(opened.files.current().path()))
            .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      }
    }
    KeyRotation rotation = rotated("first");
    assertThat(rotation.from()).isEqualTo(first);
    assertThat(shared.current().path()).hasBinaryContent(key);
    assertThat(signed("first", false)).isEqualTo(rotation.to());
    assertThat(signed("second", false)).isEqualTo(first);
    Files.delete(shared.current().path());
    assertThat(signed("second", false)).as("it is not looked for again").isEqualTo(first);
  }

  @Test
  void aRotationThatWasBegunWithSharedFilesIsEndedWithItsOwn() throws Exception {
    KeyRotation rotation;
    try (var opened = openedAsBefore("first")) {
      opened.write();
      rotation = opened.keys.rotate(WEEK);
    }
    byte[] current = bytes(shared.current());
    byte[] next = bytes(shared.next());
    try (var opened = opened("first")) {
      assertThat(opened.signers(rotation.from(), rotation.to()))
          .containsExactly(rotation.from(), rotation.to());
      now.set(START.plus(WEEK));
      assertThat(opened.keys.finish()).isTrue();
      assertThat(opened.signers(rotation.from(), rotation.to())).containsExactly(rotation.to());
      assertThat(opened.files.next().isThere()).isFalse();
      assertThat(opened.files.old().isThere()).isFalse();
    }
    assertThat(shared.current().path()).hasBinaryContent(current);
    assertThat(shared.next().path()).hasBinaryContent(next);
  }

  @Test
  void aCrashWithinTheEndOfARotationOfSharedFilesLosesNoKey() throws Exception {
    KeyRotation rotation;
    try (var opened = openedAsBefore("first")) {
      opened.write();
      rotation = opened.keys.rotate(WEEK);
      opened.write();
    }
    now.set(START.plus(WEEK));
    shared.current().moveTo(shared.old());
    try (var opened = opened("first")) {
      assertThat(opened.signers(rotation.from(), rotation.to())).containsExactly(rotation.to());
    }
  }

  @Test
  void theNextKeyOfAnotherLogIsNotTaken() throws Exception {
    VerifierKey first = signed("first", true);
    signed("second", true);
    try (var opened = openedAsBefore("second")) {
      opened.keys.rotate(WEEK);
    }
    byte[] next = bytes(shared.next());
    try (var opened = opened("first")) {
      assertThat(opened.files.next().isThere()).isFalse();
      assertThat(opened.signers(first)).containsExactly(first);
    }
    assertThat(shared.next().path()).hasBinaryContent(next);
  }

  @Test
  void aCopyThatWasCutShortIsMadeByTheNextStart() throws Exception {
    KeyRotation rotation;
    try (var opened = openedAsBefore("first")) {
      opened.write();
      rotation = opened.keys.rotate(WEEK);
    }
    UUID name = UUID.randomUUID();
    LogKeyName.in(audit("first")).keep(name);
    LogKeyFiles own = LogKeyFiles.named(name, vaultKey, temp.resolve("homes"));
    shared.next().copyTo(own.next());
    try (var opened = opened("first")) {
      assertThat(opened.files.current().path()).isEqualTo(own.current().path());
      assertThat(opened.signers(rotation.from(), rotation.to())).hasSize(2);
    }
  }

  @Test
  void aSharedKeyThatDidNotSignTheLogIsNotTaken() throws Exception {
    signed("first", true);
    shared.current().destroy();
    assertRefused("first", shared.current().path().toString(), "key-name");
    shared.current().create();
    assertRefused("first", shared.current().path().toString(), "key-name");
    assertThat(audit("first").resolve("key-name")).doesNotExist();
    assertThat(temp.resolve("keys/audit-log-keys")).doesNotExist();
  }

  @Test
  void aMovedHomeFindsItsKey() throws Exception {
    VerifierKey key = signed("first", false);
    Files.move(temp.resolve("homes/first"), temp.resolve("homes/moved"));
    assertThat(signed("moved", false)).isEqualTo(key);
    assertThat(signed("first", false)).as("a new log, where it was").isNotEqualTo(key);
  }

  @Test
  void aLostKeyIsNamedAndNothingIsMadeInItsPlace() throws Exception {
    Path lost;
    try (var opened = opened("first")) {
      opened.write();
      lost = opened.files.current().path();
    }
    signed("other", true);
    Path aside = temp.resolve("aside");
    Files.move(lost, aside);
    assertRefused("first", lost.toString());
    assertThat(lost).doesNotExist();
    Files.move(aside, lost);
    signed("first", false);
  }

  @Test
  void aNameThatIsNoneIsRefused() throws Exception {
    signed("first", false);
    Path name = audit("first").resolve("key-name");
    String good = Files.readString(name);
    for (String bad : List.of("", "../vault", good.strip() + "/x", good.substring(1))) {
      Files.writeString(name, bad);
      assertRefused("first", name.toString());
    }
    Files.writeString(name, good.strip());
    signed("first", false);
  }

  @Test
  void theDirectoryAboveIsJudgedAsBefore() throws Exception {
    signed("first", false);
    Files.setPosixFilePermissions(
        vaultKey.getParent(), PosixFilePermissions.fromString("rwxrwxr-x"));
    ThrowingCallable start = () -> opened("first").close();
    assertThatThrownBy(start)
        .isInstanceOfSatisfying(
            ChitinException.class,
            refused -> assertThat(refused.problem().rule()).isEqualTo("key.parent"));
  }

  @Test
  void noToolSeesTheKeysOfAnyLog() throws Exception {
    Path home = temp.resolve("homes/first");
    Map<String, String> environment = Map.of("CHITIN_HOME", home.toString());
    String text =
        "{ vault: { key_file: '%s' }, workspace: { allowed_paths: ['%s'] } }"
            .formatted(vaultKey, vaultKey.getParent());
    PathRules rules =
        PathRules.compile(
            SettingsReader.read(
                    Configuration.parse("chitin.json5", text, environment),
                    ChitinHome.of(environment),
                    environment)
                .policy());
    String readable = vaultKey.resolveSibling("notes").toString();
    assertThat(rules.denied(readable, readable, PathRules.Access.READ)).isEmpty();
    LogKeyFiles own;
    try (var opened = opened("first")) {
      own = opened.files;
    }
    LogKeyFiles other = LogKeyFiles.named(UUID.randomUUID(), vaultKey, home);
    for (LogKeyFiles files : List.of(own, other, shared)) {
      for (KeyFile file : List.of(files.current(), files.next(), files.old())) {
        String path = file.path().toString();
        assertThat(rules.denied(path, path, PathRules.Access.READ)).as(path).isPresent();
      }
    }
  }
}
