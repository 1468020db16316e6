package dev.chitin.bus;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which HTTP header fields carry the framing of a message, its way or its coding, and belong to the
 * gateway's client alone (RFC 9110, RFC 9112, RFC 7239): no tool, caller or secret may set them.
 * Planner, policy and vault each ask here, so that none allows what another refuses.
 */
public final class HeaderNames {
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
          "accept-encoding",
          "http2-settings",
          "forwarded",
          "via");

  private HeaderNames() {}

  /** Whether {@code name} is a field name (RFC 9110 section 5.1), in lower case. */
  public static boolean isField(String name) {
    return FIELD.matcher(name).matches();
  }

  /** Whether nobody but the client itself may set the field. */
  public static boolean isFraming(String name) {
    return FRAMING.contains(name) || name.startsWith("proxy-") || name.startsWith("x-forwarded-");
  }
}
