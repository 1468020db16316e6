package dev.chitin.sandbox.bwrap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of one gateway process, by which leftovers of dead ones are told from what is in use: a
 * process id alone could have been given out again.
 *
 * @param pid process id
 * @param start when it started, in the kernel's ticks since boot
 */
record Instance(long pid, long start) {
  private static final Pattern TOKEN = Pattern.compile("(\\d{1,10})-(\\d{1,19})");

  /** This process. */
  static Instance here() throws IOException {
    long pid = ProcessHandle.current().pid();
    return new Instance(pid, startOf(pid));
  }

  /** The form in which it stands in file and group names. */
  String token() {
    return pid + "-" + start;
  }

  /** Whether {@code token} names a process that still runs; false also for what is no token. */
  static boolean alive(String token) {
    Matcher matcher = TOKEN.matcher(token);
    if (!matcher.matches()) {
      return false;
    }
    try {
      return startOf(Long.parseLong(matcher.group(1))) == Long.parseLong(matcher.group(2));
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }

  private static long startOf(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    // Field 22, counted after the command name, which is in parentheses and may hold anything.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[19]);
  }
}
