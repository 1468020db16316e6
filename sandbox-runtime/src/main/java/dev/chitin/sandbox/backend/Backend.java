package dev.chitin.sandbox.backend;

import dev.chitin.bus.CallContext;
import io.vertx.core.Future;

/** One way of running plans. Called on an event loop; must not block it. */
public interface Backend {

  /** The name by which plans ask for it. */
  String name();

  /**
   * Runs {@code call} to its end. The answer always says how it ended: a tool that failed, was
   * cancelled (see {@link CallContext#cancelled()}) or met a limit is an outcome. A failed future
   * means that nothing was started; it is a {@link dev.chitin.bus.ChitinException}.
   */
  Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context);

  /** Ends what runs and frees what is held; completes when nothing is left. */
  Future<Void> close();
}
