package dev.chitin.it.attack;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.attack.Attack.Scene;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Number 43: a control is missing, and the gateway does not come up, saying which. */
final class NotReadyCases {
  /** Exit code of {@code chitin} for what is unavailable. */
  private static final int UNAVAILABLE = 5;

  private static final String OLD =
      """
      #!/bin/sh
      case $1 in --version) echo "bubblewrap 0.4.0" ;; --help) echo "  --args FD  --seccomp FD" ;; esac
      """;

  /** Hands everything on to the real one, but for one option that it takes out of the list. */
  private static final String WITHOUT =
      """
      #!/usr/bin/perl
      my @line = @ARGV;
      if (@line > 1 && $line[0] eq '--args') {
        open(my $in, '<&=', 3) or die; binmode $in; local $/; my @options = split /\\0/, <$in>; my @kept;
        while (@options) {
          my $option = shift @options;
          if ($option eq 'OPTION') { splice @options, 0, COUNT; next }
          push @kept, $option;
        }
        my $file = "$0.args.$$"; open(my $out, '>', $file) or die; print $out map { "$_\\0" } @kept; close $out;
        open(my $again, '<', $file) or die; unlink $file; close $in; require POSIX; POSIX::dup2(fileno($again), 3);
        $^F = 3; fcntl($again, 2, 0);
      }
      exec '/usr/bin/bwrap', @line;
      """;

  private static final List<String> CAGE =
      List.of("/usr/bin/bwrap", "--unshare-user", "--dev-bind", "/", "/", "--die-with-parent");

  private NotReadyCases() {}

  static List<AttackCase> all() {
    return List.of(
        refuses("bwrap-missing", "bubblewrap is missing", "bubblewrap is missing", List.of(), ""),
        refuses("bwrap-old", "bubblewrap is too old", "too old", List.of(), OLD),
        refuses(
            "filter-dropped",
            "the system call filter is not put on",
            "system call filter",
            List.of(),
            without("--seccomp", 1)),
        refuses(
            "network-open",
            "the network is not taken away",
            "network",
            List.of(),
            without("--unshare-net", 0)),
        refuses(
            "userns-off",
            "user namespaces are off",
            "cannot make a sandbox",
            List.of("--disable-userns", "--"),
            "real"),
        refuses(
            "euid-0", "the gateway is root", "runs as root", List.of("--uid", "0", "--"), "real"),
        refuses(
            "cgroup-refused",
            "control groups cannot be made",
            "control group",
            List.of("--ro-bind", "/sys/fs/cgroup", "/sys/fs/cgroup", "--"),
            "real"));
  }

  private static String without(String option, int values) {
    return WITHOUT.replace("OPTION", option).replace("COUNT", Integer.toString(values));
  }

  private static AttackCase refuses(
      String name, String attacks, String says, List<String> cage, String bwrap) {
    return new AttackCase(
        43,
        name,
        attacks,
        new Scene(List.of(), Map.of(), "", false, stage -> start(stage, name, says, cage, bwrap)));
  }

  private static Optional<String> start(
      GatewayStage stage, String name, String says, List<String> cage, String bwrap)
      throws IOException, InterruptedException {
    Path home = Files.createDirectory(stage.base().resolve(name));
    new GatewaySetup(stage.base(), stage.around())
        .write(home, List.of(), sandbox(stage.base(), name, bwrap));
    var around = new ArrayList<String>();
    if (!cage.isEmpty()) {
      around.addAll(CAGE);
      around.addAll(cage);
    }
    try (var ready = AttackGateway.start(home, stage.host().flag(), "none", around)) {
      return Optional.of("it came up as process " + ready.pid());
    } catch (AttackGateway.DidNotStart refused) {
      if (refused.exit() != UNAVAILABLE) {
        return Optional.of("exit code " + refused.exit() + ": " + refused.getMessage());
      }
      return String.valueOf(refused.getMessage()).contains(says)
          ? Optional.empty()
          : Optional.of("it says: " + refused.getMessage());
    }
  }

  private static JsonValue.Obj sandbox(Path base, String name, String bwrap) throws IOException {
    if (bwrap.equals("real")) {
      return JsonValue.Obj.EMPTY;
    }
    Path program = base.resolve(name + "-bwrap");
    if (!bwrap.isEmpty()) {
      Files.writeString(program, bwrap);
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }
    return JsonValue.object().put("bwrap", program.toString()).build();
  }
}
