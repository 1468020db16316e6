package dev.chitin.bus;

import io.vertx.core.Future;

/** Answers the requests of one address. */
@FunctionalInterface
public interface Service<Q, R> {

  /**
   * Answers one request on the context of the verticle that serves it. A failure should be a {@link
   * ChitinException}; anything else reaches the caller as {@link ProblemCode#INTERNAL}.
   */
  Future<R> handle(Q request, CallContext context);
}
