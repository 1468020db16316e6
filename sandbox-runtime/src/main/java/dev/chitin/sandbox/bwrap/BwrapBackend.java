package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.CallContext;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.backend.Backend;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.nativeos.Architecture;
import dev.chitin.sandbox.nativeos.Poller;
import dev.chitin.sandbox.nativeos.Spawner;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs native processes, each in a bubblewrap sandbox of its own (backend {@value #NAME}).
 *
 * <p>Set-ups run on a fixed number of threads, since more at once gain nothing; running sandboxes
 * are watched by one thread, however many there are. Beyond either bound a call is refused with
 * {@code gateway.overloaded}.
 */
public final class BwrapBackend implements Backend {
  /** The name by which plans ask for it. */
  public static final String NAME = "bwrap";

  private static final int READ_BYTES = 65_536;

  private final Vertx vertx;
  private final SandboxSettings settings;
  private final Spawner spawner;
  private final Poller poller;
  private final Cgroups cgroups;
  private final CoverJournal journal;
  private final OutputRoom outputs;
  private final Machinery machinery;
  private final Digest profile;
  private final List<String> notes;
  private final ThreadPoolExecutor setUps;
  private final ScheduledThreadPoolExecutor cleanUp;
  private final Semaphore slots;
  private final Set<NativeRun> running = ConcurrentHashMap.newKeySet();
  private final AtomicLong lastRun = new AtomicLong();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Promise<Void> closed = Promise.promise();

  private BwrapBackend(
      Vertx vertx, SandboxSettings settings, Spawner spawner, Poller poller, BwrapProgram program)
      throws IOException {
    this.vertx = vertx;
    this.settings = settings;
    slots = new Semaphore(settings.maxRuns());
    this.spawner = spawner;
    this.poller = poller;
    Instance instance = Instance.here();
    SandboxFiles files = SandboxFiles.create(settings.runDirectory());
    SandboxLayout layout = SandboxLayout.of(files);
    cgroups = Cgroups.detect(settings.cgroupParent(), instance);
    notes = weaknesses();
    cgroups.sweep(false);
    CoverJournal.sweep(settings.runDirectory());
    journal = new CoverJournal(settings.runDirectory(), instance);
    var covers = new Covers(journal);
    byte[] filter =
        SyscallFilter.withoutNetwork(
            Architecture.here().orElseThrow(() -> new IOException("unknown architecture")));
    var hidden = new ArrayList<Path>(settings.hidden());
    hidden.add(settings.runDirectory());
    var names = new ProtectedNames(settings.writeProtection());
    outputs = OutputRoom.open(settings.runDirectory(), instance);
    var setUp =
        new CallSetUp(
            program,
            layout,
            files,
            filter,
            new MountSources(hidden),
            covers,
            names,
            outputs,
            spawner);
    profile = profile(layout, filter, settings.writeProtection());
    setUps =
        new ThreadPoolExecutor(
            settings.setUps(),
            settings.setUps(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(settings.setUpQueue()),
            Thread.ofPlatform().name("sandbox-set-up-", 0).daemon(true).factory());
    cleanUp =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("sandbox-clean-up").daemon(true).factory());
    machinery =
        new Machinery(
            setUp, cgroups, covers, poller, cleanUp, Arena.ofAuto().allocate(READ_BYTES), notes);
  }

  /**
   * Checks this machine, removes what dead gateways left, and starts. Blocks for some 50 ms; not
   * for event loops.
   *
   * @throws ChitinException {@code sandbox.unavailable}, with what to install or set
   */
  public static BwrapBackend start(Vertx vertx, SandboxSettings settings) {
    Spawner spawner = new Spawner();
    Poller poller = null;
    try {
      BwrapProgram program = BwrapProgram.check(settings.bwrap(), spawner);
      poller = new Poller("sandbox-poller");
      return new BwrapBackend(vertx, settings, spawner, poller, program);
    } catch (IOException e) {
      abandon(spawner, poller);
      throw Unavailable.because(
          "The sandbox could not prepare its run directory or its control groups.",
          "Look at the log for the cause; the run directory has to belong to this user.",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abandon(spawner, poller);
      throw Unavailable.because("The start was interrupted.", "Start again.");
    } catch (RuntimeException e) {
      abandon(spawner, poller);
      throw e;
    }
  }

  private static void abandon(Spawner spawner, @org.jspecify.annotations.Nullable Poller poller) {
    spawner.close();
    if (poller != null) {
      poller.close();
    }
  }

  private List<String> weaknesses() {
    var weak = new ArrayList<String>();
    if (!cgroups.limitsMemory()) {
      if (!settings.waive().contains(SandboxSettings.AGGREGATE_MEMORY)) {
        throw Unavailable.because(
            "No control group is delegated to this user: the memory of a whole sandbox cannot be"
                + " limited.",
            "Let root delegate a memory group (bin/chitin does it), or give this control up by"
                + " name: sandbox.waive: [\"aggregate_memory\"].");
      }
      weak.add("memory: per-process only");
    }
    if (!cgroups.limitsProcesses()) {
      weak.add("processes: limited per user only");
    }
    return List.copyOf(weak);
  }

  private static Digest profile(SandboxLayout layout, byte[] filter, WriteProtection kept) {
    return Digest.of(
        CanonicalJson.bytes(
            JsonValue.object()
                .put("options", layout.fixed())
                .put("filter", Digest.of(filter).toString())
                .put("writeProtected", kept.paths())
                .build()));
  }

  @Override
  public String name() {
    return NAME;
  }

  /**
   * Digest of what shapes every sandbox beside its plan: fixed options, filter, protected names.
   */
  public Digest backendProfile() {
    return profile;
  }

  /** What is weaker on this machine than it should be; stands in every outcome as well. */
  public List<String> weakerHere() {
    return notes;
  }

  @Override
  public Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context) {
    if (closing.get()) {
      return refused(ProblemCode.GATEWAY_DRAINING, "The sandbox is shutting down.");
    }
    if (!slots.tryAcquire()) {
      return refused(
          ProblemCode.GATEWAY_OVERLOADED,
          "As many sandboxes run as this gateway allows: " + settings.maxRuns() + ".");
    }
    Context vertxContext = vertx.getOrCreateContext();
    try {
      var run =
          new NativeRun(
              NativeCall.of(call),
              Long.toString(lastRun.incrementAndGet()),
              machinery,
              sink,
              context,
              vertxContext,
              this::finished);
      running.add(run);
      try {
        setUps.execute(run::start);
      } catch (RejectedExecutionException e) {
        finished(run);
        return refused(ProblemCode.GATEWAY_OVERLOADED, "Too many sandboxes wait for their set-up.");
      }
      return run.future();
    } catch (RuntimeException e) {
      slots.release();
      return Future.failedFuture(ChitinException.from(e));
    }
  }

  private void finished(NativeRun run) {
    running.remove(run);
    slots.release();
    if (closing.get() && running.isEmpty() && !closed.future().isComplete()) {
      cleanUp.execute(this::closeResources);
    }
  }

  private static Future<Outcome> refused(ProblemCode code, String detail) {
    return Future.failedFuture(Problem.of(code, detail).withHint("Try again later.").toException());
  }

  @Override
  public Future<Void> close() {
    if (closing.compareAndSet(false, true)) {
      running.forEach(NativeRun::cancel);
      if (running.isEmpty()) {
        cleanUp.execute(this::closeResources);
      }
    }
    return closed.future();
  }

  private void closeResources() {
    if (closed.future().isComplete()) {
      return;
    }
    setUps.shutdown();
    poller.close();
    spawner.close();
    try {
      cgroups.sweep(true);
      journal.close();
      outputs.close();
      closed.tryComplete();
    } catch (IOException e) {
      closed.tryFail(e);
    }
    cleanUp.shutdown();
  }
}
