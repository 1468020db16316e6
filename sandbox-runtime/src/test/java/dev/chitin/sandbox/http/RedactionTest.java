package dev.chitin.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RedactionTest {
  private static final String MARK = "[chitin:redacted]";

  /** Obviously fake; holds characters that encodings treat unlike each other. */
  private final String secret = "fake+/secret?&=" + new Random(1).nextLong() + "~>>>";

  private final Redaction redaction = redaction(secret);

  @Test
  void theSecretItselfIsReplacedWhereverItStands() {
    assertThat(apply("a" + secret + "b" + secret)).isEqualTo("a" + MARK + "b" + MARK);
  }

  @Test
  void hexInBothCasesIsReplaced() {
    String hex = HexFormat.of().formatHex(secret.getBytes(StandardCharsets.US_ASCII));

    assertThat(apply("x" + hex + "y")).isEqualTo("x" + MARK + "y");
    assertThat(apply("x" + hex.toUpperCase(Locale.ROOT) + "y")).isEqualTo("x" + MARK + "y");
  }

  @Test
  void percentEncodingInBothCasesIsReplaced() {
    String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("%7E", "~");

    assertThat(apply("?q=" + encoded + "&")).isEqualTo("?q=" + MARK + "&");
    var lower = new StringBuilder(encoded);
    for (int i = lower.indexOf("%"); i >= 0; i = lower.indexOf("%", i + 1)) {
      lower.replace(i, i + 3, lower.substring(i, i + 3).toLowerCase(Locale.ROOT));
    }
    assertThat(apply("?q=" + lower + "&")).isEqualTo("?q=" + MARK + "&");
  }

  @Test
  void base64AtEachAlignmentLeavesNoRunOfTheSecret() {
    for (Base64.Encoder encoder :
        new Base64.Encoder[] {Base64.getEncoder(), Base64.getUrlEncoder()})
      for (String before : new String[] {"", "u", "us", "user:", "Authorization: "}) {
        for (String after : new String[] {"", "!", "!!", " and more"}) {
          String text =
              encoder.encodeToString((before + secret + after).getBytes(StandardCharsets.US_ASCII));

          String clean = apply(text);

          assertThat(clean).contains(MARK);
          int left = text.length() - (secret.length() * 8 / 6 - 2) + MARK.length();
          assertThat(clean.length()).isLessThanOrEqualTo(left + 1);
        }
      }
  }

  @Test
  void textWithoutTheSecretIsTheSameArray() {
    byte[] text = "nothing of it here, only fake+/secre".getBytes(StandardCharsets.US_ASCII);

    assertThat(redaction.apply(text)).isSameAs(text);
  }

  @Test
  void aSecretThatIsCutAtTheEndOfATextIsTakenOut() {
    String whole = "body " + secret;
    for (int cut = "body ".length() + 1; cut <= whole.length(); cut++) {
      String clean =
          new String(
              redaction.applyToCut(whole.substring(0, cut).getBytes(StandardCharsets.US_ASCII)),
              StandardCharsets.US_ASCII);

      assertThat(clean).isEqualTo("body " + MARK);
    }
  }

  @Test
  void aShortSecretCannotBeSearchedFor() {
    assertThat(redaction("elevenbytes").possible()).isFalse();
    assertThat(redaction("twelve-bytes").possible()).isTrue();
    assertThat(redaction("").possible()).isFalse();
  }

  private String apply(String text) {
    return new String(
        redaction.apply(text.getBytes(StandardCharsets.US_ASCII)), StandardCharsets.US_ASCII);
  }

  private static Redaction redaction(String secret) {
    return new Redaction(MemorySegment.ofArray(secret.getBytes(StandardCharsets.US_ASCII)));
  }
}
