package dev.chitin.sandbox.verticle;

import dev.chitin.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Answers each call with its own arguments: what the benchmark of a full call runs. */
public final class EchoVerticle extends VerticleBase {
  /** Where it is served. */
  public static final String ADDRESS = "chitin.tool.echo";

  private final Bus bus;

  public EchoVerticle(Bus bus) {
    this.bus = bus;
  }

  @Override
  public Future<?> start() {
    return bus.serveNear(
        VerticleBackend.address(ADDRESS),
        VerticleBackend.MAX_IN_FLIGHT,
        (arguments, context) -> Future.succeededFuture(arguments));
  }
}
