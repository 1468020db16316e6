package dev.chitin.gateway.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.AuthFailureKind;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.Verdict;
import dev.chitin.gateway.logging.LoggedLines;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An issuer changes its keys while tokens of the new and of the old ones come in. */
class KeyRotationTest {
  private static final String ISSUER = "https://rotating.example";
  private static final String AUDIENCE = "https://gateway.example";
  private static final long NOW = 1_800_000_000L;

  private final VerificationPool pool = new VerificationPool();
  private final List<Promise<Bytes>> readings = new ArrayList<>();
  private final LoggedLines logged = LoggedLines.of(IssuerKeys.class, ISSUER);
  private final TestIssuer first;
  private final TestIssuer second;
  private long nanos = 77;
  private IssuerKeys keys;
  private TokenVerifier verifier;

  KeyRotationTest() throws GeneralSecurityException {
    first = new TestIssuer(SigningAlgorithm.EDDSA);
    second = new TestIssuer(SigningAlgorithm.EDDSA);
  }

  @BeforeEach
  void make() {
    keys = new IssuerKeys(ISSUER, this::reading, true, () -> nanos, () -> verifier.forget());
    var settings =
        new IssuerSettings(
            ISSUER,
            AUDIENCE,
            Set.of(SigningAlgorithm.values()),
            new IssuerSettings.Keys.AtUrl(URI.create("https://id.example/keys"), null),
            List.of("roles"),
            Map.of("agent", Role.AGENT),
            "acme");
    verifier =
        new TokenVerifier(
            Set.of(new Issuer(settings, keys)),
            pool,
            token -> false,
            () -> Instant.ofEpochSecond(NOW),
            () -> nanos);
    keys.read();
    bring(first.jwk("k1"));
  }

  @AfterEach
  void stop() {
    logged.close();
    pool.close();
  }

  private Future<Bytes> reading() {
    Promise<Bytes> one = Promise.promise();
    readings.add(one);
    return one.future();
  }

  /** Ends the reading under way with these keys. */
  private void bring(JsonValue.Builder... jwks) {
    readings.getLast().complete(Bytes.adopt(TestIssuer.set(jwks)));
  }

  private static String token(TestIssuer by, String kid, String subject)
      throws GeneralSecurityException {
    return by.sign(
        by.header(kid),
        JsonValue.object()
            .put("iss", ISSUER)
            .put("aud", AUDIENCE)
            .put("sub", subject)
            .put("exp", NOW + 300)
            .put("roles", "agent"));
  }

  private Future<Verdict> check(String token) {
    return verifier.check(token, List.of(), false);
  }

  private static Verdict ended(Future<Verdict> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  private Caller caller(String token) {
    Verdict verdict = ended(check(token));
    assertThat(verdict).isInstanceOf(Verdict.Known.class);
    return ((Verdict.Known) verdict).caller();
  }

  private static AuthFailureKind refusal(Verdict verdict) {
    assertThat(verdict).isInstanceOf(Verdict.Refused.class);
    return ((Verdict.Refused) verdict).kind();
  }

  private void pass(long seconds) {
    nanos += TimeUnit.SECONDS.toNanos(seconds);
  }

  // ---- a reading under way ----

  @Test
  void howLongTheKeysWereNotReadIsToldUntilTheyAre() {
    assertThat(keys.age()).isZero();
    pass(600);
    keys.read();
    readings.getLast().fail("away");
    assertThat(keys.age()).isEqualTo(600);
    keys.read();
    bring(first.jwk("k1"));
    assertThat(keys.age()).isZero();
  }

  @Test
  void keysThatCannotBeReadAgainAreATroubleAndThatTheyServeNoLongerIsLoggedToo() {
    assertThat(keys.trouble()).isEmpty();
    for (int i = 0; i < 3; i++) {
      keys.read();
      readings.getLast().fail("the server answered with status 500");
    }
    assertThat(keys.trouble().orElseThrow()).contains("the old ones serve", "status 500");
    assertThat(logged.messages(Level.ERROR)).hasSize(1);
    pass(IssuerKeys.PATIENCE.toSeconds() + 1);
    assertThat(keys.trouble().orElseThrow()).contains("its tokens are refused", "status 500");
    keys.read();
    readings.getLast().fail("the server answered with status 500");
    assertThat(logged.messages(Level.ERROR)).hasSize(2);
    assertThat(logged.messages(Level.ERROR).getLast()).contains("its tokens are refused");
    keys.read();
    bring(first.jwk("k1"));
    assertThat(keys.trouble()).isEmpty();
    keys.read();
    bring();
    assertThat(keys.trouble().orElseThrow()).contains("withdrawn");
  }

  @Test
  void everyTokenOfANewKeyWaitsForTheReadingThatTheFirstOneStarted() throws Exception {
    List<Future<Verdict>> asked = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      asked.add(check(token(second, "k2", "u" + i)));
    }
    assertThat(asked).noneMatch(Future::isComplete);
    bring(first.jwk("k1"), second.jwk("k2"));
    assertThat(asked).allMatch(one -> ended(one) instanceof Verdict.Known);
    assertThat(readings).as("the first, and one for the new key").hasSize(2);
  }

