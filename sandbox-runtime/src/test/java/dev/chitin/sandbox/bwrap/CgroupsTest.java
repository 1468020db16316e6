package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import dev.chitin.sandbox.nativeos.Spawner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Control groups of every kind, told to a kernel that is played. */
class CgroupsTest {
  private static final Limits LIMITS =
      Limits.DEFAULT
          .with(Member.MEMORY_BYTES, 100_000_000)
          .with(Member.PROCESSES, 7)
          .with(Member.CPU_PERCENT, 150);
  private static final List<String> IN_ROOT = List.of("4:memory:/", "0::/");
  private static final List<String> IN_GATEWAY = List.of("0::/chitin/gateway");

  private final FakeKernel kernel = new FakeKernel();
  private Instance instance = new Instance(1, 1);

  @BeforeEach
  void thisProcess() throws IOException {
    instance = Instance.here();
  }

  private static String v1(String mount, String options) {
    return "35 31 0:32 / " + mount + " rw,relatime shared:9 - cgroup cgroup rw," + options;
  }

  private static String v2(String mount) {
    return "41 31 0:38 / " + mount + " rw,relatime - cgroup2 cgroup2 rw";
  }

  private Cgroups detect(List<String> mountinfo, List<String> membership) {
    Cgroups cgroups =
        Cgroups.detect(CgroupMounts.read(mountinfo, membership), "chitin", instance, kernel);
    kernel.writes.clear();
    return cgroups;
  }

  private Cgroups version1() {
    kernel
        .version1("/c/memory", "memory")
        .version1("/c/pids", "pids")
        .version1("/c/cpu,cpuacct", "cpu", "cpuacct");
    return detect(
        List.of(
            "31 23 0:28 / /c rw - tmpfs tmpfs rw",
            v1("/c/memory", "memory"),
            v1("/c/pids", "pids"),
            v1("/c/cpu,cpuacct", "cpu,cpuacct"),
            v1("/c/systemd", "name=systemd")),
        IN_ROOT);
  }

  private Cgroups version2() {
    kernel.unified("/c", "cpu", "io", "memory", "pids");
    kernel.says(Path.of("/c/chitin"), "cgroup.procs", "");
    return detect(List.of(v2("/c")), IN_GATEWAY);
  }

  private Path run(String parent) {
    return Path.of(parent, "run-" + instance.token() + "-x");
  }

  private static void assertAll(Cgroups cgroups) {
    assertThat(Controller.values()).allMatch(cgroups::has);
  }

  // ---- version 1 ----

  @Test
  void versionOneIsToldInItsOwnFiles() throws IOException {
    Cgroups cgroups = version1();
    assertAll(cgroups);
    cgroups.makeHomes();
    RunGroup group = cgroups.create("x", LIMITS);
    Spawner.Birthplace place = cgroups.birthplace(group);
    place.enter();
    place.leave();
    assertThat(kernel.writes)
        .containsExactlyInAnyOrder(
            run("/c/memory/chitin") + "/memory.limit_in_bytes=100000000",
            run("/c/memory/chitin") + "/memory.memsw.limit_in_bytes=100000000",
            run("/c/pids/chitin") + "/pids.max=9",
            run("/c/cpu,cpuacct/chitin") + "/cpu.cfs_quota_us=150000",
            run("/c/memory/chitin") + "/tasks=0",
            run("/c/pids/chitin") + "/tasks=0",
            run("/c/cpu,cpuacct/chitin") + "/tasks=0",
            home("/c/memory/chitin") + "/tasks=0",
            home("/c/pids/chitin") + "/tasks=0",
            home("/c/cpu,cpuacct/chitin") + "/tasks=0");
  }

  private Path home(String parent) {
    return Path.of(parent, "home-" + instance.token() + "-1");
  }

  @Test
  void whatWasNotBornInItsGroupsIsFound() throws IOException {
    RunGroup group = version1().create("x", LIMITS);
    for (String parent : List.of("/c/memory/chitin", "/c/pids/chitin", "/c/cpu,cpuacct/chitin")) {
      kernel.says(run(parent), "cgroup.procs", "4710\n4711\n");
    }
    group.enter(4711);
    kernel.says(run("/c/pids/chitin"), "cgroup.procs", "4710\n");
    assertThatThrownBy(() -> group.enter(4711)).hasMessageContaining("not born in");
  }

