package dev.chitin.sandbox.bwrap;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Hierarchies of control groups as the kernel shows them: control files appear with a group, hold
 * what they are told, and go with it. Remembers every write.
 */
final class FakeKernel implements ControlFiles {
  private static final long PAGE = 4_096;

  /** Files by path; what is not there does not exist. */
  final Map<Path, String> contents = new TreeMap<>();

  /** Every write, as {@code file=value}, in order. */
  final List<String> writes = new ArrayList<>();

  /** Files that cannot be written, by their last name. */
  final Set<String> refused = new TreeSet<>();

  /** Files that take a write and keep what they had, by their last name. */
  final Set<String> inert = new TreeSet<>();

  /** Groups whose processes have not gone yet. */
  final Set<Path> busy = new TreeSet<>();

  private final Map<Path, List<String>> version1 = new TreeMap<>();
  private final Set<Path> unified = new TreeSet<>();

  /** Mounts a hierarchy of version 1 and makes the group {@code chitin} in it. */
  FakeKernel version1(String mount, String... controllers) {
    version1.put(Path.of(mount), List.of(controllers));
    group(Path.of(mount));
    group(Path.of(mount, "chitin"));
    return this;
  }

  /** Mounts a hierarchy of version 2 and makes the group {@code chitin} in it. */
  FakeKernel unified(String mount, String... controllers) {
    unified.add(Path.of(mount));
    group(Path.of(mount));
    contents.put(Path.of(mount, "cgroup.controllers"), String.join(" ", controllers) + "\n");
    contents.put(Path.of(mount, "cgroup.subtree_control"), String.join(" ", controllers) + "\n");
    group(Path.of(mount, "chitin"));
    return this;
  }

  private void group(Path group) {
    contents.put(group, "");
    contents.put(group.resolve("cgroup.procs"), "");
    version1.forEach(
        (mount, controllers) -> {
          if (group.startsWith(mount)) {
            contents.put(group.resolve("tasks"), "");
            controllers.forEach(controller -> version1Files(group, controller));
          }
        });
    for (Path mount : unified) {
      if (group.startsWith(mount)) {
        unifiedFiles(group);
      }
    }
  }

  private void version1Files(Path group, String controller) {
    Map<String, String> files =
        switch (controller) {
          case "memory" ->
              Map.of(
                  "memory.limit_in_bytes",
                  "9223372036854771712\n",
                  "memory.memsw.limit_in_bytes",
                  "9223372036854771712\n",
                  "memory.oom_control",
                  "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
          case "pids" -> Map.of("pids.max", "max\n", "pids.events", "max 0\n");
          case "cpu" ->
              Map.of(
                  "cpu.cfs_period_us",
                  "100000\n",
                  "cpu.cfs_quota_us",
                  "-1\n",
                  "cpu.stat",
                  "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n");
          case "cpuacct" -> Map.of("cpuacct.usage", "0\n");
          default -> Map.of();
        };
    files.forEach((name, content) -> contents.put(group.resolve(name), content));
  }

  private void unifiedFiles(Path group) {
    String given = contents.getOrDefault(sibling(group, "cgroup.subtree_control"), "");
    contents.put(group.resolve("cgroup.controllers"), given);
    contents.put(group.resolve("cgroup.subtree_control"), "");
    contents.put(group.resolve("cgroup.kill"), "");
    String cpu = given.contains("cpu") ? "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n" : "";
    contents.put(group.resolve("cpu.stat"), "usage_usec 0\nuser_usec 0\nsystem_usec 0\n" + cpu);
    if (given.contains("cpu")) {
      contents.put(group.resolve("cpu.max"), "max 100000\n");
    }
    if (given.contains("memory")) {
      contents.put(group.resolve("memory.max"), "max\n");
      contents.put(group.resolve("memory.swap.max"), "max\n");
      contents.put(group.resolve("memory.oom.group"), "0\n");
      contents.put(group.resolve("memory.events"), "low 0\nmax 0\noom 0\noom_kill 0\n");
    }
    if (given.contains("pids")) {
      contents.put(group.resolve("pids.max"), "max\n");
      contents.put(group.resolve("pids.events"), "max 0\n");
    }
  }

  private static Path sibling(Path group, String name) {
    Path parent = group.getParent();
    return parent == null ? Path.of(name) : parent.resolve(name);
  }

  /** What one file of a group says from now on. */
  void says(Path group, String file, String content) {
    contents.put(group.resolve(file), content);
  }

  @Override
  public void makeGroup(Path group) throws IOException {
    if (!contents.containsKey(sibling(group, "cgroup.procs"))) {
      throw new NoSuchFileException(group.toString());
    }
    group(group);
  }

  @Override
  public void removeGroup(Path group) throws IOException {
    if (busy.contains(group)) {
      throw new FileSystemException(group.toString(), null, "Device or resource busy");
    }
    if (!exists(group)) {
      throw new NoSuchFileException(group.toString());
    }
    contents.keySet().removeIf(file -> file.startsWith(group));
  }

  @Override
  public List<Path> groups(Path parent, String prefix) {
    return contents.keySet().stream()
        .filter(path -> parent.equals(path.getParent()))
        .filter(path -> String.valueOf(path.getFileName()).startsWith(prefix))
        .toList();
  }

  @Override
  public boolean exists(Path file) {
    return contents.containsKey(file);
  }

  @Override
  public boolean writable(Path file) {
    return exists(file) && !refused.contains(file.toString());
  }

  @Override
  public String read(Path file) throws IOException {
    String content = contents.get(file);
    if (content == null) {
      throw new NoSuchFileException(file.toString());
    }
    return content;
  }

  @Override
  public void write(Path file, String value) throws IOException {
    String name = String.valueOf(file.getFileName());
    if (!exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (refused.contains(name)) {
      throw new FileSystemException(file.toString(), null, "Invalid argument");
    }
    writes.add(file + "=" + value);
    if (inert.contains(name)) {
      return;
    }
    switch (name) {
      case "cgroup.procs" -> move(file, value);
      case "cgroup.subtree_control" -> enable(file, value);
      case "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max" ->
          contents.put(file, Long.parseLong(value) / PAGE * PAGE + "\n");
      default -> contents.put(file, value + "\n");
    }
  }

  /** A process is in one group of a hierarchy. */
  private void move(Path file, String pid) {
    Path mount =
        java.util.stream.Stream.concat(version1.keySet().stream(), unified.stream())
            .filter(file::startsWith)
            .findFirst()
            .orElseThrow();
    contents.replaceAll(
        (path, content) ->
            path.startsWith(mount) && path.endsWith("cgroup.procs")
                ? content.replace(pid + "\n", "")
                : content);
    contents.merge(file, pid + "\n", String::concat);
  }

  /** A parent with processes, the root aside, cannot give controllers to its children. */
  private void enable(Path file, String value) throws IOException {
    Path group = file.getParent();
    if (group == null || !contents.getOrDefault(group.resolve("cgroup.procs"), "").isEmpty()) {
      throw new FileSystemException(file.toString(), null, "Device or resource busy");
    }
    String controller = value.substring(1);
    if (!contents.getOrDefault(group.resolve("cgroup.controllers"), "").contains(controller)) {
      throw new NoSuchFileException(file.toString());
    }
    contents.merge(file, controller + " ", String::concat);
  }
}
