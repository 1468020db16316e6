package dev.chitin.it.attack;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.attack.Attack.Run;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Numbers 15 to 21, but for 16: links, devices, and names that are not to be touched. */
final class FileCases {
  private static final List<String> NAMES =
      List.of(
          ".git/hooks/pre-commit",
          ".git/config",
          ".gitmodules",
          ".gitconfig",
          ".bashrc",
          ".bash_profile",
          ".zshrc",
          ".zprofile",
          ".profile",
          ".ripgreprc",
          ".mcp.json",
          ".vscode/settings.json",
          ".idea/workspace.xml",
          ".claude/settings.json",
          ".codex/config.toml",
          ".chitin/chitin.json5",
          ".ssh/authorized_keys");

  /** Write, create, replace, rename, delete, exchange: each way to change a name. */
  private static final String EVERY_WAY =
      """
      my @names = qw(NAMES);
      mkdir 'other'; open(my $x, '>', 'other/file'); print $x "planted\\n"; close $x;
      for my $name (@names) {
        (my $top = $name) =~ s{/.*}{}; (my $parent = $name) =~ s{/[^/]*$}{};
        mkdir $top; mkdir $parent if $parent ne $name;
        for my $mode ('>', '>>', '+<') { if (open(my $f, $mode, $name)) { print $f "planted\\n"; close $f } }
        rename 'other/file', $name; link 'other/file', $name; symlink '/etc/passwd', $name;
        for my $place ($top, $parent, $name) {
          rename $place, "moved"; system 'rm', '-rf', 'moved';
          unlink $place; rmdir $place; symlink 'other', $place;
        }
        chmod 0777, $name; utime 1, 1, $name;
        system 'rm', '-rf', $top;
        if (mkdir $top) { if (open(my $f, '>', $name)) { print $f "planted\\n"; close $f } }
      }
      system 'rm', '-rf', 'other';
      print "end=reached\\n";
      """;

  private FileCases() {}

  static List<AttackCase> all() {
    return List.of(
        new AttackCase(15, "planted-link", "a link to outside is left for the gateway", link()),
        new AttackCase(17, "pinned-ancestor", "a protected directory is moved away", pinned()),
        new AttackCase(18, "device-nodes", "makes and opens devices", devices()),
        new AttackCase(19, "set-uid", "gains by a set-user-id program", setUid()),
        new AttackCase(20, "denies-existing", "changes protected names", existing()),
        new AttackCase(20, "denies-absent", "makes protected names", everyWay("denies-absent")),
        new AttackCase(21, "read-denies", "reads credentials in the workspace", readDenies()));
  }

  private static Run link() {
    return Run.of(
            Probe.shell(
                "planted-link",
                """
                ln -s /etc/passwd l; ln -s "$flag" f; ln -s /etc d
                cat l f 2>/dev/null; (echo x >>l) 2>/dev/null
                (echo x >>f) 2>/dev/null
                echo "end=reached"
                """))
        .mayLeave("|[lfd]")
        .says(Map.of("end", "reached"))
        .check(
            seen ->
                seen.text().contains("root:")
                    ? Optional.of("the host's passwd was read")
                    : Optional.empty())
        .afterwards(
            stage -> {
              for (String path : List.of("l", "f", "d/passwd")) {
                AttackGateway.Answer read =
                    stage.gateway().call("fs_read", JsonValue.object().put("path", path).build());
                if (read.status() != 403 || read.text().contains(stage.host().canary())) {
                  return Optional.of("fs_read of " + path + " gave " + read.status());
                }
              }
              return Optional.empty();
            });
  }

  private static Run pinned() {
    return Run.of(
            Probe.perl(
                "pinned-ancestor",
                """
                said('git', rename '.git', 'x'); said('hooks', rename '.git/hooks', 'y');
                said('nested', rename 'a/b', 'z'); said('outer', rename 'a', 'w');
                """))
        .planted(
            Map.of(
                ".git/config",
                "[core]\n",
                ".git/hooks/pre-commit",
                "theirs",
                "a/b/.git/config",
                ""))
        .says(
            Map.of(
                "git",
                "EBUSY",
                "hooks",
                "EBUSY|EXDEV|EROFS",
                "nested",
                "EBUSY|EXDEV",
                "outer",
                "EBUSY"));
  }

