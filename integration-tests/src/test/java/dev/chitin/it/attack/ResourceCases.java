package dev.chitin.it.attack;

import dev.chitin.gateway.config.Configuration;
import dev.chitin.it.attack.Attack.Run;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Numbers 1 to 8: what one run may use up, and what it may put out. */
final class ResourceCases {
  private static final long MIB = 1 << 20;

  private static final String FILL =
      """
      {
        head -c 268435456 /dev/zero >"PLACE/filled" || echo "refused=yes"
        [ -e "PLACE/filled" ] && echo "size=$(stat -c %s "PLACE/filled")"
        rm -f "PLACE/filled"
        echo "end=reached"
      } 2>&1
      """;

  private ResourceCases() {}

  static List<AttackCase> all() {
    return List.of(
        new AttackCase(1, "fork-bomb", "every process doubles itself", forkBomb()),
        new AttackCase(2, "oom", "one process takes all memory", oom()),
        new AttackCase(3, "fill-tmp", "/tmp is filled with bytes", fill("fill-tmp", "/tmp")),
        new AttackCase(
            3, "fill-shm", "/dev/shm is filled with bytes", fill("fill-shm", "/dev/shm")),
        new AttackCase(3, "fill-dev", "/dev is filled with bytes", fillClosed("fill-dev", "/dev")),
        new AttackCase(3, "fill-root", "/ is filled with bytes", fillClosed("fill-root", "/.")),
        new AttackCase(3, "fill-inodes", "/tmp is filled with empty files", fillInodes()),
        new AttackCase(
            4, "workspace-bytes", "the workspace is filled with bytes", workspaceBytes()),
        new AttackCase(4, "workspace-files", "the workspace is filled with empty files", files()),
        new AttackCase(5, "spin", "an endless loop", spin()),
        new AttackCase(6, "flood", "endless output", flood()),
        new AttackCase(7, "read-nothing", "waits for input that does not come", readNothing()),
        new AttackCase(8, "raw-bytes", "a MiB of random bytes", rawBytes()),
        new AttackCase(8, "escape-sequences", "sequences that command a terminal", escapes()));
  }

  private static Run forkBomb() {
    // The first fork comes before any limit; the shell itself makes no other, which might fail.
    return Run.of(
            Probe.shell(
                "fork-bomb", "bomb() { bomb | bomb & }; bomb 2>/dev/null &\nexec sleep 1\n"))
        .limits(Map.of("processes", 16L, "wall_ms", 10_000L))
        .noting("pids_limit: a fork was refused at 16");
  }

  private static Run oom() {
    return Run.of(Probe.shell("oom", "exec tail /dev/zero\n"))
        .limits(Map.of("memory_bytes", 32 * MIB, "wall_ms", 20_000L))
        .ends("oom");
  }

  private static Run fill(String name, String place) {
    return Run.of(Probe.shell(name, FILL.replace("PLACE", place)))
        .limits(Map.of("tmp_bytes", 4 * MIB, "memory_bytes", 64 * MIB, "file_bytes", 1024 * MIB))
        .says(Map.of("size", "\\d+", "refused", "yes", "end", "reached"))
        .check(
            seen ->
                Long.parseLong(seen.lines().getOrDefault("size", "0")) <= 4 * MIB
                    ? Optional.empty()
                    : Optional.of("size " + seen.lines().get("size")));
  }

  private static Run fillClosed(String name, String place) {
    return Run.of(Probe.shell(name, FILL.replace("PLACE", place)))
        .limits(Map.of("memory_bytes", 64 * MIB, "file_bytes", 1024 * MIB))
        .says(Map.of("refused", "yes", "end", "reached"))
        .check(
            seen ->
                seen.lines().containsKey("size")
                    ? Optional.of("a file of " + seen.lines().get("size") + " bytes")
                    : Optional.empty());
  }

  private static Run fillInodes() {
    return Run.of(
            Probe.perl(
                "fill-inodes",
                """
                my $made = 0;
                while ($made < 400_000) { open(my $f, '>', "/tmp/$made") or last; $made++ }
                print "made=$made\\n";
                """))
        .limits(Map.of("memory_bytes", 32 * MIB, "wall_ms", 20_000L))
        .ends("oom");
  }

  /** Members of {@code limits} that this gateway knows; an unknown one would stop its start. */
  private static Map<String, Long> quota(String name, long value) {
    boolean known = Configuration.schema().toString().contains(name);
    return known ? Map.of(name, value, "wall_ms", 20_000L) : Map.of("wall_ms", 20_000L);
  }

  private static Run workspaceBytes() {
    return Run.of(
            Probe.perl(
                "workspace-bytes",
                """
                my $piece = 'x' x 65536;
                for my $n (0 .. 255) {
                  open(my $f, '>', "filled-$n") or last;
                  syswrite($f, $piece) or last;
                  close $f;
                  select(undef, undef, undef, 0.01);
                }
                select(undef, undef, undef, 1);
                print "end=reached\\n";
                """))
        .limits(quota("disk_bytes", 2 * MIB))
        .check(ResourceCases::stopped)
        .mayLeave("|filled-\\d+")
        .ends("disk_limit");
  }

  private static Run files() {
    return Run.of(
            Probe.perl(
                "workspace-files",
                """
                for my $n (0 .. 3999) {
                  open(my $f, '>', "empty-$n") or last;
                  close $f;
                  select(undef, undef, undef, 0.02) if $n % 40 == 0;
                }
                print "end=reached\\n";
                """))
        .limits(quota("disk_files", 500))
        .check(ResourceCases::stopped)
        .mayLeave("|empty-\\d+")
        .ends("disk_limit");
  }

  /** What fills until nobody stops it says so at its end. */
  private static Optional<String> stopped(Seen seen) {
    return seen.lines().containsKey("end") ? Optional.of("nothing stopped it") : Optional.empty();
  }

  private static Run spin() {
    return Run.of(Probe.shell("spin", "while :; do :; done\n"))
        .limits(Map.of("wall_ms", 1_000L))
        .ends("deadline");
  }

  private static Run flood() {
    return Run.of(Probe.shell("flood", "exec yes\n"))
        .limits(Map.of("stdout_bytes", 65_536L, "wall_ms", 20_000L))
        .ends("output_limit")
        .check(
            seen ->
                seen.truncated() && seen.stdout().length() == 65_536
                    ? Optional.empty()
                    : Optional.of(seen.stdout().length() + " bytes kept"));
  }

  private static Run readNothing() {
    return Run.of(Probe.shell("read-nothing", "cat && echo end=reached\n"))
        .limits(Map.of("wall_ms", 5_000L))
        .says(Map.of("end", "reached"))
        .notOnNaive("its input is its caller's");
  }

  private static Run rawBytes() {
    return Run.of(
            Probe.shell(
                "raw-bytes",
                "printf '\\033]52;c;cGF5bG9hZA==\\007\\377'; head -c 1048576 /dev/urandom\n"))
        .limits(Map.of("stdout_bytes", 2 * MIB))
        .check(ResourceCases::plain);
  }

  private static Run escapes() {
    return Run.of(
            Probe.shell(
                "escape-sequences",
                "printf '\\033[2J\\033]52;c;cGF5bG9hZA==\\007\\033]0;title\\007\\302\\233'\n"))
        .check(ResourceCases::plain);
  }

  /** Whoever shows the answer as it is must not run a command of the tool's. */
  private static Optional<String> plain(Seen seen) {
    for (byte one : seen.shown().borrow()) {
      if (one < ' ' && one >= 0 && one != '\n') {
        return Optional.of("a raw control byte " + one);
      }
    }
    return Optional.empty();
  }
}
