package dev.chitin.sandbox.exec;

import dev.chitin.sandbox.backend.Outcome;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Names of the limits that a run ran into, as its status and its notes tell of them. */
final class StruckLimits {
  private static final Set<String> STATUSES =
      Set.of("deadline", "output_limit", "oom", "disk_limit", "cpu_limit");
  private static final Set<String> NOTES = Set.of("pids_limit", "cpu_limit", "file_limit", "cpu");

  private StruckLimits() {}

  /** Sorted; empty when none struck. */
  static List<String> of(Outcome outcome) {
    var struck = new TreeSet<String>();
    if (STATUSES.contains(outcome.status())) {
      struck.add(outcome.status());
    }
    for (String note : outcome.notes()) {
      int colon = note.indexOf(':');
      if (colon > 0 && NOTES.contains(note.substring(0, colon))) {
        struck.add(note.substring(0, colon));
      }
    }
    return List.copyOf(struck);
  }
}
