package dev.chitin.gateway.http;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Names for requests and calls: 128 random bits, unique but no secret. */
final class Ids {
  private Ids() {}

  static String next(String prefix) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return prefix + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }
}
