package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The reference line of the security model, a plain bubblewrap as people write it, with what it
 * needs to start at all. It runs inside a cage: a fence of control groups, and a pid namespace of
 * its own that dies with one handle; within them it may fail as it likes.
 */
final class NaiveTarget implements Target {
  private static final long WALL_SECONDS = 5;
  private static final int MOST_OUTPUT = 4 << 20;

  /** Blocks of 512 bytes that one file may have. */
  private static final int MOST_BLOCKS = 131_072;

  /** Enters the fence first, then the cage; neither the gate nor the flag is kept by mistake. */
  private static final String GATE =
      "read -r gate && [ \"$gate\" = go ] && ulimit -c 0 && ulimit -f "
          + MOST_BLOCKS
          + " && exec \"$@\"";

  /** The last thing that a cage does. */
  static final String HOLD = "read -r hold";

  /** Runs the line, tells how it ended, and stays until it is killed: survivors are seen so. */
  private static final String CAGE =
      "exec 9<\"$1\"; out=$2 err=$3; shift 3; \"$@\" </dev/null >\"$out\" 2>\"$err\"; "
          + "echo \"exit $?\"; "
          + HOLD;

  private final Path base;
  private final HostWatch host;
  private final Listeners listeners;
  private final Probe.Surroundings around;
  private final Path probes;
  private final Path marker;

  private NaiveTarget(Path base, HostWatch host, Listeners listeners, Probe.Surroundings around)
      throws IOException {
    this.base = base;
    this.host = host;
    this.listeners = listeners;
    this.around = around;
    probes = Files.createDirectory(base.resolve("probes"));
    marker = Files.writeString(base.resolve("marker"), "naive\n");
  }

