package dev.chitin.it.bench;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.ExecutionPlan;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Labels;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Principal;
import dev.chitin.policy.SealedPlan;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.backend.PreparedCall;
import dev.chitin.sandbox.bwrap.BwrapBackend;
import dev.chitin.sandbox.bwrap.RunBounds;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import dev.chitin.sandbox.bwrap.WarmBounds;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code true} in Chitin's sandbox, every control on, from plan to outcome, beside bare bubblewrap,
 * in turns within one run. Cold: each sandbox is made when its call comes. Warm: some stand ready,
 * as many as the defaults say, and the next are made after a call.
 *
 * <p>Latency of one call is taken at one call every {@value #PAUSE_MILLIS} ms, for the reference as
 * well; rates are those of closed loops with so many in flight. The clock of a call stops when its
 * outcome is on the caller's event loop, where a gateway has it; the reference's when bwrap is
 * reaped. Both have run {@value #WARM_UP} times before, so that code is compiled as in a gateway
 * that has been up for a while.
 */
final class SandboxCalls implements Bench.Measurement {
  private static final List<Integer> IN_FLIGHT = List.of(1, 4, 16, 64);
  private static final int WARM_UP = 1_000;
  private static final int TURNS = 6;
  private static final int PACED = 40;
  private static final long PAUSE_MILLIS = 20;
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/bin:/bin", "HOME", "/tmp", "LANG", "C.UTF-8");
  private static final PreparedCall CALL = plan();

  @Override
  public List<Row> run(Path work) throws Exception {
    List<Row> rows = new ArrayList<>();
    Vertx vertx = Vertx.vertx();
    try {
      rows.addAll(rows(vertx, work.resolve("cold"), "cold", WarmBounds.NONE));
      rows.addAll(rows(vertx, work.resolve("warm"), "warm", WarmBounds.DEFAULT));
    } finally {
      vertx.close().await();
    }
    return rows;
  }

  private static List<Row> rows(Vertx vertx, Path directory, String mode, WarmBounds warm)
      throws Exception {
    SandboxSettings settings = SandboxSettings.defaults(directory).with(RunBounds.DEFAULT, warm);
    BwrapBackend backend = BwrapBackend.start(vertx, settings);
    List<Row> rows = new ArrayList<>();
    try (var alike = BareSandbox.alike(backend.fixedOptions());
        var minimal = BareSandbox.minimal()) {
      for (int i = 0; i < WARM_UP; i++) {
        call(backend);
        alike.run();
        minimal.run();
      }
      String target = mode.equals("cold") ? "≤ 1.3" : "< 1";
      rows.add(latency(backend, alike, mode, "bare bwrap, same namespaces and mounts", target));
      rows.add(
          latency(backend, minimal, mode, "bare bwrap, same namespaces, fewest mounts", target));
      for (int inFlight : IN_FLIGHT) {
        rows.add(rate(backend, alike, mode, inFlight));
      }
    } finally {
      backend.close().await();
    }
    return rows;
  }

  private static Row latency(
      BwrapBackend backend, BareSandbox bare, String mode, String reference, String target)
      throws Exception {
    var ours = new Timings();
    var theirs = new Timings();
    long before = backend.metrics().warmHits();
    for (int turn = 0; turn < TURNS; turn++) {
      ours.paceTimed(() -> call(backend), PACED, PAUSE_MILLIS);
      theirs.pace(bare::run, PACED, PAUSE_MILLIS);
    }
    return new Row(
        "sandbox, true, " + mode + ", p50",
        ours.millis(0.5),
        theirs.millis(0.5),
        "ms",
        reference,
        target,
        String.format(
            Locale.ROOT,
            "p99 %.1f / %.1f ms%s",
            ours.millis(0.99),
            theirs.millis(0.99),
            ready(backend, mode, before, PACED)));
  }

  private static Row rate(BwrapBackend backend, BareSandbox bare, String mode, int inFlight)
      throws Exception {
    int count = Math.max(50, 2 * inFlight);
    var ours = new Timings();
    var theirs = new Timings();
    long before = backend.metrics().warmHits();
    for (int turn = 0; turn < TURNS; turn++) {
      ours.measure(() -> call(backend), count, inFlight);
      theirs.measure(bare::run, count, inFlight);
    }
    return new Row(
        "sandbox, true, " + mode + ", " + inFlight + " in flight",
        ours.rate(),
        theirs.rate(),
        "calls/s",
        "bare bwrap, same namespaces and mounts",
        "",
        String.format(
            Locale.ROOT,
            "p50 %.1f / %.1f ms, p99 %.1f / %.1f ms%s",
            ours.millis(0.5),
            theirs.millis(0.5),
            ours.millis(0.99),
            theirs.millis(0.99),
            ready(backend, mode, before, count)));
  }

  /** How many of the calls since found a sandbox ready. */
  private static String ready(BwrapBackend backend, String mode, long before, int count) {
    long hits = backend.metrics().warmHits() - before;
    return mode.equals("warm") ? ", " + hits * 100 / ((long) TURNS * count) + " % ready" : "";
  }

  /** Returns nanoseconds from the plan to the outcome. */
  private static long call(BwrapBackend backend) {
    long begun = System.nanoTime();
    return backend
        .run(CALL, OutputSink.NONE, new CallContext(Deadline.after(Duration.ofMinutes(1))))
        .map(outcome -> nanosSince(begun, outcome))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
  }

  private static long nanosSince(long begun, Outcome outcome) {
    if (!outcome.status().equals("exit 0")) {
      throw new IllegalStateException("a call ended with " + outcome.status());
    }
    return System.nanoTime() - begun;
  }

  /** What is run, decided before the clock starts, like the reference's command line. */
  private static PreparedCall plan() {
    JsonValue.Builder environment = JsonValue.object();
    ENVIRONMENT.forEach(environment::put);
    var process =
        new Invocation.NativeProcess(
            List.of("true"),
            "/usr/bin/true",
            "/tmp",
            List.copyOf(new TreeSet<>(ENVIRONMENT.keySet())),
            Digest.of(CanonicalJson.bytes(environment.build())),
            List.of(),
            List.of(),
            false);
    long now = System.currentTimeMillis();
    var plan =
        new ExecutionPlan(
            "bench",
            new Principal("bench", "bench", Set.of()),
            null,
            "bench",
            Digest.of(),
            Capabilities.NONE,
            BwrapBackend.NAME,
            process,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Limits.DEFAULT,
            Digest.of(CanonicalJson.bytes(JsonValue.Obj.EMPTY)),
            Labels.UNATTRIBUTED,
            null,
            now,
            now + 60_000,
            "bench");
    return new PreparedCall(
        SealedPlan.seal(plan), JsonValue.Obj.EMPTY, ENVIRONMENT, Bytes.EMPTY, List.of());
  }
}
