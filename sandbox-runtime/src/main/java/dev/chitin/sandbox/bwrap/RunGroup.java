package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Processes;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The control groups of one run. Its methods block shortly; they are not for event loops. */
final class RunGroup {
  /** One more than the plan says: the sandbox's own init is a process too. */
  private static final int INIT = 1;

  /** And so is bwrap, where it is born in the group. */
  private static final int MONITOR = 1;

  /** The kernel rounds memory down to whole pages, of at most so many bytes. */
  private static final long PAGE = 65_536;

  private static final long PERIOD_MICROS = 100_000;
  private static final String PROCESSES = "cgroup.procs";
  private static final String THREADS = "tasks";

  /**
   * The run's group in one hierarchy.
   *
   * @param directory the group
   * @param hierarchy whose group it is
   */
  record Part(Path directory, Hierarchy hierarchy) {}

  private final List<Part> parts;
  private final ControlFiles files;

  RunGroup(List<Part> parts, ControlFiles files) {
    this.parts = parts;
    this.files = files;
  }

  void limit(Limits limits) throws IOException {
    for (Part part : parts) {
      for (Controller controller : part.hierarchy().controllers()) {
        if (part.hierarchy().unified()) {
          limitUnified(part, controller, limits);
        } else {
          limitVersion1(part, controller, limits);
        }
      }
    }
  }

  private void limitVersion1(Part part, Controller controller, Limits limits) throws IOException {
    switch (controller) {
      case MEMORY -> {
        setMemory(part, "memory.limit_in_bytes", limits.memoryBytes());
        if (has(part, "memory.memsw.limit_in_bytes")) {
          setMemory(part, "memory.memsw.limit_in_bytes", limits.memoryBytes());
        }
      }
      case PIDS -> set(part, "pids.max", Long.toString(limits.processes() + INIT + MONITOR));
      case CPU -> {
        if (counter(part, "cpu.cfs_period_us") != PERIOD_MICROS) {
          set(part, "cpu.cfs_period_us", Long.toString(PERIOD_MICROS));
        }
        set(part, "cpu.cfs_quota_us", Long.toString(quota(limits)));
      }
      case CPU_TIME -> counter(part, "cpuacct.usage");
    }
  }

  private void limitUnified(Part part, Controller controller, Limits limits) throws IOException {
    switch (controller) {
      case MEMORY -> {
        setMemory(part, "memory.max", limits.memoryBytes());
        if (has(part, "memory.swap.max")) {
          set(part, "memory.swap.max", "0");
        }
        if (has(part, "memory.oom.group")) {
          set(part, "memory.oom.group", "1");
        }
      }
      case PIDS -> set(part, "pids.max", Long.toString(limits.processes() + INIT));
      case CPU -> set(part, "cpu.max", quota(limits) + " " + PERIOD_MICROS);
      case CPU_TIME -> counter(part, "cpu.stat", "usage_usec");
    }
  }

  private static long quota(Limits limits) {
    return limits.cpuPercent() * PERIOD_MICROS / 100;
  }

  private boolean has(Part part, String file) {
    return files.exists(part.directory().resolve(file));
  }

  /** Writes one limit and reads it back. */
  private void set(Part part, String file, String value) throws IOException {
    Path path = part.directory().resolve(file);
    files.write(path, value);
    String read = files.read(path).strip();
    if (!read.equals(value)) {
      throw new IOException(file + " was set to " + value + " and holds " + read);
    }
  }

  private void setMemory(Part part, String file, long bytes) throws IOException {
    Path path = part.directory().resolve(file);
    files.write(path, Long.toString(bytes));
    String read = files.read(path).strip();
    if (!read.matches("\\d{1,18}")
        || Long.parseLong(read) > bytes
        || Long.parseLong(read) <= bytes - PAGE) {
      throw new IOException(file + " was set to " + bytes + " and holds " + read);
    }
  }

