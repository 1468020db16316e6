package dev.chitin.sandbox.backend;

import dev.chitin.vault.Lease;
import io.vertx.core.Future;
import java.util.List;

/**
 * A call that waits for its clearance: everything but the tool may stand already. It is either
 * started once or abandoned.
 */
@FunctionalInterface
public interface Preparation {

  /**
   * The record that allows the run is durable: lets the tool start.
   *
   * @param leases one for each of the plan's credentials, in their order
   * @return as {@link Backend#run}
   */
  Future<Outcome> start(List<Lease> leases, OutputSink sink);

  /** It will not be started; frees what was got ready. Harmless after the start. */
  default void abandon() {}
}
