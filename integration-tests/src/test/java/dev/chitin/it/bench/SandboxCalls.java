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
import dev.chitin.sandbox.bwrap.SandboxMetrics;
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
 * {@code true} in Chitin's sandbox, every control on, from plan to outcome, beside a bare
 * bubblewrap with the same namespaces, at several numbers in flight, in turns within one run. Cold:
 * each sandbox is made when its call comes. Warm: some stand ready, as many as the defaults say,
 * and the next are made while calls run.
 */
final class SandboxCalls implements Bench.Measurement {
  private static final List<Integer> IN_FLIGHT = List.of(1, 4, 16, 64);
  private static final int WARM_UP = 200;
  private static final int TURNS = 6;
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/bin:/bin", "HOME", "/tmp", "LANG", "C.UTF-8");

  @Override
  public List<Row> run(Path work) throws Exception {
    List<Row> rows = new ArrayList<>();
    Vertx vertx = Vertx.vertx();
    try (var bare = new BareSandbox()) {
      rows.addAll(rows(vertx, work.resolve("cold"), bare, "cold", WarmBounds.NONE));
      rows.addAll(rows(vertx, work.resolve("warm"), bare, "warm", WarmBounds.DEFAULT));
    } finally {
      vertx.close().await();
    }
    return rows;
  }

  private static List<Row> rows(
      Vertx vertx, Path directory, BareSandbox bare, String mode, WarmBounds warm)
      throws Exception {
    SandboxSettings settings = SandboxSettings.defaults(directory).with(RunBounds.DEFAULT, warm);
    BwrapBackend backend = BwrapBackend.start(vertx, settings);
    List<Row> rows = new ArrayList<>();
    try {
      for (int i = 0; i < WARM_UP; i++) {
        call(backend);
        bare.run();
      }
      for (int inFlight : IN_FLIGHT) {
        rows.add(row(backend, bare, mode, inFlight));
      }
    } finally {
      backend.close().await();
    }
    return rows;
  }

  private static Row row(BwrapBackend backend, BareSandbox bare, String mode, int inFlight)
      throws Exception {
    int count = Math.max(50, 2 * inFlight);
    var ours = new Timings();
    var theirs = new Timings();
    SandboxMetrics before = backend.metrics();
    for (int turn = 0; turn < TURNS; turn++) {
      ours.measure(() -> call(backend), count, inFlight);
      theirs.measure(bare::run, count, inFlight);
    }
    SandboxMetrics after = backend.metrics();
    long hits = after.warmHits() - before.warmHits();
    String note =
        String.format(
            Locale.ROOT,
            "p99 %.1f / %.1f ms, %.0f / %.0f calls/s",
            ours.millis(0.99),
            theirs.millis(0.99),
            ours.rate(),
            theirs.rate());
    if (mode.equals("warm")) {
      note += ", " + hits * 100 / ((long) TURNS * count) + " % ready";
    }
    return new Row(
        "sandbox, true, " + mode + ", " + inFlight + " in flight, p50",
        ours.millis(0.5),
        theirs.millis(0.5),
        "ms",
        "bare bwrap, same namespaces",
        inFlight > 1 ? "" : mode.equals("cold") ? "≤ 1.3" : "< 1",
        note);
  }

  private static void call(BwrapBackend backend) {
    Outcome outcome =
        backend
            .run(plan(), OutputSink.NONE, new CallContext(Deadline.after(Duration.ofMinutes(1))))
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    if (!outcome.status().equals("exit 0")) {
      throw new IllegalStateException("a call ended with " + outcome.status());
    }
  }

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
