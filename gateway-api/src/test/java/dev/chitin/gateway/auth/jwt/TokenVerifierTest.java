package dev.chitin.gateway.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.AuthFailureKind;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.auth.Verdict;
import io.vertx.core.Future;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken for a token, and what each trick comes to. */
class TokenVerifierTest {
  private static final String ISSUER = "https://id.example";
  private static final String AUDIENCE = "https://gateway.example";
  private static final long START = 1_800_000_000L;
  private static final Map<String, Role> ROLES =
      Map.of("callers", Role.AGENT, "people", Role.APPROVER);

  private final VerificationPool pool = new VerificationPool();
  private final Set<Credential.Token> revoked = new HashSet<>();
  private final List<String> reads = new ArrayList<>();
  private TestIssuer issuer;
  private byte[] document;
  private IssuerKeys keys;
  private TokenVerifier verifier;
  private long seconds = START;
  private long nanos = 77;
  private boolean isTold = true;

  @BeforeEach
  void make() throws GeneralSecurityException {
    issuer = new TestIssuer(SigningAlgorithm.RS256);
    document = TestIssuer.set(issuer.jwk("k1"));
    use(Set.of(SigningAlgorithm.values()), ROLES);
  }

  @AfterEach
  void stop() {
    pool.close();
  }

  private void use(Set<SigningAlgorithm> algorithms) {
    use(algorithms, ROLES);
  }

  private void use(Set<SigningAlgorithm> algorithms, Map<String, Role> roles) {
    keys =
        new IssuerKeys(
            ISSUER,
            () -> {
              reads.add("read");
              return Future.succeededFuture(Bytes.adopt(document));
            },
            true,
            () -> nanos,
            this::forget);
    keys.read();
    var settings =
        new IssuerSettings(
            ISSUER,
            AUDIENCE,
            algorithms,
            new IssuerSettings.Keys.AtUrl(URI.create("https://id.example/keys"), null),
            List.of("realm", "roles"),
            roles,
            "acme");
    verifier =
        new TokenVerifier(
            Set.of(new Issuer(settings, keys)),
            pool,
            token -> revoked.stream().anyMatch(one -> one.equals(token)),
            () -> Instant.ofEpochSecond(seconds),
            () -> nanos);
  }

  private void forget() {
    if (isTold) {
      verifier.forget();
    }
  }

  private void pass(long more) {
    seconds += more;
    nanos += TimeUnit.SECONDS.toNanos(more);
  }

  private JsonValue.Builder claims() {
    return JsonValue.object()
        .put("iss", ISSUER)
        .put("aud", AUDIENCE)
        .put("sub", "alice")
        .put("jti", "t1")
        .put("exp", START + 300)
        .put("realm", JsonValue.object().put("roles", List.of("callers", "others")).build());
  }

  private String signed(UnaryOperator<JsonValue.Builder> change) throws GeneralSecurityException {
    return issuer.sign(issuer.header("k1"), change.apply(claims()));
  }

  private String headed(UnaryOperator<JsonValue.Builder> change) throws GeneralSecurityException {
    return issuer.sign(change.apply(issuer.header("k1")), claims());
  }

  private Verdict check(String token) {
    return verifier.check(token, List.of(), false).toCompletionStage().toCompletableFuture().join();
  }

  private Caller caller(String token) {
    Verdict verdict = check(token);
    assertThat(verdict).isInstanceOf(Verdict.Known.class);
    return ((Verdict.Known) verdict).caller();
  }

  private AuthFailureKind refusal(String token) {
    Verdict verdict = check(token);
    assertThat(verdict).isInstanceOf(Verdict.Refused.class);
    return ((Verdict.Refused) verdict).kind();
  }

  // ---- what is taken ----

