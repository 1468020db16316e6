package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.FuzzedTexts;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spoiled fields and queries: each gives a value within its bounds, or is named as malformed. */
class RequestFieldsFuzzTest {
  private static final int COUNT = 150_000;
  private static final List<String> NAMES = List.of("cursor", "limit", "from", "kind");
  private static final Set<ProblemCode> REFUSALS =
      Set.of(ProblemCode.REQUEST_MALFORMED, ProblemCode.VAULT_SECRET_INVALID);

  private static MultiMap field(String name, String value) {
    return MultiMap.caseInsensitiveMultiMap().add(name, value);
  }

  /** What {@code read} gives, or nothing when it is refused as it should be. */
  private static <T> Optional<T> given(Supplier<T> read) {
    try {
      return Optional.of(read.get());
    } catch (ChitinException refused) {
      assertThat(REFUSALS).contains(refused.problem().code());
      return Optional.empty();
    }
  }

  @Test
  void prefer() {
    FuzzedTexts.of("prefer")
        .show(
            COUNT,
            List.of(
                "respond-async", "wait=10, respond-async", "Respond-Async;x", "handling=lenient"),
            text -> {
              if (RequestFields.prefersAsync(field("prefer", text))) {
                assertThat(text.toLowerCase(java.util.Locale.ROOT)).contains("respond-async");
              }
            });
    assertThat(RequestFields.prefersAsync(field("prefer", "wait=1, Respond-Async"))).isTrue();
  }

  @Test
  void severalFieldsOfPreferAreOneList() {
    MultiMap several = field("prefer", "wait=10").add("Prefer", "handling=lenient, respond-async");
    assertThat(RequestFields.prefersAsync(several)).isTrue();
    assertThat(RequestFields.prefersAsync(field("prefer", "wait=10").add("prefer", "x"))).isFalse();
    assertThat(RequestFields.prefersAsync(field("accept", "respond-async"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          respond-async                        | true
          Respond-Async , wait=10              | true
          wait=10;x=y,respond-async;foo="a,b"  | true
          respond-async=""                     | true
          respond-async =                      | true
          , respond-async                      | true
          respond-async=1                      | false
          respond-asynchronously               | false
          foo; respond-async                   | false
          foo=bar; respond-async; x            | false
          foo="a, respond-async, b"            | false
          foo="a;respond-async"                | false
          foo="\\", respond-async, \\""         | false
          foo="open, respond-async             | false
          """)
  void aPreferenceIsNoParameterAndNoQuotedText(String prefer, boolean async) {
    assertThat(RequestFields.prefersAsync(field("prefer", prefer))).isEqualTo(async);
  }

  @Test
  void idempotencyKeys() {
    FuzzedTexts.of("idempotency-key")
        .show(
            COUNT,
            List.of("7f9c", "x".repeat(254), "a b", ""),
            text -> {
              boolean isKey =
                  !text.isEmpty()
                      && text.length() <= 255
                      && text.chars().allMatch(c -> c > 0x20 && c < 0x7F);
              Optional<Optional<String>> read =
                  given(() -> RequestFields.idempotencyKey(field("idempotency-key", text)));
              assertThat(read).isEqualTo(isKey ? Optional.of(Optional.of(text)) : Optional.empty());
            });
  }

  @Test
  void timeouts() {
    FuzzedTexts.of("chitin-timeout-ms")
        .show(
            COUNT,
            List.of("1", "250", "60000", "60001", "0", "-1", "1e3", "007", "99999999999"),
            text -> {
              Optional<Long> read =
                  given(
                      () -> RequestFields.timeoutMillis(field("chitin-timeout-ms", text), 60_000));
              read.ifPresent(
                  millis -> {
                    assertThat(millis).isBetween(1L, 60_000L);
                    assertThat(Long.toString(millis)).isEqualTo(text);
                  });
            });
    assertThat(RequestFields.timeoutMillis(field("chitin-timeout-ms", "60000"), 60_000))
        .isEqualTo(60_000);
    assertThat(RequestFields.timeoutMillis(field("accept", "x"), 60_000)).isEqualTo(60_000);
    MultiMap two = field("chitin-timeout-ms", "5").add("chitin-timeout-ms", "6");
    assertThat(given(() -> RequestFields.timeoutMillis(two, 60_000))).isEmpty();
  }

  @Test
  void lastEventIds() {
    FuzzedTexts.of("last-event-id")
        .show(
            COUNT,
            List.of("0", "42", "999999999999999", "-1", "1e3"),
            text -> {
              Optional<OptionalLong> read =
                  given(() -> RequestFields.lastEventId(field("last-event-id", text)));
              boolean isId =
                  !text.isEmpty()
                      && text.length() <= 15
                      && text.chars().allMatch(c -> c >= '0' && c <= '9');
              assertThat(read.isPresent()).isEqualTo(isId);
              read.ifPresent(
                  id -> assertThat(id).hasValue(new java.math.BigInteger(text).longValueExact()));
            });
    MultiMap two = field("last-event-id", "5").add("last-event-id", "6");
    assertThat(given(() -> RequestFields.lastEventId(two))).isEmpty();
  }

  @Test
  void cursorsAndLimits() {
    FuzzedTexts.of("cursor")
        .show(
            COUNT,
            List.of("0", "17", "1000", "999999999999999999", "-1", "0x10"),
            text -> {
              given(() -> new QueryMembers(field("limit", text), NAMES).number("limit", 1, 1_000))
                  .ifPresent(limit -> assertThat(limit.orElseThrow()).isBetween(1L, 1_000L));
              given(
                      () ->
                          new QueryMembers(field("cursor", text), NAMES)
                              .number("cursor", 0, Long.MAX_VALUE))
                  .ifPresent(
                      cursor ->
                          assertThat(cursor)
                              .hasValue(new java.math.BigInteger(text).longValueExact()));
              given(() -> new QueryMembers(field(text, "1"), NAMES))
                  .ifPresent(query -> assertThat(NAMES).anyMatch(text::equalsIgnoreCase));
            });
  }

  @Test
  void times() {
    FuzzedTexts.of("from")
        .show(
            COUNT,
            List.of(
                "2026-01-31T12:00:00Z",
                "2026-01-31T12:00:00.123456789+02:00",
                "+1000000000-12-31T23:59:59Z",
                "-1000000000-01-01T00:00:00Z",
                "1769860800000"),
            text -> given(() -> new QueryMembers(field("from", text), NAMES).time("from")));
  }

  @Test
  void queriesOfSecrets() {
    FuzzedTexts texts = FuzzedTexts.of("secret query");
    List<String> values =
        List.of("3600", "9999999999", "api.example:8443", "[::1]:80", "https", "GET", "/v1", "raw");
    List<String> names =
        List.of(
            PutQuery.GRACE,
            PutQuery.EXPIRES,
            PutQuery.HOST,
            PutQuery.SCHEME,
            PutQuery.METHOD,
            PutQuery.PATH_PREFIX,
            PutQuery.SURFACE,
            PutQuery.HEADER,
            PutQuery.FORMAT);
    texts.show(
        COUNT,
        values,
        text -> {
          MultiMap query = MultiMap.caseInsensitiveMultiMap().add(texts.one(names), text);
          if (texts.random().nextBoolean()) {
            query.add(PutQuery.HOST, texts.like(List.of("api.example", "127.0.0.1:9")));
          }
          given(() -> PutQuery.options(query, false))
              .ifPresent(options -> assertThat(options.grace().isNegative()).isFalse());
        });
  }
}
