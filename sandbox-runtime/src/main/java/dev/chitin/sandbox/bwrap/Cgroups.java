package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.nativeos.Spawner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Control groups that bound whole process trees: one child group per run in each hierarchy, below a
 * parent that is delegated to this user. Version 1, version 2 and a mix of both are handled, per
 * controller; a controller counts only if a child group with its limit could be made and read back.
 */
final class Cgroups {
  private static final String PREFIX = "run-";
  private static final String HOME = "home-";
  private static final int HOME_ATTEMPTS = 100;
  private static final long HOME_PAUSE_NANOS = 1_000_000;

  private final List<Hierarchy> hierarchies;
  private final Instance instance;
  private final ControlFiles files;
  private final List<Path> homes = new ArrayList<>();

  private Cgroups(List<Hierarchy> hierarchies, Instance instance, ControlFiles files) {
    this.hierarchies = hierarchies;
    this.instance = instance;
    this.files = files;
  }

  /** Finds what is delegated under {@code parent}; what is not there is not limited. */
  static Cgroups detect(String parent, Instance instance) throws IOException {
    CgroupMounts mounts =
        CgroupMounts.read(
            Files.readAllLines(Path.of("/proc/self/mountinfo")),
            Files.readAllLines(Path.of("/proc/self/cgroup")));
    return detect(mounts, parent, instance, ControlFiles.KERNEL);
  }

  static Cgroups detect(CgroupMounts mounts, String parent, Instance instance, ControlFiles files) {
    var usable = new ArrayList<Hierarchy>();
    for (Controller controller : Controller.values()) {
      mounts.candidates(controller, parent).stream()
          .filter(candidate -> works(candidate, mounts, instance, files))
          .findFirst()
          .ifPresent(usable::add);
    }
    return new Cgroups(CgroupMounts.merged(usable), instance, files);
  }

  private static boolean works(
      Hierarchy hierarchy, CgroupMounts mounts, Instance instance, ControlFiles files) {
    Path own = mounts.own();
    if (!files.writable(hierarchy.parent())
        || (own != null && !hierarchy.reachableFrom(own, files))) {
      return false;
    }
    try {
      hierarchy.prepare(files, instance.pid());
      var trial = new Cgroups(List.of(hierarchy), instance, files);
      RunGroup group = trial.create("probe", Limits.DEFAULT);
      try {
        group.usage();
      } finally {
        group.remove();
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether {@code controller} works here. */
  boolean has(Controller controller) {
    return hierarchies.stream().anyMatch(hierarchy -> hierarchy.has(controller));
  }

  /**
   * Makes the groups in which a thread that starts sandboxes rests between two of them.
   *
   * @throws IOException when the kernel refuses
   */
  void makeHomes() throws IOException {
    for (Hierarchy hierarchy : hierarchies) {
      if (!hierarchy.unified()) {
        homes.add(makeHome(hierarchy));
      }
    }
  }

  /** Each spawner of this process has its own. */
  private Path makeHome(Hierarchy hierarchy) throws IOException {
    for (int number = 1; ; number++) {
      Path home = hierarchy.parent().resolve(HOME + instance.token() + "-" + number);
      if (!files.exists(home)) {
        files.makeGroup(home);
        return home;
      }
    }
  }

  /** Where the processes of {@code group} are born. */
  Spawner.Birthplace birthplace(RunGroup group) {
    return new Spawner.Birthplace() {
      @Override
      public void enter() throws IOException {
        group.enterThread();
      }

      @Override
      public void leave() throws IOException {
        for (Path home : homes) {
          files.write(home.resolve("tasks"), "0");
        }
      }
    };
  }

  /** Makes the groups of one run and sets their limits, each read back. */
  RunGroup create(String run, Limits limits) throws IOException {
    var made = new ArrayList<RunGroup.Part>();
    var group = new RunGroup(made, files);
    try {
      for (Hierarchy hierarchy : hierarchies) {
        Path directory = hierarchy.parent().resolve(PREFIX + instance.token() + "-" + run);
        files.makeGroup(directory);
        made.add(new RunGroup.Part(directory, hierarchy));
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
   * @param ended how the names of this process's own runs begin that go as well, because who made
   *     them stops; null for none. Another backend of the process may still have groups.
   * @return how many groups are still there
   */
  int sweep(@Nullable String ended) throws IOException {
    int left = 0;
    for (Hierarchy hierarchy : hierarchies) {
      for (Path directory : files.groups(hierarchy.parent(), PREFIX)) {
        String name = String.valueOf(directory.getFileName()).substring(PREFIX.length());
        String token = name.substring(0, Math.max(0, name.lastIndexOf('-')));
        boolean own = ended != null && name.startsWith(instance.token() + "-" + ended);
        if (!Instance.alive(token) || own) {
          var part = new RunGroup.Part(directory, hierarchy);
          left += new RunGroup(List.of(part), files).remove() ? 0 : 1;
        }
      }
      left += sweepHomes(hierarchy, ended != null);
    }
    return left;
  }

  private int sweepHomes(Hierarchy hierarchy, boolean own) throws IOException {
    int left = 0;
    for (Path directory : files.groups(hierarchy.parent(), HOME)) {
      String name = String.valueOf(directory.getFileName()).substring(HOME.length());
      String token = name.substring(0, Math.max(0, name.lastIndexOf('-')));
      if (!Instance.alive(token) || (own && homes.contains(directory))) {
        left += removeHome(directory) ? 0 : 1;
      }
    }
    return left;
  }

  /**
   * There are at most threads that spawned in it, which have ended or are about to: the kernel
   * tells nobody when.
   */
  private boolean removeHome(Path directory) {
    for (int attempt = 0; attempt < HOME_ATTEMPTS; attempt++) {
      try {
        files.removeGroup(directory);
        return true;
      } catch (NoSuchFileException e) {
        return true;
      } catch (IOException e) {
        LockSupport.parkNanos(HOME_PAUSE_NANOS);
      }
    }
    return false;
  }
}
