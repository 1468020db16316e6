package dev.chitin.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** A fake secret in the forms in which a defect may put it into a text. */
public final class LeakedForms {
  /** As much of a form as may be left: a beginning that tells nothing. */
  private static final int PIECE = 12;

  private LeakedForms() {}

  /** Obviously fake, and of characters that encodings treat unlike each other. */
  public static String secret() {
    byte[] bits = new byte[24];
    new SecureRandom().nextBytes(bits);
    return "fake+/" + HexFormat.of().formatHex(bits) + "~&=";
  }

  /** Raw, base64 at three alignments and with the other alphabet, hex, and as part of a URL. */
  public static List<String> of(String secret) {
    byte[] raw = secret.getBytes(US_ASCII);
    Base64.Encoder base64 = Base64.getEncoder();
    return List.of(
        secret,
        base64.encodeToString(raw),
        base64.encodeToString(("u:" + secret).getBytes(US_ASCII)),
        base64.encodeToString((":" + secret).getBytes(US_ASCII)),
        Base64.getUrlEncoder().withoutPadding().encodeToString(raw),
        HexFormat.of().formatHex(raw),
        HexFormat.of().withUpperCase().formatHex(raw),
        URLEncoder.encode(secret, US_ASCII));
  }

  /** Whether no form nor a longer piece out of the middle of one is left in {@code text}. */
  public static void assertNone(String text, String secret) {
    for (String form : of(secret)) {
      int middle = form.length() / 2;
      assertThat(text).doesNotContain(form.substring(middle, middle + PIECE));
    }
  }
}
