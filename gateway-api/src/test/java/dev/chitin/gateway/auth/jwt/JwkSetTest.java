package dev.chitin.gateway.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.json.JsonValue;
import java.math.BigInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is taken for an issuer's set of keys. */
class JwkSetTest {
  private static void assertLacks(byte[] document, String why) {
    JwkSet set = JwkSet.parse(document, "there");
    assertThat(set.keys()).isEmpty();
    assertThat(set.lack()).contains("no key", why);
  }

  private static void assertRefused(byte[] document, String why) {
    assertThatThrownBy(() -> JwkSet.parse(document, "The set"))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining(why);
  }

  @Test
  void keysOfOtherKindsUsesAndWithoutANameAreLeftOut() throws Exception {
    var ec = new TestIssuer(SigningAlgorithm.ES256);
    var ed = new TestIssuer(SigningAlgorithm.EDDSA);
    JwkSet set =
        JwkSet.parse(
            TestIssuer.set(
                ec.jwk("a"),
                ed.jwk("b"),
                ec.jwk("enc").put("use", "enc"),
                ec.jwk("other").put("alg", "ES384"),
                JsonValue.object().put("kty", "oct").put("kid", "secret").put("k", "AAAA"),
                JsonValue.object().put("kty", "EC").put("kid", "p384").put("crv", "P-384"),
                JsonValue.object().put("kty", "OKP").put("crv", "X25519").put("kid", "x")),
            "The set");
    assertThat(set.keys()).containsOnlyKeys("a", "b");
    assertThat(set.find("secret")).isEmpty();
  }

  @Test
  void aSetOfBrokenOrWeakKeysAloneIsEmptyAndOneWithASecretOrRepeatedKeyIsRefused()
      throws Exception {
    var ec = new TestIssuer(SigningAlgorithm.ES256);
    String zero = TestIssuer.base64(new byte[32]);
    assertLacks(TestIssuer.set(ec.jwk("a").put("x", zero)), "not a point");
    assertLacks(TestIssuer.set(ec.jwk("a").put("x", "AA")), "32 bytes");
    assertRefused(TestIssuer.set(ec.jwk("a").put("d", zero)), "secret key");
    assertRefused(TestIssuer.set(ec.jwk("a"), ec.jwk("a")), "two keys");
    assertLacks(
        TestIssuer.set(
            JsonValue.object()
                .put("kty", "OKP")
                .put("crv", "Ed25519")
                .put("kid", "a")
                .put("x", zero)),
        "not a key of Ed25519");
    byte[] small = BigInteger.ONE.shiftLeft(1_023).add(BigInteger.ONE).toByteArray();
    assertLacks(
        TestIssuer.set(
            JsonValue.object()
                .put("kty", "RSA")
                .put("kid", "a")
                .put("e", "AQAB")
                .put("n", TestIssuer.base64(small))),
        "2048");
  }

  @Test
  void aBrokenOrWeakKeyIsLeftOutAndTheRestIsTaken() throws Exception {
    var ec = new TestIssuer(SigningAlgorithm.ES256);
    var ed = new TestIssuer(SigningAlgorithm.EDDSA);
    String zero = TestIssuer.base64(new byte[32]);
    String small =
        TestIssuer.base64(BigInteger.ONE.shiftLeft(1_023).add(BigInteger.ONE).toByteArray());
    JwkSet set =
        JwkSet.parse(
            TestIssuer.set(
                ec.jwk("a"),
                ec.jwk("off").put("x", zero),
                ec.jwk("spelling").put("x", "+/=="),
                ec.jwk("b").put("y", "AA"),
                JsonValue.object().put("kty", "RSA").put("n", small).put("kid", "member"),
                JsonValue.object()
                    .put("kty", "RSA")
                    .put("n", small)
                    .put("kid", "weak")
                    .put("e", "AQAB"),
                ed.jwk("order").put("x", zero),
                ed.jwk("b")),
            "The set");
    assertThat(set.keys()).containsOnlyKeys("a", "b");
    assertThat(set.find("b").orElseThrow().algorithm()).isEqualTo(SigningAlgorithm.EDDSA);
    assertThat(set.broken())
        .containsExactly(
            "\"off\", not a point of P-256",
            "\"spelling\", x is not base64url",
            "\"b\", a coordinate on P-256 has 32 bytes",
            "\"member\", it has no e",
            "\"weak\", an RSA key has 2048 to 8192 bits and an odd exponent",
            "\"order\", not a key of Ed25519");
  }

  @Test
  void aBrokenKeyHidesNoSecretOrRepeatedOne() throws Exception {
    var ec = new TestIssuer(SigningAlgorithm.ES256);
    JsonValue.Builder broken = ec.jwk("broken").put("x", "AA");
    assertRefused(TestIssuer.set(broken, ec.jwk("a"), ec.jwk("a")), "two keys");
    assertRefused(TestIssuer.set(ec.jwk("a"), broken.put("d", "AA")), "secret key");
  }

  @Test
  void aSetIsBounded() throws Exception {
    var ec = new TestIssuer(SigningAlgorithm.ES256);
    JsonValue.Builder[] many =
        IntStream.range(0, 65).mapToObj(i -> ec.jwk("k" + i)).toArray(JsonValue.Builder[]::new);
    assertRefused(TestIssuer.set(many), "more than 64");
    assertRefused(new byte[256 * 1024 + 1], "256 KiB");
    assertLacks(TestIssuer.set(), "RS256");
    assertRefused("[]".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "no array");
  }
}
