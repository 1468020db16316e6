package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.CallContext;
import dev.chitin.bus.Deadline;
import dev.chitin.policy.Limits;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.backend.OutputSink;
import dev.chitin.sandbox.nativeos.Processes;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attacks this machine's own sandbox and says of each control whether it held: one shell script
 * looks around and tries what must fail, one process takes more memory and one more forks than it
 * may, and {@link LimitProof} goes on. Takes six sandboxes, together well below two seconds.
 */
public final class SandboxProof {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxProof.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long OPEN_FILES = 48;
  private static final long FILE_BYTES = 1 << 20;

  /** Whether a control works. */
  public enum State {
    /** It was attacked and held. */
    PROVEN,
    /** It was attacked and did not hold, or could not be attacked. */
    INERT,
    /** It is given up by name, and something weaker stands in. */
    DEGRADED
  }

  /**
   * One control.
   *
   * @param control its name, stable
   * @param state whether it works
   * @param detail one sentence on what was seen
   */
  public record Finding(String control, State state, String detail) {}

  private final BwrapBackend backend;
  private final Path runDirectory;

  /**
   * Makes a proof of {@code backend}.
   *
   * @param runDirectory the backend's own; a flag is planted in it and taken away again
   */
  public SandboxProof(BwrapBackend backend, Path runDirectory) {
    this.backend = backend;
    this.runDirectory = runDirectory;
  }

  /** Every line is {@code name:value}; a missing line is a probe that did not come that far. */
  private static final String LOOK_AROUND =
      """
      [ -r /.chitin-sandbox ] || { echo "marker:absent"; exit 9; }
      echo "marker:present"
      echo "flag:$(cat "$1" 2>/dev/null)"
      echo "interfaces:$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \\n')"
      echo "init-environment:$(tr '\\0' ' ' </proc/1/environ)"
      echo "environment:$(env | cut -d= -f1 | sort | tr '\\n' ' ')"
      if (exec 3<>/proc/1/mem) 2>/dev/null; then echo "init-memory:open"; else echo "init-memory:closed"; fi
      open=
      for f in /proc/$$/fd/*; do [ -e "$f" ] && open="$open ${f##*/}"; done
      echo "descriptors:$open"
      old=$(cat /proc/sys/kernel/core_pattern)
      if (printf '%s\\n' "$old" >/proc/sys/kernel/core_pattern) 2>/dev/null
      then echo "sysctl:written"; else echo "sysctl:refused"; fi
      writable=
      for d in / /usr /etc /dev /proc /home /run /var "${1%/*}"
      do (: >"$d/chitin-probe") 2>/dev/null && writable="$writable $d"; done
      echo "outside:$writable"
      if (: >/tmp/probe) 2>/dev/null; then echo "tmp:writable"; else echo "tmp:refused"; fi
      echo "privileges:$(sed -n 's/^NoNewPrivs:[^0-9]*//p' /proc/self/status)"
      echo "capabilities:$(sed -n 's/^CapEff:[^0-9]*//p' /proc/self/status)"
      echo "filter:$(sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status)"
      if unshare -U true 2>/dev/null; then echo "namespaces:made"; else echo "namespaces:refused"; fi
      echo "user:$(id -u)"
      echo "limits:$(ulimit -n) $(ulimit -c) $(ulimit -f)"
      echo "end:reached"
      """;

  private static final String FORK =
      """
      [ -r /.chitin-sandbox ] || exit 9
      for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done
      """;

  private static final String FILL = "[ -r /.chitin-sandbox ] || exit 9; exec tail /dev/zero";

  /** Runs it. Never fails: what could not be tried counts as inert. */
  public Future<List<Finding>> run() {
    Path flag = runDirectory.resolve("flag");
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    String secret = HexFormat.of().formatHex(random);
    try {
      Files.writeString(flag, secret);
    } catch (IOException e) {
      LOG.warn("The flag for the sandbox's self-attack cannot be planted.", e);
      return Future.succeededFuture(
          List.of(new Finding("sandbox", State.INERT, "The flag file cannot be planted.")));
    }
    Future<Outcome> look = shell(LOOK_AROUND, flag.toString(), limits(256L << 20, 32));
    Future<Outcome> fork = shell(FORK, "", limits(256L << 20, 4));
    Future<Outcome> fill = shell(FILL, "", limits(32L << 20, 32));
    Future<List<Finding>> limits = new LimitProof(backend).run();
    return Future.join(look, fork, fill, limits)
        .transform(
            all -> {
              remove(flag);
              var findings = new ArrayList<Finding>();
              looked(look, secret, findings);
              findings.add(processes(fork));
              findings.add(memory(fill));
              findings.addAll(limits.result());
              return Future.succeededFuture(List.copyOf(findings));
            });
  }

  private static void remove(Path flag) {
    try {
      Files.deleteIfExists(flag);
    } catch (IOException e) {
      LOG.warn("The flag of the sandbox's self-attack could not be removed.", e);
    }
  }

