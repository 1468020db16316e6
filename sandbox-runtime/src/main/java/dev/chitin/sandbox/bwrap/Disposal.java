package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.nativeos.Poller;
import io.vertx.core.Context;
import java.lang.foreign.MemorySegment;

/** Ends sandboxes that no call will use. */
final class Disposal {
  private final Poller poller;
  private final CleanUp cleanUp;
  private final Context context;
  private final MemorySegment readBuffer;

  Disposal(Poller poller, CleanUp cleanUp, Context context, MemorySegment readBuffer) {
    this.poller = poller;
    this.context = context;
    this.cleanUp = cleanUp;
    this.readBuffer = readBuffer;
  }

  /** Kills {@code sandbox} and frees what it held; {@code gone} runs when nothing of it is left. */
  void dispose(Sandbox sandbox, Runnable gone) {
    Pipes pipes = sandbox.pipes();
    if (pipes.stdin() != null) {
      pipes.stdin().close();
    }
    var captures =
        Captures.of(pipes, Limits.DEFAULT, new Delivery(context, poller), readBuffer, () -> {});
    var run =
        new SandboxRun(
            poller,
            sandbox,
            new Unopened(pipes),
            null,
            captures.stdout(),
            captures.stderr(),
            end -> sandbox.limits().end(() -> cleanUp.execute(() -> free(sandbox, gone))));
    poller.execute(
        () -> {
          run.begin();
          run.stop(SandboxRun.Cause.CANCELLED);
        });
  }

  private void free(Sandbox sandbox, Runnable gone) {
    sandbox.held().close();
    cleanUp.remove(sandbox.group());
    gone.run();
  }

  /** A gate that nobody goes through. */
  private record Unopened(Pipes pipes) implements Gate {
    @Override
    public void open(Poller poller) {
      throw new IllegalStateException("a sandbox that is disposed of runs nothing");
    }

    @Override
    public boolean failed() {
      return true;
    }

    @Override
    public void close() {
      pipes.closeGates();
    }
  }
}
