package dev.chitin.sandbox.bwrap;

import static dev.chitin.sandbox.bwrap.RealSandbox.LIMITS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.Limits.Member;
import dev.chitin.sandbox.backend.Outcome;
import dev.chitin.sandbox.bwrap.SandboxProof.Finding;
import dev.chitin.sandbox.bwrap.SandboxProof.State;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine on which no control group is delegated to the gateway. */
class WaivedControlsTest {
  @TempDir private Path directory = Path.of("/");

  private SandboxSettings without(Set<String> waived) {
    SandboxSettings d = SandboxSettings.defaults(directory.resolve("run"));
    return new SandboxSettings(
        d.bwrap(),
        waived,
        "no-such-group",
        d.runDirectory(),
        d.hidden(),
        d.runs(),
        WarmBounds.NONE,
        d.writeProtection());
  }

  @Test
  void nothingStartsUntilEachMissingControlIsWaived() {
    assertThatThrownBy(() -> new RealSandbox(without(Set.of("aggregate_memory"))))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal ->
                assertThat(refusal.problem().hint())
                    .contains(
                        "sandbox.waive: [\"aggregate_memory\", \"aggregate_processes\","
                            + " \"cpu_rate\", \"aggregate_cpu_time\"]"));
  }

  @Test
  void whatIsWaivedIsToldEverywhereAndTheLimitsOfEachProcessStay() {
    List<String> weaker =
        List.of(
            "memory: per-process only",
            "processes: limited per user only",
            "cpu: rate not limited",
            "cpu_time: per-process only");
    try (var sandbox = new RealSandbox(without(Set.copyOf(SandboxSettings.WAIVABLE)))) {
      assertThat(sandbox.backend.weakerHere()).isEqualTo(weaker);
      Outcome outcome = sandbox.shell("exit 3");
      assertThat(outcome.status()).isEqualTo("exit 3");
      assertThat(outcome.notes()).isEqualTo(weaker);
      List<Finding> findings =
          RealSandbox.await(new SandboxProof(sandbox.backend, directory.resolve("run")).run());
      assertThat(findings).noneMatch(finding -> finding.state() == State.INERT);
      assertThat(findings)
          .filteredOn(finding -> finding.state() == State.DEGRADED)
          .extracting(Finding::control)
          .containsExactlyInAnyOrder(
              "number of processes", "memory", "rate of CPU time", "CPU time");
      Outcome few = sandbox.shell("ulimit -p", LIMITS.with(Member.PROCESSES, 8));
      assertThat(RealSandbox.text(few.stdout())).isEqualTo("9\n");
      Outcome spun =
          sandbox.shell(
              "[ -r /.chitin-sandbox ] || exit 9; while :; do :; done",
              LIMITS.with(Member.CPU_MS, 400));
      assertThat(spun.status()).as(spun.toString()).isEqualTo("cpu_limit");
    }
  }
}
