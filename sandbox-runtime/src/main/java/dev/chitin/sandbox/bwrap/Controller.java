package dev.chitin.sandbox.bwrap;

/** What a hierarchy of control groups can do for a run. */
enum Controller {
  MEMORY("memory"),
  PIDS("pids"),
  /** Limits the rate of CPU time. */
  CPU("cpu"),
  /** Counts CPU time; in version 2 every group does, without a controller. */
  CPU_TIME("cpuacct");

  private final String kernelName;

  Controller(String kernelName) {
    this.kernelName = kernelName;
  }

  /** The name by which mounts of version 1, and {@code cgroup.controllers}, list it. */
  String kernelName() {
    return kernelName;
  }

  /** Whether version 2 gives it to children only when their parent says so. */
  boolean isEnabledByParent() {
    return this != CPU_TIME;
  }
}
