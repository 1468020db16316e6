package dev.chitin.it.attack;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.attack.Attack.Scene;
import dev.chitin.it.attack.Attack.Tool;
import dev.chitin.sandbox.bwrap.WarmBounds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Numbers 40 and 42: sandboxes that stand ready, and what they wait for. */
final class WarmCases {
  private static final long PER_PROFILE = WarmBounds.DEFAULT.perProfile();

  /**
   * Looks for what an earlier call may have left, then leaves as much as it can: files, memory,
   * queues, sockets, a key, and a process that holds what would end with this one.
   */
  private static final String LOOK_AND_LEAVE =
      """
      use POSIX ();
      sub names { my ($place) = @_; opendir(my $d, $place) or return 'closed'; join ' ', sort grep { !/^\\.\\.?$/ } readdir $d }
      sub text { my ($file) = @_; open(my $in, '<', $file) or return ''; local $/; my $all = <$in>; $all =~ tr/\\0\\n/  /; $all }
      my @places = qw(/tmp /dev/shm /var/tmp /run /dev/mqueue /dev /);
      my $above = POSIX::getcwd();
      push @places, $above while $above =~ s{/[^/]+\\z}{} && $above ne '/tmp' && $above ne '';
      my $key = 0x6c656674;
      my %address = (
        abstract => [1, pack 'S a*', 1, "\\0left"],
        named => [1, pack 'S a*', 1, '/tmp/left'],
        port => [2, pack 'S n a4 x8', 2, 7711, "\\x7f\\0\\0\\1"]);

      print "files $_=", names($_), "\\n" for @places;
      print 'others=', join(' ', map { text("/proc/$_/cmdline") } grep { /^\\d+$/ && $_ != 1 && $_ != $$ }
        split / /, names('/proc')), "\\n";
      print "self=$$ ", POSIX::getppid(), ' ', POSIX::getpgrp(), "\\n";
      print 'environment=', join('|', map { "$_=$ENV{$_}" } sort keys %ENV), "\\n";
      print "started=", text('/proc/self/environ') =~ /left/ ? 'marked' : 'clean', "\\n";
      print "descriptors=", join(' ', grep { -e "/proc/self/fd/$_" } 3 .. 20), "\\n";
      print 'keys=', text('/proc/keys'), "\\n";
      print "table $_=", text("/proc/sysvipc/$_") =~ /\\d/ ? 'used' : 'empty', "\\n" for qw(shm msg sem);
      $! = 0; said('segment', defined shmget($key, 4096, 0));
      $! = 0; said('queue', defined msgget($key, 0));
      $! = 0; said('semaphore', defined semget($key, 1, 0));
      attempt('message-queue', $nr{mq_open}, "left\\0", 2, 0, 0);
      for my $kind (sort keys %address) {
        my ($family, $name) = @{$address{$kind}};
        my $s; $! = 0; said($kind, socket($s, $family, 1, 0) && connect($s, $name));
      }

      for my $place (@places) {
        open(my $out, '>', "$place/left-$mark"); print "leaves $place=", $out ? 'done' : 'refused', "\\n";
        print $out $mark if $out;
      }
      my $segment = shmget($key, 4096, 01600);
      said('leaves segment', defined $segment && shmwrite($segment, $mark, 0, length $mark));
      my $queue = msgget($key, 01600);
      said('leaves queue', defined $queue && msgsnd($queue, pack('l! a*', 1, $mark), 0));
      said('leaves semaphore', defined semget($key, 1, 01600));
      attempt('leaves message-queue', $nr{mq_open}, "left\\0", 0102, 0600, 0);
      attempt('leaves key', $nr{add_key}, "user\\0", "left-$mark\\0", $mark, length $mark, -2);
      my @held;
      for my $kind (sort keys %address) {
        my ($family, $name) = @{$address{$kind}};
        my $s; $! = 0; said("leaves $kind", socket($s, $family, 1, 0) && bind($s, $name) && listen($s, 4));
        push @held, $s;
      }
      pipe(my $ready, my $on);
      if (!fork) {
        POSIX::setsid(); $ENV{LEFT} = $mark;
        if (!fork) {
          my $null = POSIX::open('/dev/null', POSIX::O_RDWR()); POSIX::dup2($null, $_) for 0 .. 2;
          syswrite $on, 'x'; close $on; POSIX::pause() while 1;
        }
        POSIX::_exit(0);
      }
      close $on; said('leaves process', sysread($ready, my $byte, 1)); print "end=reached\\n";
      """;

