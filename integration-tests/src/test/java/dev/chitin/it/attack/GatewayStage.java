package dev.chitin.it.attack;

import dev.chitin.audit.LogEntry;
import dev.chitin.audit.LogReader;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * A gateway with the catalogue's tools, and everything around it that a case may want: the flag,
 * listeners on the host's loopback, the workspace, the log.
 */
final class GatewayStage implements AutoCloseable {
  private static final long LEAST_MARK = 1_000_000_000_000_000L;
  private static final int PAGE = 1_000;

  private final Path base;
  private final HostWatch host;
  private final Listeners listeners;
  private final Probe.Surroundings around;
  private final AttackGateway gateway;
  private final List<String> restingFiles;

  private GatewayStage(
      Path base,
      HostWatch host,
      Listeners listeners,
      Probe.Surroundings around,
      AttackGateway gateway)
      throws IOException {
    this.base = base;
    this.host = host;
    this.listeners = listeners;
    this.around = around;
    this.gateway = gateway;
    this.restingFiles = runFiles();
  }

  /** Starts the gateway with every tool of {@code cases}. */
  static GatewayStage open(List<AttackCase> cases) throws IOException, InterruptedException {
    Path base = Files.createTempDirectory("chitin-attack-").toRealPath();
    Path home = Files.createDirectory(base.resolve("home"));
    Listeners listeners = Listeners.open();
    HostWatch host =
        HostWatch.plant(base.resolve("flag"), home.resolve("workspace"), "canary-" + mark());
    var around =
        Probe.Surroundings.here(
            host.flag(), listeners.tcpPort(), listeners.udpPort(), listeners.abstractName());
    var setup = new GatewaySetup(base, around);
    setup.write(home, cases.stream().flatMap(one -> one.attack().tools().stream()).toList());
    try {
      AttackGateway gateway = AttackGateway.start(home, host.flag(), host.secret(), List.of());
      return new GatewayStage(base, host, listeners, around, gateway);
    } catch (IOException | InterruptedException e) {
      listeners.close();
      throw e;
    }
  }

  /** Digits that stand in the command line of every process of one run and nowhere else. */
  static String mark() {
    return Long.toString(ThreadLocalRandom.current().nextLong(LEAST_MARK, 10 * LEAST_MARK));
  }

  AttackGateway gateway() {
    return gateway;
  }

  HostWatch host() {
    return host;
  }

  Listeners listeners() {
    return listeners;
  }

  Path base() {
    return base;
  }

  Probe.Surroundings around() {
    return around;
  }

  /** Calls the tool of that name with a mark. */
  AttackGateway.Answer call(String tool, String mark) throws IOException, InterruptedException {
    return gateway.call(tool, JsonValue.object().put("mark", mark).build());
  }

  /** A call that goes on beside others. */
  CompletableFuture<AttackGateway.Answer> begin(String tool, String mark) {
    var answer = new CompletableFuture<AttackGateway.Answer>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                answer.complete(call(tool, mark));
              } catch (IOException | InterruptedException e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  /** Control groups and files of the gateway that a finished run left; waits for them to go. */
  List<String> leftovers() throws IOException {
    // A look that found nothing counts: at the next one the pool may just make groups ready.
    if (Bounded.holds(() -> groups(gateway.pid()).isEmpty() && runFiles().equals(restingFiles))) {
      return List.of();
    }
    var left = new ArrayList<>(groups(gateway.pid()));
    var files = new ArrayList<>(runFiles());
    files.removeAll(restingFiles);
    left.addAll(files);
    return left;
  }

  /** Names and sizes of what lies in the sandbox's own directory. */
  private List<String> runFiles() throws IOException {
    Path run = gateway.home().resolve("run/sandbox");
    try (Stream<Path> walk = Files.walk(run)) {
      var files = new ArrayList<String>();
      for (Path path : walk.sorted().toList()) {
        files.add(run.relativize(path) + (Files.isRegularFile(path) ? " " + Files.size(path) : ""));
      }
      return files;
    }
  }

  /**
   * Control groups of runs of that gateway, but for those that it has made ahead and in which
   * nothing has run yet.
   */
  static List<String> groups(long gateway) throws IOException {
    var byName = new TreeMap<String, List<Path>>();
    for (Path parent : Fence.parents()) {
      try (DirectoryStream<Path> groups =
          Files.newDirectoryStream(parent, "run-" + gateway + "-*")) {
        for (Path group : groups) {
          byName
              .computeIfAbsent(String.valueOf(group.getFileName()), name -> new ArrayList<>())
              .add(group);
        }
      }
    }
    var found = new ArrayList<String>();
    for (List<Path> groups : byName.values()) {
      if (groups.size() != Fence.parents().size() || !groups.stream().allMatch(Fence::unused)) {
        groups.forEach(group -> found.add(group.toString()));
      }
    }
    return found;
  }

  /** The log's entries about a call, one JSON text each. */
  List<String> audit(String callId) {
    var reader = new LogReader(gateway.home().resolve("audit"));
    var found = new ArrayList<String>();
    long next = 0;
    for (List<LogEntry> page = reader.read(next, PAGE);
        !page.isEmpty();
        page = reader.read(next, PAGE)) {
      for (LogEntry entry : page) {
        String text = new String(entry.json().borrow(), StandardCharsets.UTF_8);
        if (text.contains(callId)) {
          found.add(text);
        }
      }
      next += page.size();
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    gateway.close();
    listeners.close();
    remove(base);
  }

  /** Removes a tree that a case made. */
  static void remove(Path tree) throws IOException {
    try (Stream<Path> walk = Files.walk(tree)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
