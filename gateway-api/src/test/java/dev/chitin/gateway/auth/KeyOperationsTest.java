package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyOperationsTest {
  @TempDir private Path directory = Path.of("");

  private static JsonFields subject(String sub) {
    return JsonFields.of(JsonValue.object().put("sub", sub).build(), "");
  }

  /** Log, sessions and approvals show principals, so that is what gets copied. */
  @Test
  void aPrincipalInThePlaceOfASubjectIsNotRevoked() {
    try (KeyStore keys = KeyStore.open(directory)) {
      var operations = new KeyOperations(keys, List.of("https://id.example"), "boss");
      assertThatThrownBy(() -> operations.revokeToken(subject("https://id.example|alice")))
          .isInstanceOfSatisfying(
              ChitinException.class,
              refusal ->
                  assertThat(refusal.problem().hint())
                      .contains("--sub alice --issuer https://id.example"));
      assertThat(keys.revokedTokens()).isEmpty();
      operations.revokeToken(subject("directory|alice")).effect().take();
      assertThat(keys.revokedTokens()).hasSize(1);
    }
  }

  private static JsonFields tokens(String issuer) {
    return JsonFields.of(JsonValue.object().put("sub", "alice").put("issuer", issuer).build(), "");
  }

  /** A revocation with a typing error in it would be answered with success, and stop nothing. */
  @Test
  void tokensOfAnIssuerThatIsNoneAreNotRevoked() {
    try (KeyStore keys = KeyStore.open(directory)) {
      var operations =
          new KeyOperations(keys, List.of("https://id.example", "https://b.example"), "boss");
      assertThatThrownBy(() -> operations.revokeToken(tokens("https://id.example/")))
          .hasMessageContaining("request.arguments_invalid")
          .hasMessageContaining("https://id.example, https://b.example");
      assertThatThrownBy(
              () -> new KeyOperations(keys, List.of(), "boss").revokeToken(tokens("https://x")))
          .hasMessageContaining("auth.issuers has none");
      assertThat(keys.revokedTokens()).isEmpty();
      operations.revokeToken(tokens("https://b.example")).effect().take();
      assertThat(keys.revokedTokens()).hasSize(1);
      // What was revoked while the issuer was configured can still be taken back.
      new KeyOperations(keys, List.of(), "boss")
          .restoreToken(tokens("https://b.example"))
          .effect()
          .take();
      assertThat(keys.revokedTokens()).isEmpty();
    }
  }
}
