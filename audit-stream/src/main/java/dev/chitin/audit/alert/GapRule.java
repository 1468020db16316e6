package dev.chitin.audit.alert;

import java.time.Duration;
import java.util.BitSet;
import java.util.function.Consumer;

/**
 * Events that were made and did not come into the log: {@code seq} counts what a boot makes, so a
 * number that stays out is a gap. Numbers of events that are made at the same time may change
 * places; one counts as missing when {@value #PATIENCE} later ones are there, or a minute later.
 */
final class GapRule {
  private static final int PATIENCE = 1_024;
  private static final int WIDTH = 2 * PATIENCE;
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private BitSet seen = new BitSet(WIDTH);
  private String boot = "";
  private long base;
  private long highest;
  private long overdue;
  private long since;

  /** Every entry of the log, alerts too: what is not given here would be missed. */
  void observe(Observed entry, Consumer<Alert> found) {
    long sequence = entry.number("seq");
    long time = entry.time();
    if (boot.isEmpty() || !entry.has("boot", boot)) {
      begin(entry, sequence, time);
    }
    if (sequence < base) {
      return;
    }
    long missing = sequence - base >= WIDTH ? settle(sequence - PATIENCE) : 0;
    seen.set((int) (sequence - base));
    highest = Math.max(highest, sequence);
    if (Math.abs(time - since) >= WINDOW.toMillis()) {
      missing += settle(overdue);
      overdue = highest;
      since = time;
    }
    if (missing > 0) {
      found.accept(new Alert(AlertRule.LOG_GAP, "log", missing, WINDOW.toSeconds(), entry.index()));
    }
  }

  private void begin(Observed entry, long sequence, long time) {
    boot = entry.text("boot");
    base = sequence;
    highest = sequence;
    overdue = sequence;
    since = time;
    seen.clear();
  }

  /** Nothing below {@code end} is waited for any more; gives how many never came. */
  private long settle(long end) {
    if (end <= base) {
      return 0;
    }
    long numbers = end - base;
    int within = (int) Math.min(numbers, WIDTH);
    long missing = numbers - seen.get(0, within).cardinality();
    seen = seen.get(within, WIDTH);
    base = end;
    return missing;
  }
}
