package dev.chitin.sandbox.bwrap;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the hierarchies of control groups are mounted, and where this process is in the unified
 * one.
 *
 * @param version1 mount points of version 1, by controller
 * @param unified mount point of version 2, or null
 * @param own directory of this process's group in version 2, or null
 */
record CgroupMounts(Map<Controller, Path> version1, @Nullable Path unified, @Nullable Path own) {

  /**
   * Reads them.
   *
   * @param mountinfo lines of {@code /proc/self/mountinfo} (proc_pid_mountinfo(5))
   * @param membership lines of {@code /proc/self/cgroup} (cgroups(7))
   */
  static CgroupMounts read(List<String> mountinfo, List<String> membership) {
    var version1 = new EnumMap<Controller, Path>(Controller.class);
    Path unified = null;
    String root = "/";
    for (String line : mountinfo) {
      int dash = line.indexOf(" - ");
      if (dash < 0) {
        continue;
      }
      String[] mount = line.substring(0, dash).split(" ", -1);
      String[] source = line.substring(dash + 3).split(" ", -1);
      if (source[0].equals("cgroup2")) {
        unified = Path.of(mount[4]);
        root = mount[3];
      } else if (source[0].equals("cgroup")) {
        for (Controller controller : Controller.values()) {
          if (List.of(source[2].split(",", -1)).contains(controller.kernelName())) {
            version1.put(controller, Path.of(mount[4]));
          }
        }
      }
    }
    return new CgroupMounts(version1, unified, own(unified, root, membership));
  }

  private static @Nullable Path own(@Nullable Path unified, String root, List<String> membership) {
    if (unified == null) {
      return null;
    }
    for (String line : membership) {
      if (line.startsWith("0::")) {
        String path = line.substring(3);
        String below = path.startsWith(root) ? path.substring(root.length()) : path;
        return unified.resolve(below.startsWith("/") ? below.substring(1) : below);
      }
    }
    return unified;
  }

  /**
   * The hierarchies in which {@code controller} may be found, the likelier first. A controller that
   * limits is in one hierarchy only; CPU time is counted in version 2 always.
   */
  List<Hierarchy> candidates(Controller controller, String parent) {
    var found = new ArrayList<Hierarchy>();
    Optional.ofNullable(version1.get(controller))
        .ifPresent(
            mount -> found.add(new Hierarchy(mount.resolve(parent), false, Set.of(controller))));
    if (unified != null && (found.isEmpty() || !controller.isEnabledByParent())) {
      found.add(new Hierarchy(unified.resolve(parent), true, Set.of(controller)));
    }
    return found;
  }

  /** Hierarchies with the same parent as one: controllers may be mounted together. */
  static List<Hierarchy> merged(List<Hierarchy> hierarchies) {
    Map<Path, Hierarchy> byParent = new LinkedHashMap<>();
    for (Hierarchy hierarchy : hierarchies) {
      byParent.merge(
          hierarchy.parent(),
          hierarchy,
          (a, b) -> {
            var both = new HashSet<>(a.controllers());
            both.addAll(b.controllers());
            return new Hierarchy(a.parent(), a.unified(), both);
          });
    }
    return List.copyOf(byParent.values());
  }
}
