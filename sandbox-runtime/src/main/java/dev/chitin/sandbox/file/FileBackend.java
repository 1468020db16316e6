package dev.chitin.sandbox.file;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.nativeos.NativeAccess;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * Reads, writes, lists and searches files inside the gateway (backend {@value #NAME}), on {@value
 * #THREADS} platform threads of its own with at most {@value #QUEUE} calls waiting; beyond that a
 * call is refused with {@code gateway.overloaded}.
 *
 * <p>What the file or the arguments do not allow is {@code exit 1} with one line on standard error;
 * no path other than the requested one appears anywhere.
 */
public final class FileBackend implements Backend {
  /** The name by which plans ask for it. */
  public static final String NAME = "file";

  private static final int THREADS = 4;
  private static final int QUEUE = 256;

  private final Vertx vertx;
  private final Map<String, FileOperation> operations;
  private final ThreadPoolExecutor pool;
  private final AtomicBoolean closing = new AtomicBoolean();

  /**
   * Starts the threads.
   *
   * @param readable whether an absolute path inside of a listed or searched tree may be shown;
   *     asked from several threads
   * @throws ChitinException {@code sandbox.unavailable} when this machine has no openat2
   */
  public FileBackend(Vertx vertx, Predicate<String> readable) {
    NativeAccess.obstacle()
        .ifPresent(
            obstacle -> {
              throw Problem.of(ProblemCode.SANDBOX_UNAVAILABLE, obstacle)
                  .withHint("Run on Linux 5.6 or later with --enable-native-access=ALL-UNNAMED.")
                  .toException();
            });
    this.vertx = vertx;
    operations =
        Map.of(
            "read", new ReadOperation(),
            "write", new WriteOperation(),
            "list", new ListOperation(readable),
            "search", new SearchOperation(readable));
    pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE),
            Thread.ofPlatform().name("sandbox-file-", 0).daemon(true).factory());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context) {
    if (closing.get()) {
      return refused(ProblemCode.GATEWAY_DRAINING, "The gateway is shutting down.");
    }
    Context vertxContext = vertx.getOrCreateContext();
    Promise<Outcome> promise = Promise.promise();
    try {
      pool.execute(
          () -> {
            Future<Outcome> result = execute(call, context);
            answer(vertxContext, () -> result.onComplete(promise));
          });
    } catch (RejectedExecutionException e) {
      return refused(ProblemCode.GATEWAY_OVERLOADED, "Too many file operations wait.");
    }
    return promise.future();
  }

  private static void answer(Context context, Runnable completion) {
    try {
      context.runOnContext(now -> completion.run());
    } catch (RejectedExecutionException e) {
      // The event loops have ended first; the answer is still owed to whoever waits.
      completion.run();
    }
  }

  private static Future<Outcome> refused(ProblemCode code, String detail) {
    return Future.failedFuture(Problem.of(code, detail).withHint("Try again later.").toException());
  }

  private Future<Outcome> execute(PreparedCall call, CallContext context) {
    ExecutionPlan plan = call.plan().plan();
    try {
      if (!(plan.invocation() instanceof Invocation.FileAccess access)) {
        throw new IllegalArgumentException("not a plan for a file operation");
      }
      FileOperation operation = operations.get(access.operation());
      if (operation == null) {
        throw new IllegalArgumentException("no such file operation");
      }
      refuseIfLate(context);
      var progress =
          new Progress(
              context,
              context
                  .deadline()
                  .min(Deadline.after(Duration.ofMillis(plan.limits().wallMillis()))));
      try (RootedFiles files = RootedFiles.open(access.target())) {
        return Future.succeededFuture(
            perform(operation, files, access.target(), call.input(), progress));
      }
    } catch (RuntimeException e) {
      return Future.failedFuture(ChitinException.from(e));
    }
  }

  private static void refuseIfLate(CallContext context) {
    if (context.isCancelled()) {
      throw Problem.of(ProblemCode.CALL_CANCELLED, "The call was cancelled before it started.")
          .toException();
    }
    if (context.deadline().expired()) {
      throw Problem.of(
              ProblemCode.DEADLINE_EXCEEDED, "The deadline passed before the call started.")
          .withHint("Allow the call more time.")
          .toException();
    }
  }

  private static Outcome perform(
      FileOperation operation,
      RootedFiles files,
      Invocation.FileTarget target,
      JsonValue.Obj input,
      Progress progress) {
    try {
      return Outcome.exited(
          0, Bytes.EMPTY, Bytes.EMPTY, operation.run(files, target, input, progress));
    } catch (OperationFailed e) {
      if (!e.status().equals("exit 1")) {
        return new Outcome(e.status(), null, Bytes.EMPTY, Bytes.EMPTY, 0, 0, null, List.of());
      }
      byte[] reason = (e.reason() + "\n").getBytes(StandardCharsets.UTF_8);
      return Outcome.exited(1, Bytes.EMPTY, Bytes.adopt(reason), null);
    }
  }

  /** Takes no more calls; completes when those that were taken have ended. */
  @Override
  public Future<Void> close() {
    if (!closing.compareAndSet(false, true)) {
      return Future.succeededFuture();
    }
    Promise<Void> closed = Promise.promise();
    pool.shutdown();
    Thread.ofPlatform()
        .name("sandbox-file-close")
        .daemon(true)
        .start(
            () -> {
              try {
                boolean ended = pool.awaitTermination(30, TimeUnit.SECONDS);
                if (ended) {
                  closed.complete();
                } else {
                  closed.fail(new IllegalStateException("a file operation does not end"));
                }
              } catch (InterruptedException e) {
                closed.fail(e);
              }
            });
    return closed.future();
  }
}
