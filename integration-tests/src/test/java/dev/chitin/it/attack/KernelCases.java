package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import dev.chitin.it.attack.Attack.Run;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Numbers 22 to 30, but for sockets: the doors that lead into the kernel. */
final class KernelCases {
  private static final String THREAD =
      "4881ec00400000c70424000000004889e3488db42400e0ffffbf000f050031d24531d24531c0b8380000000f05"
          + "4885c074367828b8180000000f05833b0074f4b801000000bf01000000488d3526000000ba080000000f05"
          + "31ffeb05bf01000000b8e70000000f05c7030100000031ffb83c0000000f05746872656164730a";

  /** getpid by {@code int 0x80}, then "survived". */
  private static final String INT_80 =
      "b814000000cd80b801000000bf01000000488d3510000000ba090000000f05b83c00000031ff0f05"
          + "73757276697665640a";

  /** getpid by its x32 number, then "survived". */
  private static final String X32 =
      "b8270000400f05b801000000bf01000000488d3510000000ba090000000f05b83c00000031ff0f05"
          + "73757276697665640a";

  /** Calls that no tool needs, each with arguments that can do no harm. */
  private static final List<String> CLOSED =
      List.of(
          "bpf",
          "perf_event_open",
          "userfaultfd",
          "open_by_handle_at",
          "name_to_handle_at",
          "mount",
          "umount2",
          "fsopen",
          "fsconfig",
          "fsmount",
          "move_mount",
          "open_tree",
          "mount_setattr",
          "pivot_root",
          "chroot",
          "setns",
          "kexec_load",
          "kexec_file_load",
          "init_module",
          "finit_module",
          "delete_module",
          "add_key",
          "request_key",
          "keyctl",
          "syslog",
          "clock_settime",
          "sethostname",
          "acct",
          "fanotify_init",
          "memfd_secret");

  private KernelCases() {}

  static List<AttackCase> all() {
    var cases =
        new ArrayList<>(
            List.of(
                new AttackCase(22, "namespaces", "makes namespaces of its own", namespaces()),
                new AttackCase(23, "tracing", "looks into other processes", tracing()),
                new AttackCase(24, "io-uring", "calls past the filter", ioUring()),
                new AttackCase(25, "terminal", "types into a terminal", terminal()),
                new AttackCase(29, "kernel-doors", "mounts, modules, keys, handles", doors()),
                new AttackCase(30, "absent-doors", "looks for devices and sockets", absent())));
    if (SystemCalls.isX86()) {
      cases.add(new AttackCase(28, "int-0x80", "calls by the 32-bit ABI", abi("int-0x80", INT_80)));
      cases.add(new AttackCase(28, "x32", "calls by the x32 ABI", abi("x32", X32)));
    }
    return cases;
  }

  private static Run namespaces() {
    String perl =
        """
        my %flag = (mnt => 0x20000, cgroup => 0x2000000, uts => 0x4000000, ipc => 0x8000000,
          user => 0x10000000, pid => 0x20000000, net => 0x40000000);
        for my $kind (sort keys %flag) {
          $! = 0;
          my $child = syscall($nr{clone}, $flag{$kind} | 17, 0, 0, 0, 0);
          syscall($nr{exit_group}, 0) if $child == 0;
          said("clone-$kind", $child > 0);
        }
        my $arguments = pack 'Q8', $flag{user}, 0, 0, 0, 17, 0, 0, 0;
        $! = 0;
        my $child = syscall($nr{clone3}, $arguments, 64);
        syscall($nr{exit_group}, 0) if $child == 0;
        said('clone3', $child > 0);
        attempt("unshare-$_", $nr{unshare}, $flag{$_}) for sort keys %flag;
        """;
    var says = new HashMap<String, String>();
    for (String kind : List.of("mnt", "cgroup", "uts", "ipc", "user", "pid", "net")) {
      says.put("clone-" + kind, "EPERM");
      says.put("unshare-" + kind, "EPERM");
    }
    says.put("clone3", "ENOSYS");
    String shell = "perl \"$here/namespaces.pl\" \"$@\"\n";
    if (!SystemCalls.isX86()) {
      return Run.of(Probe.perl("namespaces", perl)).says(says);
    }
    // A filter that closed clone altogether would hold all this, and no program would run.
    says.put("own", "threads");
    Bytes elf = Elf.of(HexFormat.of().parseHex(THREAD));
    return Run.of(
            new Probe(
                "namespaces", shell + "echo \"own=$(\"$here/namespaces.elf\")\"\n", perl, elf))
        .says(says);
  }

