package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Control groups that bound whole process trees: one child group per run in each hierarchy, below a
 * parent that is delegated to this user. Version 1, version 2 and a mix of both are handled, per
 * controller; a controller counts only if a child group with a limit could be made and read back.
 */
final class Cgroups {
  private static final String PREFIX = "run-";

  /**
   * The parent group in one hierarchy.
   *
   * @param parent directory
   * @param memory how memory is limited there, if it is
   * @param pids whether processes are limited there
   */
  private record Hierarchy(Path parent, Memory memory, boolean pids) {}

  /** The three ways in which a hierarchy can stand to memory. */
  enum Memory {
    NONE,
    V1,
    V2
  }

  private final List<Hierarchy> hierarchies;
  private final Instance instance;

  private Cgroups(List<Hierarchy> hierarchies, Instance instance) {
    this.hierarchies = hierarchies;
    this.instance = instance;
  }

  /** Finds what is delegated under {@code parent}; what is not there is not limited. */
  static Cgroups detect(String parent, Instance instance) throws IOException {
    return detect(Files.readAllLines(Path.of("/proc/self/mountinfo")), parent, instance);
  }

  static Cgroups detect(List<String> mountinfo, String parent, Instance instance) {
    Map<String, Path> v1 = new LinkedHashMap<>();
    Path unified = null;
    for (String line : mountinfo) {
      int dash = line.indexOf(" - ");
      if (dash < 0) {
        continue;
      }
      Path mount = Path.of(line.split(" ", -1)[4]);
      String[] source = line.substring(dash + 3).split(" ", -1);
      if (source[0].equals("cgroup2")) {
        unified = mount;
      } else if (source[0].equals("cgroup")) {
        for (String option : source[2].split(",", -1)) {
          v1.put(option, mount);
        }
      }
    }
    var found = new ArrayList<Hierarchy>();
    Path memory = v1.get("memory");
    Path pids = v1.get("pids");
    if (memory != null && memory.equals(pids)) {
      found.add(new Hierarchy(memory.resolve(parent), Memory.V1, true));
    } else {
      Optional.ofNullable(memory)
          .ifPresent(m -> found.add(new Hierarchy(m.resolve(parent), Memory.V1, false)));
      Optional.ofNullable(pids)
          .ifPresent(p -> found.add(new Hierarchy(p.resolve(parent), Memory.NONE, true)));
    }
    if (unified != null && (memory == null || pids == null)) {
      found.add(
          new Hierarchy(
              unified.resolve(parent), memory == null ? Memory.V2 : Memory.NONE, pids == null));
    }
    List<Hierarchy> usable = found.stream().filter(h -> works(h, instance)).toList();
    return new Cgroups(usable, instance);
  }

  private static boolean works(Hierarchy hierarchy, Instance instance) {
    var trial = new Cgroups(List.of(hierarchy), instance);
    try {
      enableControllers(hierarchy);
      RunGroup group = trial.create("probe", Limits.DEFAULT);
      return group.remove();
    } catch (IOException e) {
      return false;
    }
  }

  /** Version 2 gives a child its controllers only when the parent says so. */
  private static void enableControllers(Hierarchy hierarchy) throws IOException {
    Path control = hierarchy.parent().resolve("cgroup.subtree_control");
    if (!Files.exists(control)) {
      return;
    }
    if (hierarchy.memory() == Memory.V2) {
      Files.writeString(control, "+memory");
    }
    if (hierarchy.pids()) {
      Files.writeString(control, "+pids");
    }
  }

  boolean limitsMemory() {
    return hierarchies.stream().anyMatch(h -> h.memory() != Memory.NONE);
  }

  boolean limitsProcesses() {
    return hierarchies.stream().anyMatch(Hierarchy::pids);
  }

  /** Makes the groups of one run and sets their limits, each read back. */
  RunGroup create(String run, Limits limits) throws IOException {
    var made = new ArrayList<RunGroup.Part>();
    var group = new RunGroup(made);
    try {
      for (Hierarchy hierarchy : hierarchies) {
        Path directory = hierarchy.parent().resolve(PREFIX + instance.token() + "-" + run);
        Files.createDirectory(directory);
        made.add(new RunGroup.Part(directory, hierarchy.memory(), hierarchy.pids()));
      }
      group.limit(limits);
      return group;
    } catch (IOException e) {
      group.remove();
      throw e;
    }
  }

  /**
   * Kills and removes the groups of gateways that no longer run.
   *
   * @param own whether this gateway's groups go as well, because it stops
   * @return how many groups are still there
   */
  int sweep(boolean own) throws IOException {
    int left = 0;
    for (Hierarchy hierarchy : hierarchies) {
      try (DirectoryStream<Path> groups =
          Files.newDirectoryStream(hierarchy.parent(), PREFIX + "*")) {
        for (Path directory : groups) {
          String name = String.valueOf(directory.getFileName()).substring(PREFIX.length());
          String token = name.substring(0, Math.max(0, name.lastIndexOf('-')));
          if (!Instance.alive(token) || (own && token.equals(instance.token()))) {
            var part = new RunGroup.Part(directory, hierarchy.memory(), hierarchy.pids());
            left += new RunGroup(List.of(part)).remove() ? 0 : 1;
          }
        }
      }
    }
    return left;
  }
}
