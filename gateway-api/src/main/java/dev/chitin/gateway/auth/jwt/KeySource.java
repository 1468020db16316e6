package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Bytes;
import io.vertx.core.Future;

/** Where an issuer's set of keys is read from. */
@FunctionalInterface
interface KeySource {

  /** The document, at most {@link JwkSet#MOST_BYTES} long, or a failure. */
  Future<Bytes> read();

  /** Where that is, for people. */
  default String place() {
    return "the key set";
  }
}