  private static Run devices() {
    return Run.of(
            Probe.perl(
                "device-nodes",
                """
                attempt('workspace', $nr{mknodat}, -100, "./mem", 020600, 0x101);
                attempt('tmp', $nr{mknodat}, -100, "/tmp/mem", 020600, 0x101);
                attempt('block', $nr{mknodat}, -100, "/tmp/disk", 060600, 0x800);
                my @found = grep { -b } glob('/dev/* /dev/*/*');
                print 'devices=', scalar(@found), "\\n";
                """))
        .says(Map.of("workspace", "EPERM", "tmp", "EPERM", "block", "EPERM", "devices", "0"));
  }

  private static Run setUid() {
    return Run.of(
            Probe.shell(
                "set-uid",
                """
                for place in . /tmp; do
                  cp /usr/bin/dash "$place/shell"; chmod 6755 "$place/shell"
                  echo "id$place=$("$place/shell" -p -c 'id -u' 2>&1)"
                  rm -f "$place/shell"
                done
                echo "self=$(id -u)"
                echo "su=$(/usr/bin/su -c 'id -u' </dev/null 2>/dev/null)"
                echo "privileges=$(sed -n 's/^NoNewPrivs:[^0-9]*//p' /proc/self/status)"
                echo "capabilities=$(sed -n 's/^CapEff:[^0-9]*//p;s/^CapBnd:[^0-9]*//p' /proc/self/status | tr -d '0\\n')"
                """))
        .says(Map.of("su", "", "privileges", "1", "capabilities", "", "self", "[1-9]\\d*"))
        .check(
            seen -> {
              Map<String, String> lines = seen.lines();
              String self = String.valueOf(lines.get("self"));
              return self.equals(lines.get("id.")) && self.equals(lines.get("id/tmp"))
                  ? Optional.empty()
                  : Optional.of("another user: " + lines);
            });
  }

  private static Run existing() {
    Map<String, String> files = new LinkedHashMap<>();
    NAMES.forEach(name -> files.put(name, "theirs\n"));
    return everyWay("denies-existing").planted(files);
  }

  private static Run everyWay(String name) {
    return Run.of(Probe.perl(name, EVERY_WAY.replace("NAMES", String.join(" ", NAMES))))
        .limits(Map.of("wall_ms", 20_000L))
        .says(Map.of("end", "reached"));
  }

  private static Run readDenies() {
    return Run.of(
            Probe.shell(
                "read-denies",
                """
                for f in .ssh/id .aws/credentials .gnupg/key .config/gcloud/token .kube/config .docker/config.json \\
                  .netrc .npmrc .env .env.local sub/.ssh/id sub/deep/.env
                do cat "$f" "$PWD/$f" "/proc/self/cwd/$f" "/proc/self/root$PWD/$f" "/proc/1/root$PWD/$f" "./sub/../$f"; done
                cut -d' ' -f5 /proc/self/mountinfo | while read -r p; do
                  case $p in "$PWD"*) cat "$p"; cat "$p"/* ;; esac
                done
                for f in .ssh .aws .gnupg .config/gcloud .kube sub/.ssh; do (echo x >"$f/new"); (echo x >"$f") done
                for f in .docker/config.json .netrc .npmrc .env .env.local sub/deep/.env; do (echo x >"$f"); rm -f "$f"; done
                grep -rs denied .
                echo "end=reached"
                """))
        .planted(
            Map.ofEntries(
                Map.entry(".ssh/id", "denied\n"),
                Map.entry(".aws/credentials", "denied\n"),
                Map.entry(".gnupg/key", "denied\n"),
                Map.entry(".config/gcloud/token", "denied\n"),
                Map.entry(".kube/config", "denied\n"),
                Map.entry(".docker/config.json", "denied\n"),
                Map.entry(".netrc", "denied\n"),
                Map.entry(".npmrc", "denied\n"),
                Map.entry(".env", "denied\n"),
                Map.entry(".env.local", "denied\n"),
                Map.entry("sub/.ssh/id", "denied\n"),
                Map.entry("sub/deep/.env", "denied\n")))
        .says(Map.of("end", "reached"))
        .check(
            seen ->
                seen.text().contains("denied")
                    ? Optional.of("a credential was read")
                    : Optional.empty());
  }
}
