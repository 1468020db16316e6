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
import dev.chitin.sandbox.backend.Preparation;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.nativeos.Architecture;
import dev.chitin.sandbox.nativeos.Poller;
import dev.chitin.sandbox.nativeos.Spawner;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs native processes, each in a bubblewrap sandbox of its own (backend {@value #NAME}).
 *
 * <p>Set-ups run on a fixed number of threads, since more at once gain nothing; running sandboxes
 * are watched by one thread, however many there are. What may begin when is decided by the {@link
 * Admission}.
 */
public final class BwrapBackend implements Backend {
  /** The name by which plans ask for it. */
  public static final String NAME = "bwrap";

  private static final int READ_BYTES = 65_536;
  private static final int WALKERS = 2;
  private static final long AGEING_MILLIS = 1_000;

  private final Vertx vertx;
  private final Spawner spawner;
  private final Poller poller;
  private final Cgroups cgroups;
  private final GroupStock groups;
  private final CoverJournal journal;
  private final OutputRoom outputs;
  private final Machinery machinery;
  private final SandboxLayout layout;
  private final Digest profile;
  private final List<String> notes;
  private final ThreadPoolExecutor setUps;
  private final ScheduledThreadPoolExecutor walkers =
      new ScheduledThreadPoolExecutor(
          WALKERS, Thread.ofPlatform().name("sandbox-walker-", 0).daemon(true).factory());
  private final CleanUp cleanUp = new CleanUp();
  private final Admission admission;
  private final WarmPool pool;
  private final Set<NativeRun> running = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Promise<Void> closed = Promise.promise();

  private BwrapBackend(
      Vertx vertx, SandboxSettings settings, Spawner spawner, Poller poller, BwrapProgram program)
      throws IOException {
    this.vertx = vertx;
    this.spawner = spawner;
    this.poller = poller;
    Instance instance = Instance.here();
    SandboxFiles files = SandboxFiles.create(settings.runDirectory());
    layout = SandboxLayout.of(files);
    cgroups = Cgroups.detect(settings.cgroupParent(), instance);
    notes = Waivers.accepted(cgroups, settings.waive());
    cgroups.sweep(null);
    cgroups.makeHomes();
    CoverJournal.sweep(settings.runDirectory());
    journal = new CoverJournal(settings.runDirectory(), instance);
    var covers = new Covers(journal);
    byte[] filter =
        SyscallFilter.withoutNetwork(
            Architecture.here().orElseThrow(() -> new IOException("unknown architecture")));
    var hidden = new ArrayList<Path>(settings.hidden());
    hidden.add(settings.runDirectory());
    outputs = OutputRoom.open(settings.runDirectory(), instance);
    var setUp =
        new CallSetUp(
            program,
            layout,
            files,
            filter,
            new MountSources(hidden),
            covers,
            new ProtectedNames(settings.writeProtection()),
            outputs,
            spawner);
    profile = profile(layout, filter, settings.writeProtection());
    // As many can wait as admission lets begin at once; it lets no more begin than threads.
    int setUpsAtOnce = settings.runs().setUps();
    setUps = spawner.threads("sandbox-set-up-", setUpsAtOnce, setUpsAtOnce);
    admission = new Admission(settings.runs(), this::evict, this::closeWhenIdle);
    groups = new GroupStock(cgroups, settings.runs().setUps());
    var maker =
        new SandboxMaker(setUp, cgroups, groups, covers, cleanUp, walkers, settings.waive(), notes);
    MemorySegment buffer = Arena.ofAuto().allocate(READ_BYTES);
    var disposal = new Disposal(poller, cleanUp, vertx.getOrCreateContext(), buffer);
    WarmBounds warm = Starter.available() ? settings.warm() : WarmBounds.NONE;
    pool = new WarmPool(warm, maker, setUp, admission, disposal, cleanUp.timer());
    cleanUp.every(AGEING_MILLIS, pool::age);
    machinery = new Machinery(maker, pool, disposal, admission, setUps, poller, cleanUp, buffer);
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

  /**
   * The options that every sandbox here has, in the order in which bwrap takes them: namespaces and
   * what is mounted beside a plan's own mounts. For whoever wants to repeat one by hand.
   */
  public List<String> fixedOptions() {
    return layout.fixed();
  }

  /** What is weaker on this machine than it should be; stands in every outcome as well. */
  public List<String> weakerHere() {
    return notes;
  }

  @Override
  public Future<Outcome> run(PreparedCall call, OutputSink sink, CallContext context) {
    try {
      return prepare(call, context).start(call.leases(), sink);
    } catch (ChitinException refused) {
      return Future.failedFuture(refused);
    }
  }

  /** Takes a place in the admission and makes the sandbox up to its gate. */
  @Override
  public Preparation prepare(PreparedCall call, CallContext context) {
    var run =
        new NativeRun(
            NativeCall.of(call), machinery, context, vertx.getOrCreateContext(), this::finished);
    running.add(run);
    try {
      if (closing.get()) {
        throw Problem.of(ProblemCode.GATEWAY_DRAINING, "The sandbox is shutting down.")
            .withHint("Try again later.")
            .toException();
      }
      run.enter();
      return run;
    } catch (ChitinException e) {
      finished(run);
      throw e;
    }
  }

  private void finished(NativeRun run) {
    running.remove(run);
    cleanUp.execute(groups::refill);
    closeWhenIdle();
  }

  private void evict() {
    pool.evict();
  }

  /** How many run, stand ready, wait and were refused, and how often one stood ready in time. */
  public SandboxMetrics metrics() {
    Admission.Load load = admission.load();
    WarmPool.Stock stock = pool.stock();
    return new SandboxMetrics(
        load.running(),
        load.waiting(),
        load.refusals(),
        stock.ready(),
        stock.hits(),
        stock.misses());
  }

  @Override
  public Future<Void> close() {
    if (closing.compareAndSet(false, true)) {
      running.forEach(NativeRun::cancel);
      pool.close();
      closeWhenIdle();
    }
    return closed.future();
  }

  private void closeWhenIdle() {
    Admission.Load load = admission.load();
    boolean idle = running.isEmpty() && load.running() + load.warm() == 0;
    if (closing.get() && idle && ended.compareAndSet(false, true)) {
      cleanUp.execute(this::closeResources);
    }
  }

  private void closeResources() {
    setUps.shutdown();
    walkers.shutdown();
    poller.close();
    spawner.close();
    groups.close();
    try {
      cgroups.sweep(groups.prefix());
      journal.close();
      outputs.close();
      closed.tryComplete();
    } catch (IOException e) {
      closed.tryFail(e);
    }
    cleanUp.shutdown();
  }
}