  @Test
  void theSpawnersHomesGoWithTheirGateway() throws IOException {
    Cgroups cgroups = version1();
    cgroups.makeHomes();
    Path dead = Path.of("/c/pids/chitin/home-1-1-1");
    kernel.makeGroup(dead);
    assertThat(cgroups.sweep(null)).isZero();
    assertThat(kernel.exists(dead)).isFalse();
    assertThat(kernel.exists(home("/c/pids/chitin"))).isTrue();
    assertThat(cgroups.sweep("x")).isZero();
    assertThat(kernel.exists(home("/c/pids/chitin"))).isFalse();
  }

  @Test
  void versionOneIsReadBack() throws IOException {
    RunGroup group = version1().create("x", LIMITS);
    kernel.says(run("/c/memory/chitin"), "memory.oom_control", "oom_kill_disable 0\noom_kill 2\n");
    kernel.says(run("/c/pids/chitin"), "pids.events", "max 3\n");
    kernel.says(run("/c/cpu,cpuacct/chitin"), "cpu.stat", "nr_periods 9\nnr_throttled 5\n");
    kernel.says(run("/c/cpu,cpuacct/chitin"), "cpuacct.usage", "1234567890\n");
    assertThat(group.usage()).isEqualTo(new RunUsage(2, 3, 5, 1_234));
    assertThat(group.cpuMillis()).isEqualTo(1_234);
  }

  @Test
  void aMemoryLimitWithoutSwapAccountingIsStillOne() throws IOException {
    Cgroups cgroups = version1();
    kernel.contents.keySet().removeIf(file -> file.endsWith("memory.memsw.limit_in_bytes"));
    assertThat(cgroups.create("x", LIMITS)).isNotNull();
  }

  // ---- version 2 ----

  @Test
  void versionTwoIsToldInItsOwnFiles() throws IOException {
    Cgroups cgroups = version2();
    assertAll(cgroups);
    cgroups.create("x", LIMITS).enter(4711);
    Path run = run("/c/chitin");
    assertThat(kernel.writes)
        .containsExactlyInAnyOrder(
            run + "/memory.max=100000000",
            run + "/memory.swap.max=0",
            run + "/memory.oom.group=1",
            run + "/pids.max=8",
            run + "/cpu.max=150000 100000",
            run + "/cgroup.procs=4711");
  }

  @Test
  void versionTwoIsReadBack() throws IOException {
    RunGroup group = version2().create("x", LIMITS);
    Path run = run("/c/chitin");
    kernel.says(run, "memory.events", "low 0\noom 4\noom_kill 1\noom_group_kill 1\n");
    kernel.says(run, "pids.events", "max 2\n");
    kernel.says(run, "cpu.stat", "usage_usec 2500000\nnr_periods 8\nnr_throttled 7\n");
    assertThat(group.usage()).isEqualTo(new RunUsage(1, 2, 7, 2_500));
  }

  @Test
  void versionTwoIsKilledAllAtOnce() throws IOException {
    RunGroup group = version2().create("x", LIMITS);
    kernel.writes.clear();
    assertThat(group.remove()).isTrue();
    assertThat(kernel.writes).containsExactly(run("/c/chitin") + "/cgroup.kill=1");
    assertThat(kernel.exists(run("/c/chitin"))).isFalse();
  }

  @Test
  void aGroupWhoseProcessesHaveNotGoneIsTriedAgain() throws IOException {
    RunGroup group = version2().create("x", LIMITS);
    kernel.busy.add(run("/c/chitin"));
    assertThat(group.remove()).isFalse();
    kernel.busy.clear();
    assertThat(group.remove()).isTrue();
    assertThat(group.remove()).isTrue();
  }