  @Test
  void theyWaitForAReadingThatTheClockStartedAndStartNoOther() throws Exception {
    keys.read();
    Future<Verdict> known = check(token(second, "k2", "known"));
    Future<Verdict> unknown = check(token(second, "k3", "unknown"));
    assertThat(known.isComplete() || unknown.isComplete()).isFalse();
    bring(second.jwk("k2"));
    assertThat(ended(known)).isInstanceOf(Verdict.Known.class);
    assertThat(refusal(ended(unknown))).isEqualTo(AuthFailureKind.SIGNER);
    assertThat(readings).hasSize(2);
  }

  @Test
  void aReadingThatFailsEndsTheirWaitWithoutAnother() throws Exception {
    Future<Verdict> one = check(token(second, "k2", "a"));
    Future<Verdict> other = check(token(second, "k2", "b"));
    readings.getLast().fail(new IOException("the server answered with status 500"));
    assertThat(refusal(ended(one))).isEqualTo(AuthFailureKind.SIGNER);
    assertThat(refusal(ended(other))).isEqualTo(AuthFailureKind.SIGNER);
    assertThat(readings).hasSize(2);
    caller(token(first, "k1", "c"));
  }

  @Test
  void aTokenOfAKnownKeyWaitsForNoReading() throws Exception {
    keys.read();
    caller(token(first, "k1", "a"));
    assertThat(readings.getLast().future().isComplete()).isFalse();
  }

  @Test
  void moreThanMayWaitAreToldToComeAgainAndNotRemembered() throws Exception {
    var waiting =
        IntStream.range(0, IssuerKeys.MOST_WAITING)
            .mapToObj(i -> keys.findOrRead("unknown-" + i))
            .toList();
    assertThat(keys.findOrRead("k2").cause()).isInstanceOf(RejectedExecutionException.class);
    String token = token(second, "k2", "a");
    Verdict.Refused refused = (Verdict.Refused) ended(check(token));
    assertThat(refused.problem().code()).isEqualTo(ProblemCode.GATEWAY_OVERLOADED);
    bring(second.jwk("k2"));
    assertThat(waiting).allMatch(one -> one.succeeded() && one.result().isEmpty());
    caller(token);
    assertThat(keys.findOrRead("k3").result()).as("places come back").isEmpty();
  }

  @Test
  void aSourceThatThrowsIsAReadingThatFailed() {
    IssuerKeys throwing =
        new IssuerKeys(
            ISSUER,
            () -> {
              throw new IllegalStateException("the client is closed");
            },
            true,
            () -> nanos,
            () -> {});
    assertThat(throwing.read().succeeded()).isTrue();
    assertThat(throwing.read().succeeded()).as("nothing is left under way").isTrue();
    assertThat(throwing.findOrRead("k1").result()).isEmpty();
  }

  // ---- a set with a weak or broken key ----

  private static JsonValue.Builder weak(String kid) {
    byte[] small = BigInteger.ONE.shiftLeft(1_023).add(BigInteger.ONE).toByteArray();
    return JsonValue.object()
        .put("kty", "RSA")
        .put("kid", kid)
        .put("e", "AQAB")
        .put("n", TestIssuer.base64(small));
  }

  private List<String> warnings() {
    return logged.messages(Level.WARN);
  }

  @Test
  void aWeakKeyBesideTheNewOneKeepsNoWithdrawnKeyAlive() throws Exception {
    String old = token(first, "k1", "a");
    Credential.Token credential = (Credential.Token) caller(old).credential();
    keys.read();
    bring(second.jwk("k2"), weak("w\n1"));
    assertThat(verifier.holds(credential)).isFalse();
    caller(token(second, "k2", "b"));
    Future<Verdict> withdrawn = check(old);
    bring(second.jwk("k2"), weak("w\n1"));
    assertThat(refusal(ended(withdrawn))).isEqualTo(AuthFailureKind.SIGNER);
    Future<Verdict> unusable = check(token(second, "w\n1", "c"));
    assertThat(refusal(ended(unusable))).isEqualTo(AuthFailureKind.SIGNER);
  }

  @Test
  void aKeyThatIsLeftOutIsNamedOnceForEachChangeOfTheSet() {
    for (int i = 0; i < 3; i++) {
      keys.read();
      bring(second.jwk("k2"), weak("w\n1"));
    }
    assertThat(warnings()).hasSize(1);
    assertThat(warnings().getFirst()).contains(ISSUER, "\"w\\n1\"", "2048");
    keys.read();
    bring(first.jwk("k1"), weak("w\n1"));
    assertThat(warnings()).hasSize(2);
  }

  @Test
  void aSetOfNothingButWeakKeysWithdrawsTheOldOnesAndSaysWhy() throws Exception {
    caller(token(first, "k1", "a"));
    keys.read();
    bring(weak("k1"));
    assertThat(warnings()).singleElement().asString().contains("2048");
    assertThat(logged.messages(Level.ERROR)).anyMatch(message -> message.contains("2048"));
    Future<Verdict> asked = check(token(first, "k1", "a"));
    bring(weak("k1"));
    assertThat(refusal(ended(asked))).isEqualTo(AuthFailureKind.SIGNER);
  }
}