  /** What of it has to be possible, or the next call could find nothing anyway. */
  private static final List<String> LEFT =
      List.of("/tmp", "/dev/shm", "segment", "queue", "semaphore", "abstract", "named", "process");

  /** What the first call finds, and every other one. */
  private static final Map<String, String> EMPTY =
      Map.ofEntries(
          Map.entry("files /tmp", "(chitin-attack-\\d+)?"),
          Map.entry("keys", ""),
          Map.entry("files /dev/shm", ""),
          Map.entry("others", ""),
          Map.entry("started", "clean"),
          Map.entry("descriptors", ""),
          Map.entry("table shm", "empty"),
          Map.entry("table msg", "empty"),
          Map.entry("table sem", "empty"),
          Map.entry("segment", "ENOENT"),
          Map.entry("queue", "ENOENT"),
          Map.entry("semaphore", "ENOENT"),
          Map.entry("message-queue", "ENOENT|EPERM|ENOSYS"),
          Map.entry("abstract", "ECONNREFUSED"),
          Map.entry("named", "ENOENT"),
          Map.entry("port", "ECONNREFUSED|EAFNOSUPPORT"),
          Map.entry("leaves key", "EPERM"),
          Map.entry("end", "reached"));

  private WarmCases() {}

  static List<AttackCase> all() {
    return List.of(
        new AttackCase(
            40, "warm-second-tenant", "looks for what an earlier call left", secondTenant()),
        new AttackCase(40, "warm-stale-denies", "a secret comes after the sandbox", staleDenies()),
        new AttackCase(42, "starter-frames", "arguments shaped like a message", frames()),
        new AttackCase(42, "starter-orphans", "the gateway dies while they wait", orphans()));
  }

  /** A gateway of its own with sandboxes that stand ready, and keys of two tenants. */
  private record Warm(AttackGateway gateway, Tool tool, String auditor, String second)
      implements AutoCloseable {

    static Warm start(GatewayStage stage, String name, Tool tool)
        throws IOException, InterruptedException {
      Path home = Files.createDirectory(stage.base().resolve(name));
      new GatewaySetup(stage.base(), stage.around())
          .write(home, List.of(tool), GatewaySetup.warmSandbox());
      var gateway = AttackGateway.start(home, stage.host().flag(), "none", List.of());
      return new Warm(
          gateway, tool, gateway.key("--role", "auditor"), gateway.key("--tenant", "second"));
    }

    Path workspace() {
      return gateway.home().resolve("workspace");
    }

    /** A call of the first tenant. */
    AttackGateway.Answer call(String mark) throws IOException, InterruptedException {
      return gateway.call(tool.name(), JsonValue.object().put("mark", mark).build());
    }

    AttackGateway.Answer callOfSecond(String mark) throws IOException, InterruptedException {
      return gateway.callWith(second, tool.name(), JsonValue.object().put("mark", mark).build());
    }

    long ready() throws IOException, InterruptedException {
      return gateway.metric(auditor, "chitin_sandbox_warm_ready");
    }

    long hits() throws IOException, InterruptedException {
      return gateway.metric(auditor, "chitin_sandbox_warm_hits_total");
    }

    void awaitReady(long atLeast) throws IOException {
      Bounded.await(() -> ready() >= atLeast, atLeast + " sandboxes stand ready");
    }

    @Override
    public void close() {
      gateway.close();
    }
  }

  private static Tool reading(Probe probe) {
    return new Tool(probe, Map.of(), Map.of(), false);
  }

  private static Scene scene(Tool tool, Attack.Afterwards play) {
    return new Scene(List.of(tool), Map.of(), "", false, play);
  }

  // ---- 40 ----

  private static Scene secondTenant() {
    Tool tool = reading(Probe.perl("warm-second-tenant", LOOK_AND_LEAVE));
    return scene(
        tool,
        stage -> {
          try (var warm = Warm.start(stage, "warm-second-tenant", tool)) {
            return new Tenants(warm).play();
          }
        });
  }

  /** Four calls, two of each tenant: one cold, one warm. */
  private static final class Tenants {
    private final Warm warm;
    private final List<String> marks = new ArrayList<>();
    private final Map<String, String> first = new HashMap<>();

    Tenants(Warm warm) {
      this.warm = warm;
    }