  /**
   * Moves the calling thread into the groups of version 1; what it starts from then on is born in
   * them. The kernel moves a thread that asks for itself at once; to move another process it stops
   * every fork and exec of the machine, which costs each call several milliseconds.
   */
  void enterThread() throws IOException {
    for (Part part : parts) {
      if (!part.hierarchy().unified()) {
        files.write(part.directory().resolve(THREADS), "0");
      }
    }
  }

  /**
   * Sees to it that a process is in: where it was not born in, it is moved. What it starts from
   * then on is in as well.
   *
   * @throws IOException when it is not in
   */
  void enter(int pid) throws IOException {
    for (Part part : parts) {
      if (part.hierarchy().unified()) {
        files.write(part.directory().resolve(PROCESSES), Integer.toString(pid));
      } else if (!members(part.directory()).contains(Integer.toString(pid))) {
        throw new IOException("the sandbox was not born in " + part.directory());
      }
    }
  }

  /** What the kernel has counted until now. */
  RunUsage usage() throws IOException {
    long oomKills = 0;
    long forksRefused = 0;
    long throttled = 0;
    long cpuMillis = 0;
    for (Part part : parts) {
      boolean unified = part.hierarchy().unified();
      for (Controller controller : part.hierarchy().controllers()) {
        switch (controller) {
          case MEMORY ->
              oomKills =
                  counter(part, unified ? "memory.events" : "memory.oom_control", "oom_kill");
          case PIDS -> forksRefused = counter(part, "pids.events", "max");
          case CPU -> throttled = counter(part, "cpu.stat", "nr_throttled");
          case CPU_TIME -> cpuMillis = cpuMillis(part);
        }
      }
    }
    return new RunUsage(oomKills, forksRefused, throttled, cpuMillis);
  }

  /** CPU time of the whole run until now, milliseconds; 0 where it is not counted. */
  long cpuMillis() throws IOException {
    for (Part part : parts) {
      if (part.hierarchy().has(Controller.CPU_TIME)) {
        return cpuMillis(part);
      }
    }
    return 0;
  }

  private long cpuMillis(Part part) throws IOException {
    return part.hierarchy().unified()
        ? counter(part, "cpu.stat", "usage_usec") / 1_000
        : counter(part, "cpuacct.usage") / 1_000_000;
  }

  private long counter(Part part, String file) throws IOException {
    return number(file, files.read(part.directory().resolve(file)).strip());
  }

  private long counter(Part part, String file, String name) throws IOException {
    for (String line : files.read(part.directory().resolve(file)).split("\n", -1)) {
      if (line.startsWith(name + " ")) {
        return number(file, line.substring(name.length() + 1).strip());
      }
    }
    throw new IOException(file + " does not count " + name);
  }

  private static long number(String file, String text) throws IOException {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException(file + " holds no number", e);
    }
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

  private boolean remove(Path directory) {
    try {
      if (files.exists(directory.resolve("cgroup.kill"))) {
        // Version 2: all at once, also what is being forked.
        files.write(directory.resolve("cgroup.kill"), "1");
      } else {
        for (String pid : members(directory)) {
          kill(directory, Integer.parseInt(pid));
        }
      }
      files.removeGroup(directory);
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private List<String> members(Path directory) throws IOException {
    var members = new ArrayList<>(List.of(files.read(directory.resolve(PROCESSES)).split("\\s+")));
    members.remove("");
    return members;
  }

  /**
   * The number is looked up again after the descriptor is open: then it still names that process.
   */
  private void kill(Path directory, int pid) throws IOException {
    try (Fd process = Processes.pidfdOpen(pid)) {
      if (members(directory).contains(Integer.toString(pid))) {
        Processes.signal(process, Processes.SIGKILL);
      }
    } catch (ErrnoException e) {
      // It ended by itself meanwhile, which is what was wanted; the removal that follows tells.
      if (e.errno() != Errno.ESRCH) {
        throw e;
      }
    }
  }
}
