package dev.chitin.it.attack;

import dev.chitin.bus.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The host's side of every case: a flag outside, the workspace, and the processes of a run. */
final class HostWatch {
  private final Path flag;
  private final Path workspace;
  private final String canary;

  private HostWatch(Path flag, Path workspace, String canary) {
    this.flag = flag;
    this.workspace = workspace;
    this.canary = canary;
  }

  /**
   * What a run did to the host.
   *
   * @param flagWritten whether the flag file is another than before
   * @param before the workspace before the run: path → what is there
   * @param after and after it
   * @param survivors command lines that hold the run's mark when it has ended
   */
  record Change(
      boolean flagWritten,
      Map<String, String> before,
      Map<String, String> after,
      List<String> survivors) {

    /**
     * Paths that are new, gone or other than before, but for those that {@code mayLeave} matches.
     */
    List<String> touched(String mayLeave) {
      var touched = new ArrayList<String>();
      var paths = new TreeMap<>(before);
      paths.putAll(after);
      for (String path : paths.keySet()) {
        boolean same = String.valueOf(before.get(path)).equals(String.valueOf(after.get(path)));
        if (!same && !path.matches(mayLeave)) {
          touched.add(path);
        }
      }
      return touched;
    }
  }

  /** Plants the flag. */
  static HostWatch plant(Path flag, Path workspace, String canary) throws IOException {
    Files.writeString(flag, canary + "\n");
    Files.createDirectories(workspace);
    return new HostWatch(flag, workspace, canary);
  }

  /** What the flag holds; in no output may it be found. */
  String canary() {
    return canary;
  }

  /** What a variable in the environment of whoever starts the run holds; likewise. */
  String secret() {
    return canary.replace("canary", "secret");
  }

  Path flag() {
    return flag;
  }

  Path workspace() {
    return workspace;
  }

  /** Empties the workspace and plants {@code files}; returns what is there then. */
  Map<String, String> reset(Map<String, String> files) throws IOException {
    try (Stream<Path> walk = Files.walk(workspace)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        if (!path.equals(workspace)) {
          Files.delete(path);
        }
      }
    }
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = workspace.resolve(file.getKey());
      if (file.getKey().endsWith("/")) {
        Files.createDirectories(path);
      } else {
        Files.createDirectories(path.resolveSibling(""));
        Files.writeString(path, file.getValue());
      }
    }
    return tree();
  }

  /** What the run with that mark left. */
  Change change(Map<String, String> before, String mark) throws IOException {
    List<String> survivors = survivors(mark);
    boolean flagWritten = !Files.readString(flag).equals(canary + "\n");
    return new Change(flagWritten, before, tree(), survivors);
  }

  /**
   * Path → kind, permissions and content of everything in the workspace; links are not followed.
   */
  private Map<String, String> tree() throws IOException {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(workspace)) {
      for (Path path : walk.toList()) {
        tree.put(workspace.relativize(path).toString(), describe(path));
      }
    }
    return tree;
  }

  private static String describe(Path path) throws IOException {
    if (Files.isSymbolicLink(path)) {
      return "link " + Files.readSymbolicLink(path);
    }
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    boolean regular = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
    return Integer.toOctalString(mode)
        + (regular ? " " + Files.size(path) + " " + Digest.of(Files.readAllBytes(path)) : "");
  }

  /** Command lines of this machine that hold {@code mark}, but for the cage around a naive run. */
  static List<String> survivors(String mark) throws IOException {
    var found = new ArrayList<String>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        String line = commandLine(process);
        if (line.contains(mark) && !line.contains(NaiveTarget.HOLD)) {
          found.add(line.replace('\0', ' ').strip());
        }
      }
    }
    return found;
  }

  private static String commandLine(Path process) throws IOException {
    try {
      return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException gone) {
      return "";
    } catch (IOException gone) {
      // A process that ends while it is read answers ESRCH.
      if (Files.exists(process)) {
        throw gone;
      }
      return "";
    }
  }
}