    Optional<String> play() throws IOException, InterruptedException {
      Optional<String> breach = look("first, cold", false, false);
      if (breach.isPresent()) {
        return breach;
      }
      warm.awaitReady(PER_PROFILE);
      breach = look("first, warm", false, true);
      if (breach.isPresent()) {
        return breach;
      }
      // Those of the first tenant all stand there again, and none of them is for the second.
      warm.awaitReady(PER_PROFILE);
      breach = look("second, cold", true, false);
      if (breach.isPresent()) {
        return breach;
      }
      warm.awaitReady(2 * PER_PROFILE);
      breach = look("second, warm", true, true);
      if (breach.isPresent()) {
        return breach;
      }
      for (String mark : marks) {
        if (!Bounded.holds(() -> HostWatch.survivors(mark).isEmpty())) {
          return Optional.of("survivor: " + HostWatch.survivors(mark).getFirst());
        }
      }
      return Optional.empty();
    }

    private Optional<String> look(String who, boolean second, boolean hit)
        throws IOException, InterruptedException {
      long before = warm.hits();
      String mark = GatewayStage.mark();
      AttackGateway.Answer answer = second ? warm.callOfSecond(mark) : warm.call(mark);
      long hits = warm.hits() - before;
      if (hits != (hit ? 1 : 0)) {
        return Optional.of(who + ": " + hits + " warm hits");
      }
      if (answer.status() != 200 || !AttackGateway.text(answer.json(), "status").equals("exit 0")) {
        return Optional.of(who + ": " + answer.text());
      }
      for (String earlier : marks) {
        if (answer.text().contains(earlier)) {
          return Optional.of(who + ": finds an earlier call's mark in " + answer.text());
        }
      }
      marks.add(mark);
      return compare(who, found(answer));
    }

    /** What has to be empty is, and the rest is what the very first call found. */
    private Optional<String> compare(String who, Map<String, String> found) {
      for (Map.Entry<String, String> line : EMPTY.entrySet()) {
        String value = found.getOrDefault(line.getKey(), "nothing said");
        if (!value.matches(line.getValue())) {
          return Optional.of(who + ": " + line.getKey() + " = " + value);
        }
      }
      for (String left : LEFT) {
        if (!found.getOrDefault("leaves " + left, "").equals("done")) {
          return Optional.of(who + ": could not leave " + left + " in " + found);
        }
      }
      if (first.isEmpty()) {
        first.putAll(found);
      }
      return first.entrySet().stream()
          .filter(line -> !line.getValue().equals(found.get(line.getKey())))
          .findFirst()
          .map(line -> who + ": " + line.getKey() + " = " + found.get(line.getKey()));
    }
  }

