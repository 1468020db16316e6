package dev.chitin.gateway.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.logging.LoggedLines;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of keys that cannot be used stops the start with one line that says all. */
class TokenIssuersTest {
  private static final String ISSUER = "https://kept-in-a-file.example";
  @TempDir private Path directory = Path.of("");
  private final Vertx vertx = Vertx.vertx();
  private final LoggedLines logged = LoggedLines.of(IssuerKeys.class, ISSUER);

  @AfterEach
  void stop() {
    logged.close();
    vertx.close().await();
  }

  private void refused(Path file, String... words) {
    var settings =
        new IssuerSettings(
            ISSUER,
            "https://gw.example",
            Set.of(SigningAlgorithm.RS256),
            new IssuerSettings.Keys.InFile(file),
            List.of("roles"),
            Map.of("agent", Role.AGENT),
            "default");
    assertThatThrownBy(() -> new TokenIssuers(vertx, List.of(settings), token -> false, () -> {}))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(ProblemCode.CONFIG_INVALID);
              assertThat(refusal.problem().rule()).isEqualTo("auth.issuers.jwks_file");
              assertThat(refusal.problem().detail())
                  .contains(ISSUER, file.toString())
                  .contains(words)
                  .doesNotContain("\n", "Exception", "..");
              assertThat(refusal.problem().hint()).contains("RFC 7517");
            });
    assertThat(logged.all()).isEmpty();
  }

  @Test
  void aFileThatIsMissingIsNamedWithItsIssuer() {
    refused(directory.resolve("none.json"), "does not exist");
  }

  @Test
  void whatIsNoFileIsNotOpened() {
    refused(directory, "is no regular file");
  }

  @Test
  void aFileThatHoldsNoKeysIsNamedWithItsIssuer() throws Exception {
    Path file = directory.resolve("keys.json");
    Files.writeString(file, "{");
    refused(file, "is not JSON");
    Files.writeString(file, "{}");
    refused(file, "is not a set of keys");
    Files.write(file, TestIssuer.set());
    refused(file, "holds no key");
  }

  /** Whoever takes the last key out wants no token taken any longer, and no restart. */
  @Test
  void aFileThatIsEmptiedLaterWithdrawsItsKeys() throws Exception {
    Path file = directory.resolve("keys.json");
    Files.write(file, TestIssuer.set(new TestIssuer(SigningAlgorithm.ES256).jwk("k1")));
    IssuerKeys keys = read(file);
    Files.write(file, TestIssuer.set());
    keys.read().await();
    keys.read().await();
    assertThat(keys.find("k1")).isEmpty();
    assertThat(logged.messages())
        .singleElement()
        .asString()
        .contains(ISSUER, "withdrawn", file + " holds no key");
  }

  private IssuerKeys read(Path file) {
    var keys =
        new IssuerKeys(ISSUER, new FileKeySource(vertx, file), false, System::nanoTime, () -> {});
    keys.readFirst().await();
    return keys;
  }

  /** Later the old keys serve on, and the log has one line of it. */
  @Test
  void aFileThatGoesLaterIsALineOfTheLogWithoutATrace() throws Exception {
    Path file = directory.resolve("keys.json");
    Files.write(file, TestIssuer.set(new TestIssuer(SigningAlgorithm.ES256).jwk("k1")));
    IssuerKeys keys = read(file);
    Files.delete(file);
    keys.read().await();
    assertThat(keys.serve()).isTrue();
    ILoggingEvent line =
        logged.all().stream().filter(e -> e.getLevel().equals(Level.ERROR)).findAny().get();
    assertThat(line.getThrowableProxy()).isNull();
    assertThat(line.getFormattedMessage())
        .contains(ISSUER, file + " does not exist", "the old ones serve")
        .doesNotContain("internal");
  }
}
