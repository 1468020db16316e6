package dev.chitin.policy;

import java.util.Set;
import java.util.regex.Pattern;

/** Which HTTP header fields carry the framing of a message and belong to the client alone. */
final class HeaderNames {
  private static final Pattern FIELD = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,128}");

  private static final Set<String> FRAMING =
      Set.of(
          "host",
          "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "te",
          "trailer",
          "upgrade",
          "expect",
          "http2-settings",
          "forwarded",
          "via");

  private HeaderNames() {}

  /** Whether {@code name} is a field name (RFC 9110 section 5.1), in lower case. */
  static boolean isField(String name) {
    return FIELD.matcher(name).matches();
  }

  /** Whether nobody but the client itself may set the field. */
  static boolean isFraming(String name) {
    return FRAMING.contains(name) || name.startsWith("proxy-") || name.startsWith("x-forwarded-");
  }
}