  /** The lines {@code key=value}. */
  private static Map<String, String> found(AttackGateway.Answer answer) {
    return AttackGateway.text(answer.json(), "stdout")
        .lines()
        .filter(line -> line.contains("="))
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.indexOf('=')),
                line -> line.substring(line.indexOf('=') + 1),
                (one, other) -> other));
  }

  /** Beside the secret lies a plain file, which can be read: the workspace is the one of now. */
  private static Scene staleDenies() {
    Tool tool =
        reading(
            Probe.shell(
                "warm-stale-denies",
                """
                for f in .env deep/.env .ssh/id_rsa; do cat "$f" 2>/dev/null; done
                echo "plain=$(cat plain 2>/dev/null)"
                echo end=reached
                """));
    return scene(
        tool,
        stage -> {
          try (var warm = Warm.start(stage, "warm-stale-denies", tool)) {
            Files.createDirectories(warm.workspace().resolve("deep"));
            return staleDenies(warm);
          }
        });
  }

  private static Optional<String> staleDenies(Warm warm) throws IOException, InterruptedException {
    Optional<String> before = plain(warm, "", "nothing is planted");
    if (before.isPresent()) {
      return before;
    }
    warm.awaitReady(1);
    String secret = "obviously-fake-" + GatewayStage.mark();
    Files.createDirectory(warm.workspace().resolve(".ssh"));
    for (String path : List.of(".env", "deep/.env", ".ssh/id_rsa")) {
      Files.writeString(warm.workspace().resolve(path), secret);
    }
    Files.writeString(warm.workspace().resolve("plain"), "readable");
    Optional<String> stale = plain(warm, "readable", "the next call");
    if (stale.isPresent()) {
      return stale;
    }
    long hits = warm.hits();
    warm.awaitReady(1);
    Optional<String> anew = plain(warm, "readable", "one made since");
    return anew.isPresent() || warm.hits() == hits + 1
        ? anew
        : Optional.of("the call after it was not served warm");
  }

  private static Optional<String> plain(Warm warm, String plain, String when)
      throws IOException, InterruptedException {
    AttackGateway.Answer answer = warm.call(GatewayStage.mark());
    String said = AttackGateway.text(answer.json(), "stdout");
    return said.equals("plain=" + plain + "\nend=reached\n")
        ? Optional.empty()
        : Optional.of(when + ": " + answer.text());
  }

  // ---- 42 ----

  /**
   * The message of a waiting sandbox holds the arguments of a call; these want to end it, to be
   * counted, and to be several. The tool also looks for the pipe that it came through.
   */
  private static Scene frames() {
    Tool tool =
        reading(
            Probe.shell(
                "starter-frames",
                """
                printf '<%s>' "$mark"
                for n in 3 4 5 6 7 8 9; do [ ! -e "/proc/self/fd/$n" ] || echo "open $n"; done
                { echo x >&7; echo x >&8; } 2>/dev/null && echo "written"
                printf ' %s' "$#" "${LEFT-none}"; echo; echo end=reached
                """));
    return scene(
        tool,
        stage -> {
          try (var warm = Warm.start(stage, "starter-frames", tool)) {
            return frames(warm);
          }
        });
  }

  private static Optional<String> frames(Warm warm) throws IOException, InterruptedException {
    AttackGateway.Answer cold = warm.call("cold");
    if (!arrived(cold, "cold")) {
      return Optional.of("cold: " + cold.text());
    }
    for (String odd :
        List.of(
            "end",
            "0",
            "1e9",
            "LEFT=x",
            "\\0end",
            "é\uD83D\uDE00",
            "%s%n",
            "/usr/bin/true",
            "x".repeat(100_000))) {
      warm.awaitReady(1);
      long hits = warm.hits();
      AttackGateway.Answer answer = warm.call(odd);
      if (!arrived(answer, odd)) {
        return Optional.of("<" + odd + "> became " + answer.text());
      }
      if (warm.hits() != hits + 1) {
        return Optional.of("<" + odd + "> was not served warm");
      }
    }
    for (String bad :
        List.of("", "-1", "a\\nend\\n", "a\\u0000end\\u0000", "\\u0000", "x".repeat(2 << 20))) {
      String body = "{\"arguments\":{\"mark\":\"" + bad + "\"}}";
      AttackGateway.Answer refused =
          warm.gateway().post(warm.tool().name(), body.getBytes(StandardCharsets.UTF_8));
      if (refused.status() < 400 || refused.status() >= 500) {
        return Optional.of("argument of " + bad.length() + " gave " + refused.status());
      }
    }
    AttackGateway.Answer after = warm.call("after");
    return arrived(after, "after") ? Optional.empty() : Optional.of("after: " + after.text());
  }

  private static boolean arrived(AttackGateway.Answer answer, String mark) {
    return answer.status() == 200
        && AttackGateway.text(answer.json(), "stdout")
            .equals("<" + mark + "> 8 none\nend=reached\n");
  }

  private static Scene orphans() {
    Tool tool = reading(Probe.shell("starter-orphans", "echo end=reached\n"));
    return scene(
        tool,
        stage -> {
          try (var warm = Warm.start(stage, "starter-orphans", tool)) {
            AttackGateway.Answer answer = warm.call(GatewayStage.mark());
            if (!answer.text().contains("end=reached")) {
              return Optional.of(answer.text());
            }
            warm.awaitReady(PER_PROFILE);
            ProcessHandle gateway = ProcessHandle.of(warm.gateway().pid()).orElseThrow();
            // Of each the monitor, the init and the starter.
            Bounded.await(
                () -> gateway.descendants().count() >= 3 * PER_PROFILE, "the starters wait");
            List<ProcessHandle> waiting = gateway.descendants().toList();
            warm.gateway().kill();
            return Bounded.holds(() -> waiting.stream().noneMatch(WarmCases::runs))
                ? Optional.empty()
                : Optional.of("a sandbox outlives its gateway");
          }
        });
  }

  /** One that has ended and is still in the process table has no command line. */
  private static boolean runs(ProcessHandle process) {
    return process.isAlive() && process.info().commandLine().isPresent();
  }
}
