package dev.chitin.sandbox.bwrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxProofTest {
  @Test
  void everyControlIsProvenOnThisMachine(@TempDir Path directory) {
    Path run = directory.resolve("run");
    try (var sandbox = new RealSandbox(run)) {
      var findings = RealSandbox.await(new SandboxProof(sandbox.backend, run).run());
      assertThat(findings)
          .hasSizeGreaterThan(12)
          .allSatisfy(
              finding ->
                  assertThat(finding.state())
                      .as(finding.toString())
                      .isEqualTo(SandboxProof.State.PROVEN));
      assertThat(run.resolve("flag")).doesNotExist();
    }
  }
}
