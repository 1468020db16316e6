package dev.chitin.it.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Control groups around one naive run, so that its failures stay harmless: a child of each
 * delegated group, with few processes and little memory. Version 1 and version 2.
 */
final class Fence implements AutoCloseable {
  private static final long MEMORY = 192L << 20;
  private static final long PROCESSES = 128;
  private static final String V1_MEMORY = "memory.limit_in_bytes";
  private static final String V1_SWAP = "memory.memsw.limit_in_bytes";

  private final List<Path> groups;

  private Fence(List<Path> groups) {
    this.groups = groups;
  }

  /** The groups that are delegated to this user. */
  static List<Path> parents() {
    return Stream.of(
            "/sys/fs/cgroup/memory/chitin",
            "/sys/fs/cgroup/pids/chitin",
            "/sys/fs/cgroup/cpu/chitin",
            "/sys/fs/cgroup/cpuacct/chitin",
            "/sys/fs/cgroup/chitin")
        .map(Path::of)
        .filter(Files::isWritable)
        .toList();
  }

  /** Why no fence can be had, or empty. */
  static String obstacle() {
    boolean one =
        Files.isWritable(Path.of("/sys/fs/cgroup/memory/chitin"))
            && Files.isWritable(Path.of("/sys/fs/cgroup/pids/chitin"));
    boolean two = Files.isWritable(Path.of("/sys/fs/cgroup/chitin"));
    return one || two
        ? ""
        : "no control groups for memory and processes are delegated to this user";
  }

  /** Makes the groups and sets their limits. */
  static Fence open() throws IOException {
    if (!obstacle().isEmpty()) {
      throw new IOException(obstacle());
    }
    var groups = new ArrayList<Path>();
    var fence = new Fence(groups);
    String name = "attack-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    try {
      for (Path parent : parents()) {
        Path group = Files.createDirectory(parent.resolve(name));
        groups.add(group);
        limit(group.resolve(V1_MEMORY), MEMORY);
        limit(group.resolve(V1_SWAP), MEMORY);
        limit(group.resolve("memory.max"), MEMORY);
        limit(group.resolve("memory.swap.max"), 0);
        limit(group.resolve("pids.max"), PROCESSES);
      }
      fence.prove();
      return fence;
    } catch (IOException e) {
      fence.close();
      throw e;
    }
  }

  private static void limit(Path file, long value) throws IOException {
    if (Files.exists(file)) {
      Files.writeString(file, Long.toString(value));
    }
  }

  /** Reads the limits back: a fence without them would be none. */
  private void prove() throws IOException {
    boolean memory = holds(V1_MEMORY, MEMORY) || holds("memory.max", MEMORY);
    if (!memory || !holds("pids.max", PROCESSES)) {
      throw new IOException("the limits of the fence do not hold");
    }
  }

  private boolean holds(String name, long value) throws IOException {
    for (Path group : groups) {
      Path file = group.resolve(name);
      if (Files.exists(file) && Files.readString(file).strip().equals(Long.toString(value))) {
        return true;
      }
    }
    return false;
  }

  /** Moves a process in; what it starts from then on is in as well. */
  void enter(long pid) throws IOException {
    for (Path group : groups) {
      Files.writeString(group.resolve("cgroup.procs"), Long.toString(pid));
    }
  }

  /** Which of the limits something ran into. */
  List<String> struck() throws IOException {
    var struck = new ArrayList<String>();
    for (Path group : groups) {
      if (counter(group.resolve("pids.events"), "max") > 0) {
        struck.add("processes");
      }
      if (counter(group.resolve("memory.oom_control"), "oom_kill") > 0
          || counter(group.resolve("memory.events"), "oom_kill") > 0) {
        struck.add("memory");
      }
    }
    return struck;
  }

  private static long counter(Path file, String name) throws IOException {
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(name + " ")) {
          return Long.parseLong(line.substring(name.length() + 1).strip());
        }
      }
    }
    return 0;
  }

  private List<ProcessHandle> members() throws IOException {
    var members = new ArrayList<ProcessHandle>();
    for (Path group : groups) {
      for (String pid : Files.readAllLines(group.resolve("cgroup.procs"))) {
        ProcessHandle.of(Long.parseLong(pid)).ifPresent(members::add);
      }
    }
    return members;
  }

  /** Kills what is still in it, waits until it is empty, and removes it. */
  @Override
  public void close() throws IOException {
    Bounded.await(
        () -> {
          List<ProcessHandle> members = members();
          members.forEach(ProcessHandle::destroyForcibly);
          return members.isEmpty();
        },
        "the fence is empty");
    for (Path group : groups) {
      Bounded.await(() -> removed(group), "the fence can be removed");
    }
  }

  private static boolean removed(Path group) {
    try {
      Files.deleteIfExists(group);
      return true;
    } catch (IOException busy) {
      // The kernel lets go of a group's last process a little after it is gone.
      return false;
    }
  }

  /** Whether nothing is in a group and nothing has ever used CPU time in it. */
  static boolean unused(Path group) {
    try {
      Path counter = group.resolve("cpuacct.usage");
      boolean counts = Files.exists(counter);
      return Files.readString(group.resolve("cgroup.procs")).isBlank()
          && (!counts || Files.readString(counter).strip().equals("0"))
          && (counts || !Files.exists(group.resolve("cgroup.kill")) || neverRan(group));
    } catch (IOException gone) {
      // It goes just now; whoever asks, asks again.
      return false;
    }
  }

  private static boolean neverRan(Path group) throws IOException {
    return Files.readAllLines(group.resolve("cpu.stat")).contains("usage_usec 0");
  }
}
