package dev.chitin.sandbox.plan;

import java.util.Set;

/**
 * Header fields that frame or route a message: neither a tool, a caller nor a secret may set them.
 */
public final class FramingHeaders {
  private static final Set<String> NAMES =
      Set.of(
          "host",
          "content-length",
          "transfer-encoding",
          "connection",
          "keep-alive",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "upgrade",
          "expect",
          "accept-encoding");

  private FramingHeaders() {}

  public static boolean contains(String lowerCaseName) {
    return NAMES.contains(lowerCaseName);
  }
}
