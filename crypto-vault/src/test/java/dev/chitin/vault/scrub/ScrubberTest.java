package dev.chitin.vault.scrub;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScrubberTest {
  private static final String MARK = "[chitin:redacted]";

  /** Obviously fake; holds characters that encodings treat unlike each other. */
  private static final String SECRET = "fake+/\"sec\\ret<?&=" + new Random(1).nextLong() + "~>>> z";

  private final Scrubber scrubber = scrubber(SECRET);

  @AfterEach
  void close() {
    scrubber.close();
  }

  private static Scrubber scrubber(String... secrets) {
    var scrubber = new Scrubber();
    for (String secret : secrets) {
      scrubber.add(MemorySegment.ofArray(secret.getBytes(ISO_8859_1)));
    }
    return scrubber;
  }

  private String apply(String text) {
    return new String(scrubber.whole(text.getBytes(ISO_8859_1)), ISO_8859_1);
  }

  /** The text in pieces that end at {@code borders}. */
  private static String streamed(Scrubber scrubber, String text, boolean cut, int... borders) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    try (Scrubber.Stream stream = scrubber.stream()) {
      int from = 0;
      for (int border : borders) {
        stream.add(MemorySegment.ofArray(Arrays.copyOfRange(bytes, from, border)));
        from = border;
      }
      stream.add(MemorySegment.ofArray(Arrays.copyOfRange(bytes, from, bytes.length)));
      return new String(stream.end(cut), ISO_8859_1);
    }
  }

  /** Written by other code than the scrubber's. */
  static Stream<String> forms() {
    byte[] raw = SECRET.getBytes(ISO_8859_1);
    String hex = HexFormat.of().formatHex(raw);
    String url = URLEncoder.encode(SECRET, StandardCharsets.UTF_8);
    String rfc3986 = url.replace("+", "%20").replace("%7E", "~").replace("*", "%2A");
    var lower = new StringBuilder(rfc3986);
    for (int i = lower.indexOf("%"); i >= 0; i = lower.indexOf("%", i + 1)) {
      lower.replace(i, i + 3, lower.substring(i, i + 3).toLowerCase(Locale.ROOT));
    }
    String json = SECRET.replace("\\", "\\\\").replace("\"", "\\\"");
    return Stream.of(
        SECRET,
        hex,
        hex.toUpperCase(Locale.ROOT),
        url,
        rfc3986,
        lower.toString(),
        hex.replaceAll("..", "%$0"),
        hex.toUpperCase(Locale.ROOT).replaceAll("..", "%$0"),
        json,
        json.replace("/", "\\/"),
        hex.replaceAll("..", "\\\\u00$0"),
        hex.toUpperCase(Locale.ROOT).replaceAll("..", "\\\\u00$0"));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void eachFormIsReplacedWhereverItStandsAndAtEveryBorder(String form) {
    String text = "x" + form + "y-" + form;
    String clean = "x" + MARK + "y-" + MARK;
    assertThat(apply(text)).isEqualTo(clean);
    for (int border = 0; border <= text.length(); border++) {
      assertThat(streamed(scrubber, text, false, border)).as("border %d", border).isEqualTo(clean);
    }
    int[] each = java.util.stream.IntStream.range(1, text.length()).toArray();
    assertThat(streamed(scrubber, text, false, each)).isEqualTo(clean);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aFormThatIsCutAtTheEndIsTakenOutHoweverShort(String form) {
    String text = "body " + form;
    for (int cut = "body ".length() + 1; cut <= text.length(); cut++) {
      String part = text.substring(0, cut);
      for (int border : new int[] {0, 4, cut / 2, cut}) {
        assertThat(streamed(scrubber, part, true, border)).isEqualTo("body " + MARK);
      }
    }
  }

  @Test
  void base64AtEachAlignmentIsReplacedAtEveryBorder() {
    for (Base64.Encoder encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder())) {
      for (String before : List.of("", "u", "us", "user:", "Authorization: ")) {
        for (String after : List.of("", "!", "!!", " and more")) {
          String text = encoder.encodeToString((before + SECRET + after).getBytes(ISO_8859_1));
          String clean = apply(text);
          assertThat(clean).contains(MARK);
          int left = text.length() - (SECRET.length() * 8 / 6 - 2) + MARK.length();
          assertThat(clean.length()).isLessThanOrEqualTo(left + 1);
          for (int border = 0; border <= text.length(); border++) {
            assertThat(streamed(scrubber, text, false, border)).isEqualTo(clean);
          }
        }
      }
    }
  }

  @Test
  void severalSecretsOfWhichOneBeginsLikeTheOtherAreAllReplaced() {
    try (Scrubber both = scrubber("fake-secret-0001", "fake-secret-0001-and-more")) {
      String text = "a fake-secret-0001-and-more b fake-secret-0001 c fake-secret-0001-and";
      String clean = "a " + MARK + " b " + MARK + " c " + MARK;
      for (int border = 0; border <= text.length(); border++) {
        assertThat(streamed(both, text, false, border)).as("%d", border).isEqualTo(clean);
      }
    }
  }

  @Test
  void randomTextsComeBackAsTheyWereAndTheirSecretsDoNot() {
    var random = new Random(7);
    for (int round = 0; round < 200; round++) {
      byte[] noise = new byte[random.nextInt(3_000)];
      random.nextBytes(noise);
      String text = new String(noise, ISO_8859_1);
      int[] borders = random.ints(random.nextInt(6), 0, text.length() + 1).sorted().toArray();
      assertThat(streamed(scrubber, text, false, borders)).isEqualTo(text);
      int at = random.nextInt(text.length() + 1);
      String with = text.substring(0, at) + SECRET + text.substring(at);
      int[] more = random.ints(random.nextInt(6), 0, with.length() + 1).sorted().toArray();
      assertThat(streamed(scrubber, with, false, more))
          .isEqualTo(text.substring(0, at) + MARK + text.substring(at));
    }
  }

  @Test
  void aPartOfTheSecretIsNotTheSecretUnlessTheTextEndsThere() {
    String text = "nothing of it here, only " + SECRET.substring(0, 20) + " and no more";
    assertThat(apply(text)).isEqualTo(text);
    assertThat(apply(SECRET.substring(0, 20))).isEqualTo(MARK);
  }

  @Test
  void aLongSecretIsFoundToo() {
    String secret = "fake-" + "0123456789abcdef".repeat(500) + "-end";
    try (Scrubber one = scrubber(secret)) {
      String json = secret.replace("/", "\\/");
      assertThat(streamed(one, "a" + json + "b", false, 1, 5, 4_000)).isEqualTo("a" + MARK + "b");
    }
  }

  @Test
  void aShortSecretCannotBeSearchedFor() {
    for (var each : List.of("", "elevenbytes")) {
      try (Scrubber one = scrubber(each)) {
        assertThat(one.possible()).isFalse();
      }
    }
    try (Scrubber one = scrubber("twelve-bytes")) {
      assertThat(one.possible()).isTrue();
      assertThat(one).hasToString("Scrubber[redacted]");
    }
  }

  /** Every cut of a text, with what is given on after each piece. */
  @ParameterizedTest
  @MethodSource("forms")
  void whatIsTakenMeanwhileHoldsBackNothingButTheBeginningOfASecret(String form) {
    String text = "data: before\n\n" + form + "data: after\n\n";
    byte[] bytes = text.getBytes(ISO_8859_1);
    for (int border = 1; border < bytes.length; border++) {
      try (Scrubber.Stream stream = scrubber.stream()) {
        stream.add(MemorySegment.ofArray(Arrays.copyOfRange(bytes, 0, border)));
        String first = new String(stream.take(), ISO_8859_1);
        stream.add(MemorySegment.ofArray(Arrays.copyOfRange(bytes, border, bytes.length)));
        String second = new String(stream.take(), ISO_8859_1);
        String rest = new String(stream.end(false), ISO_8859_1);
        assertThat(first + second + rest)
            .as("cut at %d", border)
            .isEqualTo("data: before\n\n" + MARK + "data: after\n\n");
        assertThat(rest).isEmpty();
        if (border <= "data: before\n\n".length() && bytes[border - 1] == '\n') {
          assertThat(first).isEqualTo(text.substring(0, border));
        }
      }
    }
  }
}