  private static Limits limits(long memory, long processes) {
    return Limits.from(
        member ->
            switch (member) {
              case WALL_MS -> 5_000;
              case STDOUT_BYTES, STDERR_BYTES -> 65_536;
              case MEMORY_BYTES -> memory;
              case PROCESSES -> processes;
              case FILE_BYTES -> FILE_BYTES;
              case OPEN_FILES -> OPEN_FILES;
              case TMP_BYTES -> 1 << 20;
              default -> member.byDefault();
            });
  }

  private Future<Outcome> shell(String script, String argument, Limits limits) {
    return backend.run(
        ProbeCall.of(
            "/usr/bin/dash",
            List.of("/usr/bin/dash", "-c", script, "probe", argument),
            ProbeCall.ENVIRONMENT,
            Bytes.EMPTY,
            List.of(),
            limits),
        OutputSink.NONE,
        new CallContext(Deadline.after(PATIENCE)));
  }

  private static void looked(Future<Outcome> look, String secret, List<Finding> findings) {
    Map<String, String> seen = new HashMap<>();
    if (look.succeeded()) {
      String text = new String(look.result().stdout().borrow(), StandardCharsets.UTF_8);
      text.lines()
          .filter(line -> line.contains(":"))
          .forEach(
              line ->
                  seen.put(
                      line.substring(0, line.indexOf(':')),
                      line.substring(line.indexOf(':') + 1).strip()));
    }
    if (!"reached".equals(seen.get("end"))) {
      findings.add(
          new Finding(
              "sandbox",
              State.INERT,
              "The self-attack did not run to its end: "
                  + (look.succeeded() ? look.result().status() : look.cause().getMessage())));
      return;
    }
    var check = new Checks(seen, findings);
    check.that("files outside", "flag", value -> value.isEmpty() && !value.contains(secret));
    check.equal("network", "interfaces", "lo");
    check.equal("environment of the init", "init-environment", "");
    check.equal("memory of the init", "init-memory", "closed");
    // PWD is the shell's own.
    var names = new TreeSet<>(ProbeCall.ENVIRONMENT.keySet());
    names.add("PWD");
    check.equal("environment of the tool", "environment", String.join(" ", names));
    check.equal("descriptors", "descriptors", "0 1 2");
    check.equal("kernel settings", "sysctl", "refused");
    check.equal("writes outside /tmp", "outside", "");
    check.equal("private /tmp", "tmp", "writable");
    check.equal("no new privileges", "privileges", "1");
    check.that("capabilities", "capabilities", value -> value.matches("0+"));
    check.equal("system call filter", "filter", "2");
    check.equal("user namespaces", "namespaces", "refused");
    check.that("ordinary user", "user", value -> !value.equals("0") && Processes.geteuid() != 0);
    check.equal("limits of a process", "limits", OPEN_FILES + " 0 " + FILE_BYTES / 512);
  }

  /** An attack that did not take place says nothing of what it was to show. */
  static Finding untried(String control) {
    return new Finding(control, State.INERT, "The attack could not be tried.");
  }

  private Finding processes(Future<Outcome> fork) {
    if (fork.failed()) {
      return untried("number of processes");
    }
    boolean struck = fork.result().notes().stream().anyMatch(note -> note.startsWith("pids_limit"));
    if (struck) {
      return new Finding("number of processes", State.PROVEN, "Forks beyond the limit failed.");
    }
    boolean refused = !"exit 0".equals(fork.result().status());
    return refused && backend.weakerHere().stream().anyMatch(note -> note.startsWith("processes"))
        ? new Finding("number of processes", State.DEGRADED, "Limited per user only.")
        : new Finding("number of processes", State.INERT, "Forks beyond the limit succeeded.");
  }

  private Finding memory(Future<Outcome> fill) {
    if (fill.failed()) {
      return untried("memory");
    }
    if (fill.result().status().equals("oom")) {
      return new Finding("memory", State.PROVEN, "A process that took too much was killed.");
    }
    boolean stopped = !"exit 0".equals(fill.result().status());
    return stopped && backend.weakerHere().stream().anyMatch(note -> note.startsWith("memory"))
        ? new Finding("memory", State.DEGRADED, "memory: per-process only")
        : new Finding("memory", State.INERT, "A process took more than its limit.");
  }

  /** What was seen, held against what has to be. */
  private record Checks(Map<String, String> seen, List<Finding> findings) {
    void equal(String control, String line, String expected) {
      that(control, line, expected::equals);
    }

    void that(String control, String line, java.util.function.Predicate<String> holds) {
      String value = seen.get(line);
      boolean held = value != null && holds.test(value);
      findings.add(
          new Finding(
              control,
              held ? State.PROVEN : State.INERT,
              held ? "The attack failed." : "Seen inside: " + line + " = " + value));
    }
  }
}
