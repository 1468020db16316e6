package dev.chitin.sandbox.backend;

import dev.chitin.bus.CallContext;
import io.vertx.core.Future;

/** One way of running plans. Called on an event loop; must not block it. */
public interface Backend {

  /** The name by which plans ask for it. */
  String name();

  /**
   * Gets ready to run {@code call}, which has no leases yet; nothing of the tool runs. The decision
   * is spent by now, the record that allows the run is still being made, and what takes time can be
   * done meanwhile.
   *
   * @throws dev.chitin.bus.ChitinException when it is known by now that it cannot run
   */
  default Preparation prepare(PreparedCall call, CallContext context) {
    return (leases, sink) -> run(call.with(leases), sink, context);
  }

  /**
   * Runs {@code call} to its end. The answer always says how it ended: a tool that failed, was
   * cancelled (see {@link CallContext#cancelled()}) or met a limit is an outcome. A failed future
   * means that nothing was started; it is a {@link dev.chitin.bus.ChitinException}.
   */
  Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context);

  /** Ends what runs and frees what is held; completes when nothing is left. */
  Future<Void> close();
}