  @Test
  void aGatewayThatWasPutRightIntoItsGroupMakesRoomForTheRuns() {
    kernel.unified("/c", "cpu", "memory", "pids");
    kernel.says(Path.of("/c/chitin"), "cgroup.procs", instance.pid() + "\n");
    assertAll(detect(List.of(v2("/c")), List.of("0::/chitin")));
    assertThat(kernel.contents)
        .containsEntry(Path.of("/c/chitin/cgroup.procs"), "")
        .containsEntry(Path.of("/c/chitin/gateway/cgroup.procs"), instance.pid() + "\n");
  }

  @Test
  void aParentThatHoldsProcessesOfOthersGivesNoControllers() {
    kernel.unified("/c", "cpu", "memory", "pids");
    kernel.says(Path.of("/c/chitin"), "cgroup.procs", "1\n");
    Cgroups cgroups = detect(List.of(v2("/c")), IN_GATEWAY);
    assertThat(cgroups.has(Controller.MEMORY)).isFalse();
    assertThat(cgroups.has(Controller.CPU_TIME)).as("counted without a controller").isTrue();
  }

  @Test
  void aGatewayOutsideOfTheDelegatedTreeCannotMoveItsRunsIntoIt() {
    kernel.unified("/c", "cpu", "memory", "pids");
    kernel.refused.add("/c/cgroup.procs");
    Cgroups cgroups = detect(List.of(v2("/c")), List.of("0::/user.slice"));
    assertThat(Controller.values()).noneMatch(cgroups::has);
  }

  // ---- both ----

  @Test
  void eachControllerIsTakenWhereItIs() throws IOException {
    kernel.version1("/c/memory", "memory").version1("/c/cpu", "cpu").unified("/c/unified", "pids");
    Cgroups cgroups =
        detect(
            List.of(v1("/c/memory", "memory"), v1("/c/cpu", "cpu"), v2("/c/unified")), IN_GATEWAY);
    assertAll(cgroups);
    cgroups.create("x", LIMITS);
    assertThat(kernel.writes)
        .containsExactlyInAnyOrder(
            run("/c/memory/chitin") + "/memory.limit_in_bytes=100000000",
            run("/c/memory/chitin") + "/memory.memsw.limit_in_bytes=100000000",
            run("/c/cpu/chitin") + "/cpu.cfs_quota_us=150000",
            run("/c/unified/chitin") + "/pids.max=8");
  }

  @Test
  void cpuTimeIsCountedInVersionTwoWhereVersionOnesCounterIsNotDelegated() {
    kernel.version1("/c/cpuacct", "cpuacct").unified("/c/unified");
    kernel.refused.add("/c/cpuacct/chitin");
    Cgroups cgroups = detect(List.of(v1("/c/cpuacct", "cpuacct"), v2("/c/unified")), IN_GATEWAY);
    assertThat(cgroups.has(Controller.CPU_TIME)).isTrue();
  }

  // ---- what does not count ----

  @Test
  void aControllerThatTakesALimitAndDoesNotHoldItDoesNotCount() {
    for (String file :
        List.of("memory.limit_in_bytes", "pids.max", "cpu.cfs_quota_us", "memory.max", "cpu.max")) {
      kernel.inert.add(file);
    }
    Cgroups first = version1();
    assertThat(first.has(Controller.MEMORY)).isFalse();
    assertThat(first.has(Controller.PIDS)).isFalse();
    assertThat(first.has(Controller.CPU)).isFalse();
    assertThat(first.has(Controller.CPU_TIME)).isTrue();
  }

  @Test
  void aVersionTwoControllerThatDoesNotHoldItsLimitDoesNotCount() {
    kernel.inert.addAll(Set.of("memory.max", "cpu.max"));
    Cgroups cgroups = version2();
    assertThat(cgroups.has(Controller.MEMORY)).isFalse();
    assertThat(cgroups.has(Controller.CPU)).isFalse();
    assertThat(cgroups.has(Controller.PIDS)).isTrue();
  }

  @Test
  void aControllerThatRefusesALimitDoesNotCount() {
    kernel.refused.add("cpu.cfs_quota_us");
    assertThat(version1().has(Controller.CPU)).isFalse();
  }

