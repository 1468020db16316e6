package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.OutputFile;
import dev.chitin.sandbox.backend.Outcome;
import java.util.ArrayList;
import java.util.List;

/** What an ended run comes to. */
final class Conclusion {
  private Conclusion() {}

  /**
   * Its outcome, with the limits that struck. Reads the counters of its control groups; blocks
   * shortly.
   */
  static Outcome of(
      SandboxRun.End end, Sandbox sandbox, Captures captures, List<OutputFile> files) {
    var notes = new ArrayList<>(sandbox.notes());
    RunLimits.Struck struck = sandbox.limits().conclude(end);
    notes.addAll(struck.notes());
    notes.addAll(OutputFile.faults(files));
    Ending ending = Ending.of(end, struck);
    OutputCapture stdout = captures.stdout();
    OutputCapture stderr = captures.stderr();
    return new Outcome(
        ending.status(),
        ending.exitCode(),
        stdout.kept(),
        stderr.kept(),
        stdout.seen(),
        stderr.seen(),
        null,
        notes,
        files);
  }
}
