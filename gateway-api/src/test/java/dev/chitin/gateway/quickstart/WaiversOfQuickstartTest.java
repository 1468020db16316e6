package dev.chitin.gateway.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import org.junit.jupiter.api.Test;

class WaiversOfQuickstartTest {
  private static String waivers(ProblemCode code, String hint) {
    return Quickstart.waivers(Problem.of(code, "detail").withHint(hint).toException());
  }

  @Test
  void whatTheSandboxAsksForIsWritten() {
    assertThat(
            waivers(
                ProblemCode.SANDBOX_UNAVAILABLE,
                "… sandbox.waive: [\"aggregate_processes\", \"cpu_rate\"]."))
        .isEqualTo("\"aggregate_processes\", \"cpu_rate\"");
  }

  @Test
  void anotherRefusalAsksForNone() {
    assertThat(waivers(ProblemCode.SANDBOX_UNAVAILABLE, "Install bubblewrap.")).isEmpty();
    assertThat(waivers(ProblemCode.CONFIG_INVALID, "\"cpu_rate\"")).isEmpty();
  }
}
