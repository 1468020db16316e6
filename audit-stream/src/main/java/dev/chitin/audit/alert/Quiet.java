package dev.chitin.audit.alert;

import java.time.Duration;

/**
 * Says of each alert whether it is said: the same of the same subject once in its window, and of
 * one rule at most {@value #MOST} in ten minutes, whatever subjects somebody makes up; the log and
 * those who read alerts are not to be flooded by an attack. Bounded.
 */
final class Quiet {
  static final int MOST = 20;

  private static final int MOST_SUBJECTS = 8_192;

  /**
   * How far the times of entries may stand against their order: each is read by the thread that
   * makes the entry, before it waits its turn. What is earlier by more is a clock that was put
   * back.
   */
  private static final long DISORDER_MILLIS = 10_000;

  private final SlidingCounts perRule =
      new SlidingCounts(Duration.ofMinutes(10).toMillis(), AlertRule.values().length);
  private final BoundedMemory<Said, Long> until = BoundedMemory.byArrival(MOST_SUBJECTS);

  private record Said(AlertRule rule, String subject) {}

  /** What becomes of an alert. */
  enum Verdict {
    SAY,
    /** It was said of that subject within the window. */
    SAID,
    /** The rule has said enough. */
    TOO_MANY
  }

  Verdict judge(Alert alert, long millis) {
    var said = new Said(alert.rule(), alert.subject());
    Long quiet = until.get(said);
    long window = alert.windowSeconds() * 1_000;
    if (quiet != null && millis < quiet && quiet - millis <= window + DISORDER_MILLIS) {
      return Verdict.SAID;
    }
    until.remove(said);
    until.put(said, millis + window);
    return perRule.add(alert.rule().text(), 1, millis) > MOST ? Verdict.TOO_MANY : Verdict.SAY;
  }

  /** How many subjects are remembered. */
  int size() {
    return until.size();
  }
}
