package dev.chitin.audit.log;

import dev.chitin.audit.KeyRotation;
import dev.chitin.audit.LogFault;
import dev.chitin.bus.Needle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the entries of a log say of the log itself: how it was pruned, and who signs it. */
final class LogRecords {
  private static final Needle KIND = Needle.of("\"kind\":\"LogEvent\"");

  /** Most rotations that are followed; a log that has more is read with its newest key. */
  private static final int MOST_ROTATIONS = 4_096;

  private final PruneRecords prunings = new PruneRecords();
  private final List<KeyRotation> rotations = new ArrayList<>();

  /** Takes note of one entry that is there. */
  void observe(long index, byte[] entry) {
    if (KIND.isIn(entry)) {
      prunings.observe(entry);
      if (rotations.size() < MOST_ROTATIONS) {
        KeyRotation.of(index, entry).ifPresent(rotations::add);
      }
    }
  }

  /** What is wrong with a log that begins with {@code minimum}, once all entries were seen. */
  Optional<LogFault> fault(long minimum) {
    return prunings.fault(minimum);
  }

  /** The rotations of the log's key, in the order of the log. */
  List<KeyRotation> rotations() {
    return rotations;
  }
}
