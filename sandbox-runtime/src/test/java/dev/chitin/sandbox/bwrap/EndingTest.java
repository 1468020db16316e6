package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EndingTest {
  private static String status(
      SandboxRun.@Nullable Cause cause, boolean oom, boolean disk, boolean cpu, int exit) {
    OptionalInt code = exit < 0 ? OptionalInt.empty() : OptionalInt.of(exit);
    return Ending.of(
            new SandboxRun.End(cause, code, true), new RunLimits.Struck(oom, disk, cpu, List.of()))
        .status();
  }

  @Test
  void theFirstOfSeveralNamesCounts() {
    assertThat(status(SandboxRun.Cause.CANCELLED, true, true, true, -1)).isEqualTo("cancelled");
    assertThat(status(SandboxRun.Cause.DEADLINE, true, true, true, -1)).isEqualTo("deadline");
    assertThat(status(SandboxRun.Cause.OUTPUT_LIMIT, true, true, true, -1)).isEqualTo("oom");
    assertThat(status(SandboxRun.Cause.OUTPUT_LIMIT, false, true, true, -1))
        .isEqualTo("disk_limit");
    assertThat(status(SandboxRun.Cause.OUTPUT_LIMIT, false, false, true, -1))
        .isEqualTo("cpu_limit");
    assertThat(status(SandboxRun.Cause.OUTPUT_LIMIT, false, false, false, -1))
        .isEqualTo("output_limit");
    assertThat(status(null, false, false, false, -1)).isEqualTo("setup_failed");
    assertThat(status(null, false, false, false, 137)).isEqualTo("signal 9");
    assertThat(status(null, false, false, false, 0)).isEqualTo("exit 0");
    assertThat(status(null, false, true, false, 0)).isEqualTo("disk_limit");
    assertThat(status(null, false, false, true, 0)).isEqualTo("cpu_limit");
  }

  // ---- what the counters of a run say ----

  private static RunLimits.Struck struck(long nanos, int exit) throws IOException {
    var kernel =
        new FakeKernel()
            .version1("/c/cpu", "cpu", "cpuacct")
            .version1("/c/memory", "memory")
            .version1("/c/pids", "pids");
    Cgroups cgroups =
        Cgroups.detect(
            CgroupMounts.read(
                List.of(
                    "1 1 0:1 / /c/cpu rw - cgroup cgroup rw,cpu,cpuacct",
                    "2 1 0:2 / /c/memory rw - cgroup cgroup rw,memory",
                    "3 1 0:3 / /c/pids rw - cgroup cgroup rw,pids"),
                List.of()),
            "chitin",
            Instance.here(),
            kernel);
    Limits limits = Limits.DEFAULT.with(Member.CPU_MS, 500);
    RunGroup group = cgroups.create("x", limits);
    Path directory = Path.of("/c/cpu/chitin/run-" + Instance.here().token() + "-x");
    kernel.says(directory, "cpuacct.usage", nanos + "\n");
    try (var unused = new ScheduledThreadPoolExecutor(1)) {
      return new RunLimits(limits, cgroups, group, unused, unused, Set.of())
          .conclude(new SandboxRun.End(null, OptionalInt.of(exit), true));
    }
  }

  @Test
  void cpuTimeThatWasUsedUpBetweenTwoLooksIsFoundAtTheEnd() throws IOException {
    assertThat(struck(499_999_999, 0))
        .isEqualTo(new RunLimits.Struck(false, false, false, List.of()));
    assertThat(struck(500_000_000, 0))
        .isEqualTo(
            new RunLimits.Struck(
                false, false, true, List.of("cpu_limit: all of 500 ms of CPU time was used")));
  }

  @Test
  void theKernelsSignalForCpuTimeIsTheLimit() throws IOException {
    assertThat(struck(0, 128 + 24).cpu()).isTrue();
    assertThat(struck(0, 128 + 25).notes()).allMatch(note -> note.startsWith("file_limit"));
    assertThat(struck(0, 128 + 9)).isEqualTo(new RunLimits.Struck(false, false, false, List.of()));
  }

  @Test
  void everyControlHasItsName() {
    assertThat(Set.copyOf(SandboxSettings.WAIVABLE)).hasSize(Controller.values().length + 1);
  }
}