  @Test
  void aRunWhoseLimitDoesNotHoldIsNotStartedAndLeavesNoGroup() {
    Cgroups cgroups = version1();
    kernel.inert.add("pids.max");
    assertThatThrownBy(() -> cgroups.create("x", LIMITS))
        .isInstanceOf(IOException.class)
        .hasMessage("pids.max was set to 9 and holds max");
    assertThat(kernel.contents.keySet()).noneMatch(file -> file.toString().contains("run-"));
  }

  @Test
  void withoutAnyHierarchyNothingIsLimited() throws IOException {
    Cgroups cgroups = detect(List.of("31 23 0:28 / / rw - ext4 /dev/vda rw"), List.of());
    assertThat(Controller.values()).noneMatch(cgroups::has);
    assertThat(cgroups.create("x", LIMITS).usage()).isEqualTo(RunUsage.NONE);
  }

  // ---- leftovers ----

  @Test
  void groupsOfDeadGatewaysAreSweptAndThoseOfTheLivingStay() throws IOException {
    Cgroups cgroups = version2();
    Path dead = Path.of("/c/chitin/run-999999999-1-7");
    kernel.makeGroup(dead);
    kernel.makeGroup(run("/c/chitin"));
    kernel.makeGroup(Path.of("/c/chitin/other"));
    assertThat(cgroups.sweep(null)).isZero();
    assertThat(kernel.writes).containsExactly(dead + "/cgroup.kill=1");
    assertThat(kernel.exists(dead)).isFalse();
    assertThat(kernel.exists(run("/c/chitin"))).isTrue();
    assertThat(cgroups.sweep("y")).isZero();
    assertThat(kernel.exists(run("/c/chitin"))).as("another backend's").isTrue();
    assertThat(cgroups.sweep("x")).isZero();
    assertThat(kernel.exists(run("/c/chitin"))).isFalse();
    assertThat(kernel.exists(Path.of("/c/chitin/other"))).isTrue();
  }

  @Test
  void aLeftoverThatDoesNotGoIsCounted() throws IOException {
    Cgroups cgroups = version2();
    Path dead = Path.of("/c/chitin/run-999999999-1-7");
    kernel.makeGroup(dead);
    kernel.busy.add(dead);
    assertThat(cgroups.sweep(null)).isEqualTo(1);
  }

  // ---- waivers ----

  @Test
  void whatIsMissingIsRefusedByName() {
    kernel.version1("/c/memory", "memory");
    Cgroups cgroups = detect(List.of(v1("/c/memory", "memory")), IN_ROOT);
    assertThatThrownBy(() -> Waivers.accepted(cgroups, Set.of(SandboxSettings.CPU_RATE)))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> {
              assertThat(refusal.code().code()).isEqualTo("sandbox.unavailable");
              assertThat(refusal.problem().detail())
                  .contains("the number of its processes, its CPU time")
                  .doesNotContain("memory", "rate");
              assertThat(refusal.problem().hint())
                  .contains("pids, cpuacct;")
                  .contains(
                      "sandbox.waive: [\"aggregate_processes\", \"cpu_rate\","
                          + " \"aggregate_cpu_time\"]");
            });
  }

  @Test
  void whatIsWaivedIsToldAsWeaker() {
    Cgroups none = detect(List.of(), List.of());
    assertThat(Waivers.accepted(none, Set.copyOf(SandboxSettings.WAIVABLE)))
        .containsExactly(
            "memory: per-process only",
            "processes: limited per user only",
            "cpu: rate not limited",
            "cpu_time: per-process only");
  }

  @Test
  void aWaiverOfWhatIsThereWeakensNothing() {
    assertThat(Waivers.accepted(version1(), Set.copyOf(SandboxSettings.WAIVABLE))).isEmpty();
  }

  @Test
  void eachControlHasAWaiverOfItsOwn() {
    Cgroups none = detect(List.of(), List.of());
    var ofGroups = new ArrayList<>(SandboxSettings.WAIVABLE);
    ofGroups.remove(SandboxSettings.DISK_QUOTA);
    for (String name : ofGroups) {
      var others = new ArrayList<>(SandboxSettings.WAIVABLE);
      others.remove(name);
      assertThatThrownBy(() -> Waivers.accepted(none, Set.copyOf(others)))
          .as(name)
          .isInstanceOf(ChitinException.class);
    }
  }
}