  @ParameterizedTest
  @EnumSource(SigningAlgorithm.class)
  void aSignedTokenNamesItsPrincipalAndItsRoles(SigningAlgorithm algorithm) throws Exception {
    issuer = new TestIssuer(algorithm);
    document = TestIssuer.set(issuer.jwk("k1"));
    use(Set.of(algorithm));
    Caller caller = caller(signed(claims -> claims));
    assertThat(caller.principal().tenant()).isEqualTo("acme");
    assertThat(caller.principal().id()).isEqualTo("https://id.example|alice");
    assertThat(caller.principal().roles()).containsExactly("agent");
    assertThat(caller.may(Scope.TOOLS_CALL)).isTrue();
    assertThat(caller.may(Scope.ADMIN)).isFalse();
    assertThat(pool.verifications()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(SigningAlgorithm.class)
  void oneBitOfAnotherSignatureOrTextIsRefused(SigningAlgorithm algorithm) throws Exception {
    issuer = new TestIssuer(algorithm);
    document = TestIssuer.set(issuer.jwk("k1"));
    use(Set.of(algorithm));
    String[] parts = signed(claims -> claims).split("\\.", -1);
    byte[] signature = java.util.Base64.getUrlDecoder().decode(parts[2]);
    signature[signature.length / 2] ^= 1;
    assertThat(refusal(parts[0] + "." + parts[1] + "." + TestIssuer.base64(signature)))
        .isEqualTo(AuthFailureKind.SIGNATURE);
    String other = TestIssuer.base64(claims().put("sub", "mallory").build());
    assertThat(refusal(parts[0] + "." + other + "." + parts[2]))
        .isEqualTo(AuthFailureKind.SIGNATURE);
    assertThat(refusal(parts[0] + "." + parts[1] + "." + TestIssuer.base64(new byte[64])))
        .isEqualTo(AuthFailureKind.SIGNATURE);
  }

  @Test
  void severalAudiencesAndRolesAndATimeWithAFractionAreTaken() throws Exception {
    Caller caller =
        caller(
            signed(
                claims ->
                    claims
                        .put("aud", List.of("https://other.example", AUDIENCE))
                        .put("exp", new JsonValue.Real(START + 60.5))
                        .put("nbf", START + 20)
                        .put("realm", JsonValue.object().put("roles", "callers people").build())));
    assertThat(caller.principal().roles()).containsExactlyInAnyOrder("agent", "approver");
    assertThat(caller.may(Scope.APPROVALS_DECIDE)).as("who asks may not approve").isFalse();
  }

  private String withRoles(Object roles) throws GeneralSecurityException {
    JsonValue.Builder realm = JsonValue.object();
    if (roles instanceof List<?> list) {
      realm.put("roles", list.stream().map(String::valueOf).toList());
    } else {
      realm.put("roles", String.valueOf(roles));
    }
    return signed(claims -> claims.put("realm", realm.build()));
  }

  @Test
  void anElementOfAnArrayIsOneNameWhateverItHolds() throws Exception {
    assertThat(refusal(withRoles(List.of("not callers", " callers", "callers people"))))
        .isEqualTo(AuthFailureKind.ROLE);
    assertThat(caller(withRoles(List.of("no people", "callers"))).principal().roles())
        .containsExactly("agent");
  }

  /** "Domain Admins" is one name or two: a text that could be either gives neither's role. */
  @Test
  void aNameWithASpaceIsTakenFromAnArrayAndNeverFromAText() throws Exception {
    use(
        Set.of(SigningAlgorithm.values()),
        Map.of("Domain Admins", Role.APPROVER, "Admins", Role.ADMIN, "callers", Role.AGENT));
    assertThat(caller(withRoles(List.of("Domain Admins"))).principal().roles())
        .containsExactly("approver");
    assertThat(caller(withRoles("callers")).principal().roles()).containsExactly("agent");
    for (String text : List.of("Domain Admins", "callers Admins", "not Admins")) {
      assertThat(refusal(withRoles(text))).as(text).isEqualTo(AuthFailureKind.ROLE);
    }
  }

  // ---- what is not ----

  @Test
  void withoutASignatureNothingIsTaken() throws Exception {
    String header =
        TestIssuer.base64(
            JsonValue.object().put("typ", "JWT").put("alg", "none").put("kid", "k1").build());
    String claims = TestIssuer.base64(claims().build());
    assertThat(refusal(header + "." + claims + ".")).isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(refusal(header + "." + claims + ".AA")).isEqualTo(AuthFailureKind.MALFORMED);
    String[] good = signed(c -> c).split("\\.", -1);
    assertThat(refusal(good[0] + "." + good[1] + ".")).isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(pool.verifications()).isZero();
  }

  @Test
  void theOpenKeyIsNoSecretKeyOfAnHmac() throws Exception {
    String signed =
        TestIssuer.base64(
                JsonValue.object().put("typ", "JWT").put("alg", "HS256").put("kid", "k1").build())
            + "."
            + TestIssuer.base64(claims().build());
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(issuer.keys.getPublic().getEncoded(), "HmacSHA256"));
    String token =
        signed + "." + TestIssuer.base64(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    assertThat(refusal(token)).isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(pool.verifications()).isZero();
  }

  @Test
  void anAlgorithmThatIsNotListedOrNotTheKeysIsRefusedWithoutVerifying() throws Exception {
    var ed = new TestIssuer(SigningAlgorithm.EDDSA);
    document = TestIssuer.set(issuer.jwk("k1"), ed.jwk("k2"));
    use(Set.of(SigningAlgorithm.RS256));
    assertThat(refusal(ed.sign(ed.header("k2"), claims()))).isEqualTo(AuthFailureKind.SIGNER);
    use(Set.of(SigningAlgorithm.values()));
    assertThat(refusal(ed.sign(ed.header("k1"), claims()))).isEqualTo(AuthFailureKind.SIGNER);
    assertThat(pool.verifications()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"crit", "jku", "x5u", "jwk", "x5c", "b64", "zip"})
  void aHeaderThatBringsOrNamesAKeyOrChangesTheRulesIsRefused(String name) throws Exception {
    assertThat(refusal(headed(header -> header.put(name, "https://evil.example/keys"))))
        .isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(pool.verifications()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../../etc/passwd", "' OR '1'='1", "https://evil.example", "K1"})
  void aKidIsOnlyANameToLookUp(String kid) throws Exception {
    assertThat(refusal(headed(header -> header.put("kid", kid)))).isEqualTo(AuthFailureKind.SIGNER);
    assertThat(pool.verifications()).isZero();
  }

  @Test
  void theKindOfTokenIsHeldToWhatItSays() throws Exception {
    assertThat(caller(headed(header -> header.put("typ", "at+JWT"))).account()).contains("alice");
    for (String type : List.of("dpop+jwt", "secevent+jwt", "logout+jwt", "")) {
      assertThat(refusal(headed(header -> header.put("typ", type))))
          .as(type)
          .isEqualTo(AuthFailureKind.MALFORMED);
    }
    assertThat(
            refusal(issuer.sign(JsonValue.object().put("alg", "RS256").put("kid", "k1"), claims())))
        .isEqualTo(AuthFailureKind.MALFORMED);
  }

  @Test
  void issuerAudienceAndTimesAreHeldToTheSecond() throws Exception {
    assertThat(refusal(signed(c -> c.put("iss", ISSUER + "/")))).isEqualTo(AuthFailureKind.ISSUER);
    assertThat(refusal(signed(c -> c.put("aud", AUDIENCE + "/"))))
        .isEqualTo(AuthFailureKind.AUDIENCE);
    assertThat(refusal(signed(c -> c.put("aud", List.of())))).isEqualTo(AuthFailureKind.AUDIENCE);
    assertThat(refusal(signed(c -> c.put("nbf", START + 31))))
        .isEqualTo(AuthFailureKind.NOT_YET_VALID);
    assertThat(refusal(signed(c -> c.put("exp", START - 30)))).isEqualTo(AuthFailureKind.EXPIRED);
    assertThat(caller(signed(c -> c.put("exp", START - 29))).account()).contains("alice");
    assertThat(refusal(signed(c -> c.put("exp", "never")))).isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(refusal(signed(c -> c.put("sub", "")))).isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(refusal(signed(c -> c.put("sub", "a\u0000b")))).isEqualTo(AuthFailureKind.MALFORMED);
    for (String hidden : List.of("\u202e", "\u200b", "\u00ad", "\u00a0", "\udb40\udc01")) {
      assertThat(refusal(signed(c -> c.put("sub", "ali" + hidden + "ce"))))
          .isEqualTo(AuthFailureKind.MALFORMED);
    }
    assertThat(pool.verifications()).isEqualTo(1);
  }

  @Test
  void withoutAnEndNothingIsTaken() throws Exception {
    assertThat(
            refusal(
                issuer.sign(
                    issuer.header("k1"),
                    JsonValue.object().put("iss", ISSUER).put("aud", AUDIENCE).put("sub", "a"))))
        .isEqualTo(AuthFailureKind.MALFORMED);
  }

  @Test
  void aTokenWithoutAKnownRoleIsForbiddenNotUnknown() throws Exception {
    Verdict verdict =
        check(signed(c -> c.put("realm", JsonValue.object().put("roles", "admin").build())));
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Refused.class,
            refused -> {
              assertThat(refused.problem().code()).isEqualTo(ProblemCode.AUTH_SCOPE_INSUFFICIENT);
              assertThat(refused.kind()).isEqualTo(AuthFailureKind.ROLE);
              assertThat(refused.problem().hint()).contains("realm.roles");
            });
  }

  @Test
  void whatIsLargerThan8KiBIsNotEvenDecoded() throws Exception {
    assertThat(refusal("ey" + "J".repeat(1 << 20) + ".e30.AA"))
        .isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(refusal(signed(c -> c.put("pad", "x".repeat(9_000)))))
        .isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(pool.verifications()).isZero();
  }

  @Test
  void aTokenHasOneSpellingAndNoDuplicateMembers() throws Exception {
    String good = signed(c -> c);
    assertThat(refusal(good + "=")).isEqualTo(AuthFailureKind.MALFORMED);
    // The last character of 256 bytes has four bits that carry nothing.
    String digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char last = good.charAt(good.length() - 1);
    String other = good.substring(0, good.length() - 1) + digits.charAt(digits.indexOf(last) ^ 1);
    assertThat(refusal(other)).isEqualTo(AuthFailureKind.MALFORMED);
    assertThat(pool.verifications()).isZero();
    assertThat(refusal(good + ".")).isEqualTo(AuthFailureKind.MALFORMED);
    String twice = "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"k1\",\"typ\":\"JWT\"}";
    assertThat(
            refusal(
                TestIssuer.base64(twice.getBytes(StandardCharsets.US_ASCII))
                    + good.substring(good.indexOf('.'))))
        .isEqualTo(AuthFailureKind.MALFORMED);
  }

  @Test
  void aBoundTokenNeedsItsCertificateAndAnotherBindingIsNotPassedOver() throws Exception {
    JsonValue.Obj bound = JsonValue.object().put("x5t#S256", "A".repeat(43)).build();
    assertThat(refusal(signed(c -> c.put("cnf", bound)))).isEqualTo(AuthFailureKind.BINDING);
    JsonValue.Obj other = JsonValue.object().put("jkt", "A".repeat(43)).build();
    assertThat(refusal(signed(c -> c.put("cnf", other)))).isEqualTo(AuthFailureKind.MALFORMED);
  }

  @Test
  void aTokenBesideSomebodysCertificateIsTwoCredentials() throws Exception {
    Verdict verdict =
        verifier
            .check(signed(c -> c), List.of(), true)
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    assertThat(((Verdict.Refused) verdict).problem().code()).isEqualTo(ProblemCode.AUTH_AMBIGUOUS);
  }

  // ---- what is remembered ----

  @Test
  void aGoodTokenIsVerifiedOnceAMinuteAndNeverTakenBeyondItsEnd() throws Exception {
    String token = signed(c -> c.put("exp", START + 100));
    for (int i = 0; i < 60; i++) {
      caller(token);
      pass(1);
    }
    assertThat(pool.verifications()).isEqualTo(1);
    caller(token);
    assertThat(pool.verifications()).isEqualTo(2);
    pass(59);
    caller(token);
    seconds = START + 130; // the wall clock alone: the memory of it is not over yet
    assertThat(refusal(token)).isEqualTo(AuthFailureKind.EXPIRED);
    assertThat(pool.verifications()).isEqualTo(2);
  }

  @Test
  void aBadTokenIsRememberedForFiveSeconds() throws Exception {
    var stranger = new TestIssuer(SigningAlgorithm.RS256);
    String forged = stranger.sign(stranger.header("k1"), claims());
    for (int i = 0; i < 5; i++) {
      assertThat(refusal(forged)).isEqualTo(AuthFailureKind.SIGNATURE);
      pass(1);
    }
    assertThat(pool.verifications()).isEqualTo(1);
    refusal(forged);
    assertThat(pool.verifications()).isEqualTo(2);
  }

  @Test
  void aRevocationIsAskedForAtEveryUse() throws Exception {
    String token = signed(c -> c);
    Credential.Token credential = (Credential.Token) caller(token).credential();
    assertThat(verifier.holds(credential)).isTrue();
    revoked.add(credential);
    assertThat(refusal(token)).isEqualTo(AuthFailureKind.REVOKED);
    assertThat(verifier.holds(credential)).isFalse();
  }

  @Test
  void aKeyThatWasTakenOutOfTheSetEndsItsTokens() throws Exception {
    String token = signed(c -> c);
    Credential.Token credential = (Credential.Token) caller(token).credential();
    var next = new TestIssuer(SigningAlgorithm.RS256);
    document = TestIssuer.set(next.jwk("k2"));
    keys.read();
    assertThat(verifier.holds(credential)).isFalse();
    assertThat(refusal(token)).isEqualTo(AuthFailureKind.SIGNER);
  }

  @Test
  void anotherKeyOfTheSameNameEndsThemAsWell() throws Exception {
    String token = signed(c -> c);
    Credential.Token credential = (Credential.Token) caller(token).credential();
    document = TestIssuer.set(new TestIssuer(SigningAlgorithm.RS256).jwk("k1"));
    keys.read();
    assertThat(verifier.holds(credential)).isFalse();
    assertThat(refusal(token)).isEqualTo(AuthFailureKind.SIGNATURE);
  }

  @Test
  void aSetThatIsEmptiedEndsAllTokens() throws Exception {
    String token = signed(c -> c);
    Credential.Token credential = (Credential.Token) caller(token).credential();
    byte[] before = document;
    document = TestIssuer.set();
    keys.read();
    assertThat(verifier.holds(credential)).isFalse();
    assertThat(refusal(token)).isEqualTo(AuthFailureKind.SIGNER);
    document = before;
    keys.read();
    assertThat(caller(token).account()).contains("alice");
  }

  /** As when its verification ends after the keys were told to be others. */
  @Test
  void aTokenThatIsRememberedAfterItsKeyWentIsNotTaken() throws Exception {
    String token = signed(c -> c);
    caller(token);
    isTold = false;
    document = TestIssuer.set(new TestIssuer(SigningAlgorithm.RS256).jwk("k2"));
    keys.read();
    assertThat(refusal(token)).isEqualTo(AuthFailureKind.SIGNER);
  }

  @Test
  void aStormOfUnknownKeysReadsTheSetOnceInThirtySeconds() throws Exception {
    reads.clear();
    for (int i = 0; i < 200; i++) {
      String kid = "unknown-" + i;
      assertThat(refusal(headed(header -> header.put("kid", kid))))
          .isEqualTo(AuthFailureKind.SIGNER);
    }
    assertThat(reads).hasSize(1);
    assertThat(pool.verifications()).isZero();
    pass(30);
    refusal(headed(header -> header.put("kid", "unknown-again")));
    assertThat(reads).hasSize(2);
  }

  @Test
  void aNewKeyIsFoundWithItsFirstToken() throws Exception {
    var next = new TestIssuer(SigningAlgorithm.EDDSA);
    document = TestIssuer.set(issuer.jwk("k1"), next.jwk("k2"));
    assertThat(caller(next.sign(next.header("k2"), claims())).account()).contains("alice");
  }

  // ---- the pool ----

  /** A key whose verification waits until it is let go. */
  private record SlowKey(CountDownLatch entered, CountDownLatch go) implements VerificationKey {
    @Override
    public SigningAlgorithm algorithm() {
      return SigningAlgorithm.RS256;
    }

    @Override
    public Digest digest() {
      return Digest.ofUtf8("slow");
    }

    @Override
    public boolean verifies(byte[] message, byte[] signature) {
      entered.countDown();
      try {
        return go.await(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        return false;
      }
    }
  }

  @Test
  void whatFindsNoPlaceInTheQueueIsToldToComeAgain() throws Exception {
    var go = new CountDownLatch(1);
    var entered = new CountDownLatch(1);
    try (var small = new VerificationPool(1, 1)) {
      var slow = new SlowKey(entered, go);
      Future<Boolean> running = small.verify(slow, new byte[0], new byte[0]);
      assertThat(entered.await(1, TimeUnit.MINUTES)).isTrue();
      Future<Boolean> waiting = small.verify(slow, new byte[0], new byte[0]);
      Future<Boolean> refused = small.verify(slow, new byte[0], new byte[0]);
      assertThat(refused.cause())
          .isInstanceOf(java.util.concurrent.RejectedExecutionException.class);
      go.countDown();
      assertThat(Future.all(running, waiting).toCompletionStage().toCompletableFuture().join())
          .isNotNull();
    }
  }

  @Test
  void aClosedPoolIsA503AndNotRememberedAsTheTokensFault() throws Exception {
    pool.close();
    String token = signed(c -> c);
    for (int i = 0; i < 2; i++) {
      Verdict.Refused refused = (Verdict.Refused) check(token);
      assertThat(refused.problem().code()).isEqualTo(ProblemCode.GATEWAY_OVERLOADED);
      assertThat(refused.isFault()).isFalse();
    }
  }

  @Test
  void severalRequestsWithOneNewTokenWaitForOneVerification() throws Exception {
    String token = signed(c -> c);
    List<Future<Verdict>> asked = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      asked.add(verifier.check(token, List.of(), false));
    }
    Future.all(asked).toCompletionStage().toCompletableFuture().join();
    assertThat(asked).allMatch(one -> one.result() instanceof Verdict.Known);
    assertThat(pool.verifications()).isEqualTo(1);
  }

  // ---- keys that cannot be read again ----

  @Test
  void oldKeysServeForADayAndThenNone() throws Exception {
    String first = signed(c -> c.put("exp", START + 200_000));
    caller(first);
    document = "no longer a set".getBytes(StandardCharsets.US_ASCII);
    keys.read();
    pass(Duration.ofHours(24).toSeconds());
    caller(first);
    pass(1);
    assertThat(refusal(first)).isEqualTo(AuthFailureKind.UNAVAILABLE);
    Verdict.Refused refused =
        (Verdict.Refused) check(signed(c -> c.put("exp", START + 200_000).put("jti", "t2")));
    assertThat(refused.problem().code()).isEqualTo(ProblemCode.AUTH_UNAVAILABLE);
    assertThat(keys.serve()).isFalse();
  }
}
