package dev.chitin.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.FuzzedTexts;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Spoiled credentials: each is a credential of one spelling, or none. */
class CredentialFuzzTest {
  private static final int COUNT = 150_000;

  private final SecureRandom secure = new SecureRandom();

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      keys.add(ApiKey.generate(secure).reveal());
    }
    return keys;
  }

  @Test
  void aKeyIsReadAsItIsWrittenOrNotAtAll() {
    List<String> keys = keys();
    FuzzedTexts.of("keys")
        .show(
            COUNT,
            keys,
            text -> {
              Optional<ApiKey> key = ApiKey.parse(text);
              assertThat(key.isPresent()).isEqualTo(keys.contains(text));
              key.ifPresent(read -> assertThat(read.reveal()).isEqualTo(text));
            });
  }

  @Test
  void oneWrongCharacterIsAlwaysFound() {
    String digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (String key : keys()) {
      for (int at = 0; at < key.length(); at++) {
        for (int digit = 0; digit < digits.length(); digit += 7) {
          var wrong = new StringBuilder(key);
          wrong.setCharAt(at, digits.charAt(digit));
          if (!wrong.toString().equals(key)) {
            assertThat(ApiKey.parse(wrong.toString())).as("%s at %d", wrong, at).isEmpty();
          }
        }
      }
    }
  }

  @Test
  void anAuthorizationNamesOneTextWithoutSpaceAround() {
    List<String> fields = List.of("Bearer abc", "bearer  abc ", "Basic YTpi", "BEARER x.y.z", "");
    FuzzedTexts.of("authorization")
        .show(
            COUNT,
            fields,
            field -> {
              Set<String> texts = new Presented(List.of(field), List.of(), List.of()).texts();
              assertThat(texts).hasSize(1);
              String text = texts.iterator().next();
              assertThat(text).isEqualTo(text.trim());
              assertThat(field).contains(text);
              if (!field.toLowerCase(java.util.Locale.ROOT).startsWith("bearer ")) {
                assertThat(text).isEmpty();
              }
              assertThat(new Presented(List.of(field), List.of("another"), List.of()).texts())
                  .as("two credentials are two")
                  .hasSize(text.equals("another") ? 1 : 2);
            });
  }
}
