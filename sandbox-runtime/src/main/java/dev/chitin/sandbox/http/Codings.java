package dev.chitin.sandbox.http;

import io.vertx.core.MultiMap;
import java.util.Arrays;
import java.util.List;

/** What an answer was coded with on its way (RFC 9110, section 8.4; RFC 9112, section 7). */
final class Codings {
  private Codings() {}

  /** Whether the bytes that come are those that are meant, so that they can be searched. */
  static boolean areNone(MultiMap headers) {
    return only(headers.getAll("content-encoding"), "identity")
        && only(headers.getAll("transfer-encoding"), "chunked");
  }

  private static boolean only(List<String> fields, String coding) {
    return fields.stream()
        .flatMap(field -> Arrays.stream(field.split(",", -1)))
        .map(String::strip)
        .allMatch(named -> named.isEmpty() || named.equalsIgnoreCase(coding));
  }
}
