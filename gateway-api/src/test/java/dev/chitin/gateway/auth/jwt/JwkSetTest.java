package dev.chitin.gateway.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.json.JsonValue;
import java.math.BigInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is taken for an issuer's set of keys. */
class JwkSetTest {
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
  void brokenWeakSecretAndRepeatedKeysAreRefused() throws Exception {
    var ec = new TestIssuer(SigningAlgorithm.ES256);
    String zero = TestIssuer.base64(new byte[32]);
    assertRefused(TestIssuer.set(ec.jwk("a").put("x", zero)), "not a point");
    assertRefused(TestIssuer.set(ec.jwk("a").put("x", "AA")), "32 bytes");
    assertRefused(TestIssuer.set(ec.jwk("a").put("d", zero)), "secret key");
    assertRefused(TestIssuer.set(ec.jwk("a"), ec.jwk("a")), "two keys");
    assertRefused(
        TestIssuer.set(
            JsonValue.object()
                .put("kty", "OKP")
                .put("crv", "Ed25519")
                .put("kid", "a")
                .put("x", zero)),
        "not a key of Ed25519");
    byte[] small = BigInteger.ONE.shiftLeft(1_023).add(BigInteger.ONE).toByteArray();
    assertRefused(
        TestIssuer.set(
            JsonValue.object()
                .put("kty", "RSA")
                .put("kid", "a")
                .put("e", "AQAB")
                .put("n", TestIssuer.base64(small))),
        "2048");
  }

  @Test
  void aSetIsBoundedAndNeverEmpty() throws Exception {
    var ec = new TestIssuer(SigningAlgorithm.ES256);
    JsonValue.Builder[] many =
        IntStream.range(0, 65).mapToObj(i -> ec.jwk("k" + i)).toArray(JsonValue.Builder[]::new);
    assertRefused(TestIssuer.set(many), "more than 64");
    assertRefused(new byte[256 * 1024 + 1], "256 KiB");
    assertRefused(TestIssuer.set(), "no key");
    assertRefused("[]".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "no array");
  }
}
