package dev.chitin.it.attack;

import dev.chitin.bus.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A program that attacks from inside: a script of dash, which may go on in perl or in a tiny
 * executable. It refuses with exit code {@value #REFUSED} unless the sandbox's marker is there and
 * its pid and mount namespaces are others than those it is given as the host's.
 *
 * @param name of its files
 * @param shell script for dash; {@code $mark}, {@code $flag}, {@code $here}, {@code $tcp}, {@code
 *     $udp}, {@code $abstract} are set, the working directory is the workspace
 * @param perl what {@code perl "$here/NAME.pl" "$@"} runs, or empty
 * @param executable what {@code "$here/NAME.elf"} is, or empty
 */
record Probe(String name, String shell, String perl, Bytes executable) {
  /** Exit code of a probe that is not in a sandbox. */
  static final int REFUSED = 77;

  /**
   * The first lines of every script. Beside the check they try the flag file in every run: what of
   * it can be read stands in the output then.
   */
  private static final String CHECK =
      """
      [ -e /.chitin-sandbox ] || exit 77
      pid=$(readlink /proc/self/ns/pid); mnt=$(readlink /proc/self/ns/mnt)
      case $pid in pid:*) ;; *) exit 77 ;; esac
      case $mnt in mnt:*) ;; *) exit 77 ;; esac
      case $1 in "$pid"|"") exit 77 ;; esac
      case $2 in "$mnt"|"") exit 77 ;; esac
      mark=$3 flag=$4 here=$5 tcp=$6 udp=$7 abstract=$8
      cat "$flag" 2>/dev/null
      (echo taken >>"$flag") 2>/dev/null
      """;

  private static final String PERL_CHECK =
      """
      -e '/.chitin-sandbox' or exit 77;
      my ($pid, $mnt) = (readlink '/proc/self/ns/pid', readlink '/proc/self/ns/mnt');
      $pid =~ /^pid:/ && $mnt =~ /^mnt:/ && @ARGV >= 8 or exit 77;
      $ARGV[0] ne '' && $ARGV[0] ne $pid && $ARGV[1] ne '' && $ARGV[1] ne $mnt or exit 77;
      my ($mark, $flag, $here, $tcp, $udp, $abstract) = @ARGV[2 .. 7];
      $| = 1;
      my %errno = (1 => 'EPERM', 2 => 'ENOENT', 3 => 'ESRCH', 9 => 'EBADF', 11 => 'EAGAIN', 12 => 'ENOMEM',
        13 => 'EACCES', 14 => 'EFAULT', 16 => 'EBUSY', 17 => 'EEXIST', 18 => 'EXDEV', 22 => 'EINVAL', 25 => 'ENOTTY',
        28 => 'ENOSPC', 30 => 'EROFS', 38 => 'ENOSYS', 97 => 'EAFNOSUPPORT', 111 => 'ECONNREFUSED');
      sub said { my ($key, $done) = @_; my $e = $! + 0; print "$key=", $done ? 'done' : $errno{$e} || $e, "\\n"; }
      sub attempt { my ($key, $nr, @arguments) = @_; $! = 0; said($key, syscall($nr, @arguments) >= 0); }
      """;

  static Probe shell(String name, String script) {
    return new Probe(name, script, "", Bytes.EMPTY);
  }

  static Probe perl(String name, String script) {
    return new Probe(name, "exec perl \"$here/" + name + ".pl\" \"$@\"\n", script, Bytes.EMPTY);
  }

  /** An ELF file around {@code hex}, the machine code of this file's first instruction on. */
  static Probe machineCode(String name, String hex) {
    return new Probe(
        name, "exec \"$here/" + name + ".elf\"\n", "", Elf.of(HexFormat.of().parseHex(hex)));
  }

  /** Writes its files; they are not writable afterwards. */
  void write(Path directory) throws IOException {
    file(directory.resolve(name + ".sh"), CHECK + shell);
    if (!perl.isEmpty()) {
      file(directory.resolve(name + ".pl"), PERL_CHECK + numbers() + perl);
    }
    if (executable.length() > 0) {
      Path elf = Files.write(directory.resolve(name + ".elf"), executable.borrow());
      Files.setPosixFilePermissions(elf, PosixFilePermissions.fromString("r-xr-xr-x"));
    }
  }

  private static void file(Path path, String text) throws IOException {
    Files.writeString(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r--r--"));
  }

  private static String numbers() {
    return SystemCalls.numbers().entrySet().stream()
        .map(call -> call.getKey() + " => " + call.getValue())
        .collect(Collectors.joining(", ", "my %nr = (", ");\n"));
  }

  /** The command line that starts it. */
  List<String> argv(Path directory, Surroundings around, String mark) {
    return List.of(
        "dash",
        directory.resolve(name + ".sh").toString(),
        around.pidNamespace(),
        around.mountNamespace(),
        mark,
        around.flag().toString(),
        directory.toString(),
        Integer.toString(around.tcpPort()),
        Integer.toString(around.udpPort()),
        around.abstractName());
  }

  /**
   * What a probe is told of the world outside.
   *
   * @param pidNamespace the host's, as {@code /proc/self/ns/pid} names it
   * @param mountNamespace likewise
   * @param flag the file that no probe may read or write
   * @param tcpPort where something counts connections on the host's loopback
   * @param udpPort likewise, datagrams
   * @param abstractName of a listening unix socket, without its leading NUL
   */
  record Surroundings(
      String pidNamespace,
      String mountNamespace,
      Path flag,
      int tcpPort,
      int udpPort,
      String abstractName) {
    static Surroundings here(Path flag, int tcpPort, int udpPort, String abstractName)
        throws IOException {
      return new Surroundings(
          Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString(),
          Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString(),
          flag,
          tcpPort,
          udpPort,
          abstractName);
    }
  }
}