  /** Why it may not run here, or empty. */
  static Optional<String> refusal() throws IOException {
    if ((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0) {
      return Optional.of("the naive line never runs as root");
    }
    return Optional.of(Fence.obstacle()).filter(obstacle -> !obstacle.isEmpty());
  }

  /**
   * Prepares it.
   *
   * @throws IOException with the reason when it may not run here
   */
  static NaiveTarget open() throws IOException {
    Optional<String> refusal = refusal();
    if (refusal.isPresent()) {
      throw new IOException(refusal.get());
    }
    Path base = Files.createTempDirectory("chitin-naive-").toRealPath();
    Listeners listeners = Listeners.open();
    HostWatch host =
        HostWatch.plant(
            base.resolve("flag"), base.resolve("workspace"), "canary-" + GatewayStage.mark());
    var around =
        Probe.Surroundings.here(
            host.flag(), listeners.tcpPort(), listeners.udpPort(), listeners.abstractName());
    return new NaiveTarget(base, host, listeners, around);
  }

  @Override
  public String name() {
    return "naive";
  }

  @Override
  public Verdict attack(AttackCase attack) throws Exception {
    if (!(attack.attack() instanceof Attack.Run run)) {
      return new Verdict.NotApplicable("needs a gateway");
    }
    if (!run.notOnNaive().isEmpty()) {
      return new Verdict.NotApplicable(run.notOnNaive());
    }
    int arrived = listeners.arrived();
    Seen seen = once(run);
    Optional<String> breach = Judge.effects(run, seen, host);
    if (breach.isEmpty() && listeners.arrived() != arrived) {
      breach = Optional.of("something arrived outside");
    }
    return breach.isPresent() ? new Verdict.Broken(breach.get()) : new Verdict.Held();
  }

  private Seen once(Attack.Run run) throws IOException, InterruptedException {
    if (Files.notExists(probes.resolve(run.tool().name() + ".sh"))) {
      run.tool().probe().write(probes);
    }
    Map<String, String> before = host.reset(run.planted());
    String mark = GatewayStage.mark();
    Path out = base.resolve("out");
    Path err = base.resolve("err");
    try (Fence fence = Fence.open()) {
      var line = new ArrayList<String>(List.of("dash", "-c", GATE, "gate"));
      line.addAll(cage(out, err));
      line.addAll(naive());
      line.addAll(run.tool().probe().argv(probes, around, mark));
      var builder = new ProcessBuilder(line).redirectError(base.resolve("cage").toFile());
      builder.environment().put(AttackGateway.SECRET_NAME, host.secret());
      builder.environment().putAll(run.tool().environment());
      Process cage = builder.start();
      try {
        String end = end(cage, fence);
        List<String> struck = new ArrayList<>(fence.struck());
        if (end.isEmpty()) {
          struck.add("time");
        }
        // Whoever waits behind the naive line would see its survivors now.
        HostWatch.Change change = host.change(before, mark);
        Bytes stdout = head(out);
        return new Seen(
            end.isEmpty() ? "stopped" : end,
            List.of(),
            stdout,
            head(err),
            Files.size(out) > MOST_OUTPUT,
            stdout,
            List.copyOf(struck),
            end.isEmpty() ? withoutSurvivors(change) : change);
      } finally {
        cage.destroyForcibly().waitFor();
      }
    }
  }

  /** What the fence's time ended is still there by its own right. */
  private static HostWatch.Change withoutSurvivors(HostWatch.Change change) {
    return new HostWatch.Change(change.flagWritten(), change.before(), change.after(), List.of());
  }

  /** How it ended, or empty when it did not in time. */
  private static String end(Process cage, Fence fence) throws IOException, InterruptedException {
    fence.enter(cage.pid());
    OutputStream gate = cage.getOutputStream();
    gate.write("go\n".getBytes(StandardCharsets.UTF_8));
    gate.flush();
    BufferedReader lines = cage.inputReader(StandardCharsets.UTF_8);
    var first =
        CompletableFuture.supplyAsync(
            () -> lines.lines().findFirst().orElse(""), Thread::startVirtualThread);
    try {
      return first.get(WALL_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return "";
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  private static Bytes head(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Bytes.adopt(in.readNBytes(MOST_OUTPUT));
    }
  }

  private List<String> cage(Path out, Path err) {
    return List.of(
        "/usr/bin/bwrap",
        "--unshare-user",
        "--unshare-pid",
        "--dev-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--die-with-parent",
        "--",
        "dash",
        "-c",
        CAGE,
        "cage",
        host.flag().toString(),
        out.toString(),
        err.toString());
  }

  /** The line itself; all after {@code --die-with-parent} is what probes need to run. */
  private List<String> naive() throws IOException {
    var line =
        new ArrayList<String>(
            List.of(
                "/usr/bin/bwrap",
                "--ro-bind",
                "/usr",
                "/usr",
                "--ro-bind",
                "/lib",
                "/lib",
                "--tmpfs",
                "/tmp",
                "--unshare-net",
                "--die-with-parent"));
    line.addAll(systemLinks("bin", "lib64"));
    line.addAll(List.of("--proc", "/proc", "--dev", "/dev"));
    line.addAll(List.of("--ro-bind", marker.toString(), "/.chitin-sandbox"));
    line.addAll(List.of("--ro-bind", probes.toString(), probes.toString()));
    String workspace = host.workspace().toString();
    line.addAll(List.of("--bind", workspace, workspace, "--chdir", workspace, "--"));
    return line;
  }

  /** Links, or binds, for what lies in /usr on merged systems; without them nothing starts. */
  static List<String> systemLinks(String... names) throws IOException {
    var line = new ArrayList<String>();
    for (String name : names) {
      Path path = Path.of("/" + name);
      if (Files.isSymbolicLink(path)) {
        line.addAll(List.of("--symlink", Files.readSymbolicLink(path).toString(), path.toString()));
      } else if (Files.isDirectory(path)) {
        line.addAll(List.of("--ro-bind", path.toString(), path.toString()));
      }
    }
    return line;
  }

  @Override
  public void close() throws IOException {
    listeners.close();
    GatewayStage.remove(base);
  }
}
