package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import dev.chitin.policy.Mount;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.bwrap.SandboxProof.Finding;
import dev.chitin.sandbox.bwrap.SandboxProof.State;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attacks the limits on CPU and disk: one process spins beyond its rate, one starts children that
 * use up its time together, one writes more than it may into a directory of its own.
 */
final class LimitProof {
  private static final Logger LOG = LoggerFactory.getLogger(LimitProof.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String INSIDE = "[ -r /.chitin-sandbox ] || exit 9; ";
  private static final String SPIN = INSIDE + "while :; do :; done";
  private static final String CHILDREN =
      INSIDE + "while :; do (i=0; while [ $i -lt 9999 ]; do i=$((i+1)); done); done";
  private static final String WRITE =
      INSIDE + "for n in 1 2 3; do head -c 700000 /dev/zero >/proof/$n; done";

  /** Two periods in which the kernel counts; a machine too busy for that gets a second chance. */
  private static final long SPIN_MILLIS = 220;

  private static final long LONG_SPIN_MILLIS = 1_000;

  private final BwrapBackend backend;

  LimitProof(BwrapBackend backend) {
    this.backend = backend;
  }

  /** Runs it. Never fails: what could not be tried counts as inert. */
  Future<List<Finding>> run() {
    Future<Boolean> rate =
        throttled(SPIN_MILLIS)
            .compose(
                held ->
                    held || isWeaker("cpu")
                        ? Future.succeededFuture(held)
                        : throttled(LONG_SPIN_MILLIS));
    Future<Outcome> time =
        shell(
            CHILDREN,
            List.of(),
            Limits.DEFAULT
                .with(Member.CPU_MS, 100)
                .with(Member.WALL_MS, isWeaker("cpu_time") ? 500 : 5_000));
    Future<Finding> disk = disk();
    return Future.join(rate, time, disk)
        .transform(
            all -> {
              var findings = new ArrayList<Finding>();
              findings.add(rate(rate));
              findings.add(time(time));
              findings.add(disk.succeeded() ? disk.result() : SandboxProof.untried("disk"));
              return Future.succeededFuture(List.copyOf(findings));
            });
  }

  private boolean isWeaker(String control) {
    return backend.weakerHere().stream().anyMatch(note -> note.startsWith(control + ":"));
  }

  /** Little is allowed, so that also a busy machine gives the process more than that. */
  private Future<Boolean> throttled(long millis) {
    Limits limits = Limits.DEFAULT.with(Member.CPU_PERCENT, 5).with(Member.WALL_MS, millis);
    return shell(SPIN, List.of(), limits)
        .map(
            outcome ->
                outcome.notes().stream().anyMatch(note -> note.startsWith("cpu: throttled")));
  }

  private Finding rate(Future<Boolean> throttled) {
    return throttled.failed()
        ? SandboxProof.untried("rate of CPU time")
        : finding("rate of CPU time", throttled.result(), isWeaker("cpu"), "cpu: rate not limited");
  }

  private Finding time(Future<Outcome> used) {
    if (used.failed()) {
      return SandboxProof.untried("CPU time");
    }
    boolean stopped = used.result().status().equals("cpu_limit");
    return finding("CPU time", stopped, isWeaker("cpu_time"), "cpu_time: per-process only");
  }

  private static Finding finding(String control, boolean held, boolean waived, String weaker) {
    if (held) {
      return new Finding(control, State.PROVEN, "A run that used too much was held.");
    }
    return waived
        ? new Finding(control, State.DEGRADED, weaker)
        : new Finding(control, State.INERT, "A run used more than its limit.");
  }

  private Future<Finding> disk() {
    Path directory;
    Mount mount;
    try {
      directory = Files.createTempDirectory("chitin-proof-").toRealPath();
      mount = new Mount(directory.toString(), "/proof", true, identity(directory));
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
    return shell(WRITE, List.of(mount), Limits.DEFAULT.with(Member.DISK_BYTES, 1 << 20))
        .map(outcome -> finding("disk", outcome.status().equals("disk_limit"), false, ""))
        .onComplete(tried -> remove(directory));
  }

  private static String identity(Path directory) throws IOException {
    try (Fd fd =
        Open.openat2(
            Open.AT_FDCWD, directory.toString(), Open.O_PATH, 0, Open.RESOLVE_NO_SYMLINKS)) {
      return Statx.fstat(fd).identity();
    }
  }

  private static void remove(Path directory) {
    try {
      for (String name : List.of("1", "2", "3")) {
        Files.deleteIfExists(directory.resolve(name));
      }
      Files.delete(directory);
    } catch (IOException e) {
      LOG.warn("The directory of the sandbox's self-attack could not be removed.", e);
    }
  }

  private Future<Outcome> shell(String script, List<Mount> mounts, Limits limits) {
    return backend.run(
        ProbeCall.of(
            "/usr/bin/dash",
            List.of("/usr/bin/dash", "-c", script),
            ProbeCall.ENVIRONMENT,
            Bytes.EMPTY,
            mounts,
            limits),
        OutputSink.NONE,
        new CallContext(Deadline.after(PATIENCE)));
  }
}