  private static Run tracing() {
    return Run.of(
            Probe.perl(
                "tracing",
                """
                open(my $maps, '<', '/proc/1/maps'); my ($from) = (<$maps> || '400000') =~ /^(\\w+)/;
                # The same four bytes that stand at the start of every program.
                my $m;
                for my $file ('/proc/1/mem', '/proc/1/task/1/mem') {
                  $! = 0; said($file =~ /task/ ? 'task' : 'memory',
                    open($m, '+<', $file) && sysseek($m, hex $from, 0) && syswrite($m, "\\x7fELF"));
                }
                attempt('attach', $nr{ptrace}, 16, 1, 0, 0);
                attempt('read', $nr{process_vm_readv}, 1, 0, 0, 0, 0, 0);
                attempt('write', $nr{process_vm_writev}, 1, 0, 0, 0, 0, 0);
                attempt('open', $nr{pidfd_open}, 1, 0);
                attempt('getfd', $nr{pidfd_getfd}, 0, 0, 0);
                attempt('advise', $nr{process_madvise}, 0, 0, 0, 0, 0);
                attempt('compare', $nr{kcmp}, $$, $$, 0, 0, 0);
                attempt('traceme', $nr{ptrace}, 0, 0, 0, 0);
                """))
        .says(
            Map.ofEntries(
                Map.entry("memory", "ENOENT|EACCES|EPERM"),
                Map.entry("task", "ENOENT|EACCES|EPERM"),
                Map.entry("attach", "EPERM"),
                Map.entry("read", "EPERM"),
                Map.entry("write", "EPERM"),
                Map.entry("open", "EPERM"),
                Map.entry("getfd", "EPERM"),
                Map.entry("advise", "EPERM"),
                Map.entry("compare", "EPERM"),
                Map.entry("traceme", "EPERM")));
  }

  private static Run ioUring() {
    return Run.of(
            Probe.perl(
                "io-uring",
                """
                my $parameters = "\\0" x 120;
                attempt('setup', $nr{io_uring_setup}, 1, $parameters);
                attempt('enter', $nr{io_uring_enter}, 0, 0, 0, 0, 0, 0);
                attempt('register', $nr{io_uring_register}, 0, 0, 0, 0);
                """))
        .says(Map.of("setup", "EPERM", "enter", "EPERM", "register", "EPERM"));
  }

  private static Run terminal() {
    var says = new HashMap<String, String>();
    for (String tty : List.of("stdin", "pty")) {
      for (String call : List.of("sti", "linux", "setd")) {
        // Only a terminal takes it, and only a virtual console takes TIOCLINUX.
        boolean driver = tty.equals("pty") && !call.equals("linux");
        String refused = driver ? "EPERM" : "EPERM|ENOTTY";
        says.put(tty + "-" + call, refused);
        says.put(tty + "-" + call + "-high", refused);
      }
    }
    return Run.of(
            Probe.perl(
                "terminal",
                """
                my %request = (sti => 0x5412, linux => 0x541c, setd => 0x5423);
                sub type_into {
                  my ($key, $fd) = @_;
                  for my $call (sort keys %request) {
                    attempt("$key-$call", $nr{ioctl}, $fd, $request{$call}, "x\\0\\0\\0");
                    attempt("$key-$call-high", $nr{ioctl}, $fd, $request{$call} | 0x7fffffff << 32, "x\\0\\0\\0");
                  }
                }
                type_into('stdin', 0);
                my $number = pack 'i', 0;
                open(my $master, '+<', '/dev/ptmx') or die;
                ioctl($master, 0x40045431, $number); ioctl($master, 0x80045430, $number);
                if (!fork) {
                  syscall($nr{setsid});
                  open(my $tty, '+<', '/dev/pts/' . unpack 'i', $number) or die;
                  type_into('pty', fileno $tty);
                  exit;
                }
                wait;
                """))
        .says(says);
  }

  private static Run doors() {
    String perl =
        CLOSED.stream()
            .map(name -> "attempt('" + name + "', $nr{" + name + "}, ARGUMENTS);\n")
            .map(
                line ->
                    line.replace(
                        "ARGUMENTS", line.contains("userfaultfd") ? "1" : "-1, 0, 0, 0, 0, 0"))
            .collect(Collectors.joining());
    var says =
        new HashMap<>(CLOSED.stream().collect(Collectors.toMap(name -> name, name -> "EPERM")));
    says.put("reboot", "EPERM");
    says.put("personality", "EPERM");
    return Run.of(
            Probe.perl(
                "kernel-doors",
                perl
                    + "attempt('reboot', $nr{reboot}, 0, 0, 0, 0);\n"
                    + "attempt('personality', $nr{personality}, 0x0040000);\n"))
        .says(says);
  }

  private static Run absent() {
    return Run.of(
            Probe.shell(
                "absent-doors",
                """
                found=
                for p in /dev/kvm /dev/fuse /dev/mem /dev/kmem /dev/port /dev/disk /dev/net/tun /dev/vhost-vsock \\
                  /dev/snd /dev/dri /run/docker.sock /var/run/docker.sock /run/containerd /run/dbus /run/user \\
                  /run/systemd /tmp/.X11-unix /sys/kernel /boot /home /root /etc/shadow /etc/ssh
                do [ -e "$p" ] && found="$found $p"; done
                echo "found=$found"
                echo "sockets=$(find /dev /run /var /tmp /etc -type s 2>/dev/null | wc -l)"
                echo "agents=$(env | grep -c -e AUTH_SOCK -e DBUS -e DISPLAY -e DOCKER)"
                """))
        .says(Map.of("found", "", "sockets", "0", "agents", "0"));
  }

  private static Run abi(String name, String code) {
    return Run.of(Probe.machineCode(name, code))
        .ends("signal 31")
        .check(
            seen ->
                seen.text().contains("survived")
                    ? Optional.of("the call reached the kernel")
                    : Optional.empty());
  }
}
