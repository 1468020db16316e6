package dev.chitin.gateway.auth.jwt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.FuzzedTexts;
import dev.chitin.gateway.auth.Role;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Spoiled tokens: each is read, as the one text that it is, or refused with a reason that repeats
 * nothing of it.
 */
class TokenFuzzTest {
  private static final int COUNT = 100_000;
  private static final IssuerSettings SETTINGS =
      new IssuerSettings(
          "https://zqxw.example",
          "https://gateway.example",
          Set.of(SigningAlgorithm.values()),
          new IssuerSettings.Keys.InFile(Path.of("none")),
          List.of("realm_access", "roles"),
          Map.of("agent", Role.AGENT),
          "acme");

  /** In every text that comes from the token. */
  private static final String MARK = "zqxw";

  private static final List<String> HEADERS =
      List.of(
          "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"zqxw\"}",
          "{\"typ\":\"at+jwt\",\"kid\":\"../zqxw\",\"alg\":\"RS256\"}",
          "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"zqxw\",\"jwk\":{\"kty\":\"zqxw\"}}",
          "{\"alg\":\"ES256\",\"typ\":\"application/at+jwt\",\"kid\":\"zqxw\",\"crit\":[\"zqxw\"]}");
  private static final List<String> PAYLOADS =
      List.of(
          "{\"iss\":\"https://zqxw.example\",\"sub\":\"zqxw\",\"aud\":[\"zqxw\",\"b\"],\"exp\":1893456000,"
              + "\"nbf\":1.5e9,\"jti\":\"zqxw\",\"cnf\":{\"x5t#S256\":\"zqxw\"}}",
          "{\"sub\":\"zqxw\",\"aud\":\"zqxw\",\"exp\":1,\"realm_access\":{\"roles\":[\"zqxw agent\",7]}}",
          "{\"sub\":null,\"exp\":\"zqxw\"}");

  private static String encoded(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }

  private static void look(String text) {
    try {
      Token token = Token.parse(text);
      assertThat(text.length()).isLessThanOrEqualTo(Token.MOST_LENGTH);
      assertThat(token.kid()).hasSizeBetween(1, 256);
      assertThat(
              new String(token.signed(), StandardCharsets.US_ASCII)
                  + "."
                  + Base64.getUrlEncoder().withoutPadding().encodeToString(token.signature()))
          .isEqualTo(text);
      Claims claims = Claims.of(token.claims(), SETTINGS);
      assertThat(claims.subject()).hasSizeBetween(1, 255);
      assertThat(claims.expiresMillis()).isNotNegative();
    } catch (Token.Unreadable refused) {
      assertThat(refused.getMessage()).isNotBlank().doesNotContain(MARK).hasSizeLessThan(200);
    }
  }

  @Test
  void spoiledHeadersAndClaims() {
    FuzzedTexts texts = FuzzedTexts.of("claims");
    texts.show(
        COUNT,
        HEADERS,
        header ->
            look(
                encoded(texts.random().nextInt(3) == 0 ? HEADERS.getFirst() : header)
                    + "."
                    + encoded(texts.like(PAYLOADS))
                    + ".c2lnbmF0dXJl"));
  }

  @Test
  void spoiledOutsides() {
    FuzzedTexts.of("tokens")
        .show(
            COUNT,
            List.of(
                encoded(HEADERS.getFirst()) + "." + encoded(PAYLOADS.getFirst()) + ".c2lnbmF0dXJl",
                encoded(HEADERS.getFirst()) + ".." + encoded("x"),
                "...."),
            TokenFuzzTest::look);
  }

  @Test
  void bytesHaveOneSpelling() {
    FuzzedTexts texts = FuzzedTexts.of("base64url");
    texts.show(
        COUNT,
        List.of("c2lnbmF0dXJl", "_-8", "QQ", "QR", "QQ==", "a"),
        text ->
            Base64Url.decode(text)
                .ifPresent(
                    bytes ->
                        assertThat(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes))
                            .isEqualTo(text)));
  }
}
