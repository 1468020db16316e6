package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import dev.chitin.sandbox.backend.Outcome;
import java.io.IOException;
import java.util.ArrayList;

/** What an ended run comes to. */
final class Conclusion {
  private Conclusion() {}

  /**
   * Its outcome, with the limits that struck. Reads the counters of its control groups; blocks
   * shortly.
   */
  static Outcome of(SandboxRun.End end, Sandbox sandbox, Captures captures, Limits limits) {
    var notes = new ArrayList<>(sandbox.notes());
    long oomKills = 0;
    try {
      oomKills = sandbox.group().oomKills();
      if (sandbox.group().forksRefused() > 0) {
        notes.add("pids_limit: a fork was refused at " + limits.processes());
      }
    } catch (IOException e) {
      notes.add("limits: the counters of this run could not be read");
    }
    Ending ending = Ending.of(end, oomKills);
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
        notes);
  }
}
