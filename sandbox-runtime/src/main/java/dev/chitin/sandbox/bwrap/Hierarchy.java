package dev.chitin.sandbox.bwrap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * The parent group in one hierarchy, delegated to this user, and what is done in it.
 *
 * @param parent directory, below which each run has a group
 * @param unified whether it is version 2
 * @param controllers what it does for runs here
 */
record Hierarchy(Path parent, boolean unified, Set<Controller> controllers) {
  private static final String GATEWAY = "gateway";
  private static final String PROCESSES = "cgroup.procs";

  Hierarchy {
    controllers = Set.copyOf(controllers);
  }

  boolean has(Controller controller) {
    return controllers.contains(controller);
  }

  /**
   * Makes the parent give its children what they need. Version 2 gives a child its controllers only
   * when the parent says so, and takes that only of a parent without processes: this process, which
   * a service manager may have put right there, makes room for the runs by moving into a child.
   *
   * @throws IOException when the kernel refuses
   */
  void prepare(ControlFiles files, long self) throws IOException {
    if (!unified) {
      return;
    }
    Path members = parent.resolve(PROCESSES);
    if (Arrays.asList(files.read(members).split("\\s+")).contains(Long.toString(self))) {
      Path leaf = parent.resolve(GATEWAY);
      if (!files.exists(leaf)) {
        files.makeGroup(leaf);
      }
      files.write(leaf.resolve(PROCESSES), Long.toString(self));
    }
    for (Controller controller : controllers) {
      if (controller.isEnabledByParent()) {
        files.write(parent.resolve("cgroup.subtree_control"), "+" + controller.kernelName());
      }
    }
  }

  /**
   * Whether this user may move a child of this process into groups below the parent. Version 2 asks
   * for write access to {@code cgroup.procs} of the nearest common ancestor.
   *
   * @param own directory of the group in which this process is
   */
  boolean reachableFrom(Path own, ControlFiles files) {
    if (!unified) {
      return true;
    }
    Path common = parent;
    while (common != null && !own.startsWith(common)) {
      common = common.getParent();
    }
    return common != null && files.writable(common.resolve(PROCESSES));
  }
}
