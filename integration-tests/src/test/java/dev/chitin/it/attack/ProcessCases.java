package dev.chitin.it.attack;

import dev.chitin.it.attack.Attack.Run;
import java.util.List;
import java.util.Map;

/** Numbers 9 to 14, but for 10: processes that stay, and what they inherit. */
final class ProcessCases {
  private ProcessCases() {}

  static List<AttackCase> all() {
    return List.of(
        new AttackCase(9, "double-fork", "a process leaves its session and stays", doubleFork()),
        new AttackCase(11, "core-pattern", "a kernel setting is written", corePattern()),
        new AttackCase(12, "environment", "looks for a secret of the gateway", environment()),
        new AttackCase(13, "descriptors", "looks for an inherited descriptor", descriptors()),
        new AttackCase(14, "own-stdout", "reads and cuts the file behind its output", ownStdout()));
  }

  private static Run doubleFork() {
    return Run.of(
            Probe.shell(
                "double-fork",
                """
                (setsid sleep 999.$mark >/dev/null 2>&1 &)
                (setsid sh -c "sleep 998.$mark & sleep 997.$mark" >/dev/null 2>&1 &)
                until grep -q 998 /proc/[0-9]*/cmdline 2>/dev/null; do :; done
                echo "started=yes"
                """))
        .limits(Map.of("wall_ms", 10_000L))
        .says(Map.of("started", "yes"));
  }

  private static Run corePattern() {
    return Run.of(
            Probe.perl(
                "core-pattern",
                """
                open(my $in, '<', '/proc/sys/kernel/core_pattern') or die; my $same = <$in>;
                my $opened = open(my $out, '+<', '/proc/sys/kernel/core_pattern');
                said('write', $opened && syswrite($out, $same));
                open(my $table, '<', '/proc/self/mountinfo');
                print 'mounted=', (grep { m{ /proc/sys ro,} } <$table>) ? 'ro' : 'rw', "\\n";
                """))
        .says(Map.of("write", "EROFS|EACCES", "mounted", "ro"))
        .notOnNaive("a setting is the host's");
  }

  private static Run environment() {
    return Run.of(
            Probe.shell(
                "environment",
                """
                env
                cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/cmdline 2>/dev/null | tr '\\0' '\\n'
                echo "end=reached"
                """))
        .says(Map.of("end", "reached"));
  }

  private static Run descriptors() {
    return Run.of(
            Probe.shell(
                "descriptors",
                """
                open=
                for f in /proc/$$/fd/*; do n=${f##*/}; [ -e "$f" ] && [ "$n" != 10 ] && open="$open$n "; done
                cat <&9 2>/dev/null
                echo "open=$open"
                echo "init=$(ls /proc/1/fd 2>/dev/null | wc -l)"
                """))
        .says(Map.of("open", "0 1 2 ", "init", "0"));
  }

  private static Run ownStdout() {
    return Run.of(
            Probe.shell(
                "own-stdout",
                """
                kind=$(readlink /proc/$$/fd/1)
                (: >/proc/$$/fd/1) 2>/dev/null
                echo "kind=$kind"
                """))
        .says(Map.of("kind", "pipe:.*"));
  }
}
