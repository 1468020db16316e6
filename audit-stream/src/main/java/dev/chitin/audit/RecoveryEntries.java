package dev.chitin.audit;

import dev.chitin.audit.log.LogOpener;
import java.util.ArrayList;
import java.util.List;

/** What a log says of a stop that was not clean, before anything else is recorded. */
final class RecoveryEntries {
  private RecoveryEntries() {}

  /** A {@code Lifecycle} entry, and {@code OutcomeUnknown} for each call that has no end. */
  static List<byte[]> of(LogOpener.Findings found, String version, EntryEncoder encoder) {
    var entries = new ArrayList<byte[]>();
    if (!found.orderly()) {
      entries.add(encoder.encode(recovered(found, version)));
    }
    for (byte[] authorized : found.openCalls()) {
      entries.add(encoder.outcomeUnknown(authorized));
    }
    return entries;
  }

  private static AuditEvent recovered(LogOpener.Findings found, String version) {
    return new AuditEvent.Lifecycle(
        "recover",
        version,
        describe(found),
        null,
        null,
        new AuditEvent.UncleanStop(found.size(), found.openCalls().size(), found.tornBytes()));
  }

  private static String describe(LogOpener.Findings found) {
    String text =
        "the last stop was not clean: "
            + found.size()
            + " entries, "
            + found.openCalls().size()
            + " calls without an end";
    if (found.tornBytes() == 0) {
      return text;
    }
    String kept = found.tornFile() == null ? "not kept" : "kept in " + found.tornFile();
    return text + ", " + found.tornBytes() + " bytes of an unfinished frame cut and " + kept;
  }
}
