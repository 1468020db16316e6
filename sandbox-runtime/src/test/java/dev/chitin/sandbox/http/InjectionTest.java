package dev.chitin.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.CredentialRef;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InjectionTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fake-secret\r\nx-admin: 1",
        "fake-secret\n",
        "\rfake-secret",
        "fake\0secret",
        "fake\u007fsecret",
        "fake\tsecret",
        "fake-sécret"
      })
  void aSecretThatCannotStandInAFieldIsRefusedWithoutShowingIt(String secret) {
    assertThatThrownBy(() -> injection("raw", secret))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refused -> {
              assertThat(refused.problem().rule()).isEqualTo("credential.grammar");
              assertThat(refused.toString()).doesNotContain("fake");
            });
  }

  @Test
  void theFormatDecidesThePrefix() {
    assertThat(injection("bearer", "fake-secret-1").value()).hasToString("Bearer fake-secret-1");
    assertThat(injection("raw", "fake-secret-1").value()).hasToString("fake-secret-1");
    assertThat(injection("raw", "fake-secret-1").field()).isEqualTo("x-token");
  }

  @Test
  void closingWipesTheValueThatWasHandedOut() {
    Injection injection = injection("bearer", "fake-secret-1");
    CharSequence value = injection.value();

    injection.close();

    assertThat(value.chars()).hasSize(20).allMatch(c -> c == 0);
    assertThat(injection.redaction().apply("fake-secret-1".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo("fake-secret-1".getBytes(StandardCharsets.US_ASCII));
  }

  private static Injection injection(String format, String secret) {
    return Injection.of(
        new CredentialRef("token", "https", "api.example", 443, "header", "x-token", format),
        MemorySegment.ofArray(secret.getBytes(StandardCharsets.UTF_8)));
  }
}
