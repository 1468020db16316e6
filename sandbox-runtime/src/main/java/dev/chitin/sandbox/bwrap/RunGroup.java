package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The control groups of one run. Its methods block shortly; they are not for event loops. */
final class RunGroup {
  /** One more than the plan says: the sandbox's own init is a process too. */
  private static final int INIT = 1;

  /**
   * The run's group in one hierarchy.
   *
   * @param directory the group
   * @param memory how memory is limited in it
   * @param pids whether processes are limited in it
   */
  record Part(Path directory, Cgroups.Memory memory, boolean pids) {}

  /** No group at all. */
  static final RunGroup NONE = new RunGroup(List.of());

  private final List<Part> parts;

  RunGroup(List<Part> parts) {
    this.parts = parts;
  }

  void limit(Limits limits) throws IOException {
    for (Part part : parts) {
      String memory = Long.toString(limits.memoryBytes());
      switch (part.memory()) {
        case NONE -> {}
        case V1 -> {
          set(part, "memory.limit_in_bytes", memory);
          if (Files.exists(part.directory().resolve("memory.memsw.limit_in_bytes"))) {
            set(part, "memory.memsw.limit_in_bytes", memory);
          }
        }
        case V2 -> {
          set(part, "memory.max", memory);
          if (Files.exists(part.directory().resolve("memory.swap.max"))) {
            set(part, "memory.swap.max", "0");
          }
          set(part, "memory.oom.group", "1");
        }
      }
      if (part.pids()) {
        set(part, "pids.max", Long.toString(limits.processes() + INIT));
      }
    }
  }

  /** Writes one limit and reads it back; the kernel rounds memory down to whole pages. */
  private static void set(Part part, String file, String value) throws IOException {
    Path path = part.directory().resolve(file);
    Files.writeString(path, value);
    String read = Files.readString(path).strip();
    long asked = Long.parseLong(value);
    if (read.equals("max")
        || Long.parseLong(read) > asked
        || Long.parseLong(read) < asked - 65_536) {
      throw new IOException(file + " was set and did not hold");
    }
  }

  /** Moves a process in; what it starts from then on is in as well. */
  void enter(int pid) throws IOException {
    for (Part part : parts) {
      Files.writeString(part.directory().resolve("cgroup.procs"), Integer.toString(pid));
    }
  }

  /** How many processes the kernel killed because the run was out of memory. */
  long oomKills() throws IOException {
    for (Part part : parts) {
      switch (part.memory()) {
        case NONE -> {}
        case V1 -> {
          return counter(part.directory().resolve("memory.oom_control"), "oom_kill");
        }
        case V2 -> {
          return counter(part.directory().resolve("memory.events"), "oom_kill");
        }
      }
    }
    return 0;
  }

  /** How often a fork failed because the run had its most processes. */
  long forksRefused() throws IOException {
    for (Part part : parts) {
      if (part.pids()) {
        return counter(part.directory().resolve("pids.events"), "max");
      }
    }
    return 0;
  }

  private static long counter(Path file, String name) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(name + " ")) {
        return Long.parseLong(line.substring(name.length() + 1).strip());
      }
    }
    return 0;
  }

  /** Whether a process is in it. */
  boolean populated() throws IOException {
    for (Part part : parts) {
      if (!Files.readString(part.directory().resolve("cgroup.procs")).isBlank()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Kills what is in it and removes the groups.
   *
   * @return false when a group is still there, because the kernel has not yet let go of its last
   *     process; it may be tried again
   */
  boolean remove() {
    boolean gone = true;
    for (Part part : parts) {
      gone &= remove(part.directory());
    }
    return gone;
  }

  private static boolean remove(Path directory) {
    try {
      for (String pid : Files.readAllLines(directory.resolve("cgroup.procs"))) {
        kill(directory, Integer.parseInt(pid));
      }
      Files.delete(directory);
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * The number is looked up again after the descriptor is open: then it still names that process.
   */
  private static void kill(Path directory, int pid) throws IOException {
    try (Fd process = Kernel.pidfdOpen(pid)) {
      List<String> members = Files.readAllLines(directory.resolve("cgroup.procs"));
      if (members.contains(Integer.toString(pid))) {
        Kernel.signal(process, Kernel.SIGKILL);
      }
    } catch (ErrnoException e) {
      // It ended by itself meanwhile, which is what was wanted; the removal that follows tells.
      if (e.errno() != dev.chitin.sandbox.nativeos.Errno.ESRCH) {
        throw e;
      }
    }
  }
}
