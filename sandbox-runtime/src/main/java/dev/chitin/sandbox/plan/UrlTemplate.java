package dev.chitin.sandbox.plan;

import dev.chitin.bus.json.JsonFields;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** The URL of an {@code http} tool: scheme, host and port are the operator's and hold no place. */
public final class UrlTemplate {
  private UrlTemplate() {}

  /** Refuses a template that lets a caller choose where the request goes. */
  public static void check(String url, JsonFields fields) {
    int start = url.indexOf("://");
    if (start < 0) {
      throw fields.invalid("url", "must begin with https:// or http://");
    }
    int slash = url.indexOf('/', start + 3);
    String authority = slash < 0 ? url : url.substring(0, slash);
    if (Template.hasPlaces(authority)) {
      throw fields.invalid("url", "may hold placeholders after the host only");
    }
  }

  /** Percent-encodes an argument so that it stays one path segment or one query value. */
  static String encode(String argument) {
    String encoded = URLEncoder.encode(argument, StandardCharsets.UTF_8).replace("+", "%20");
    return encoded.equals(".") || encoded.equals("..") ? encoded.replace(".", "%2E") : encoded;
  }
}
