package dev.chitin.gateway.http;

import io.vertx.core.Future;

/** Takes requests, and takes other settings over while it does. */
@FunctionalInterface
public interface Listener {
  /**
   * Serves the requests that are still to come as {@code next} says; those on their way keep what
   * they began with.
   */
  Future<?> apply(HttpEdge next);
}
