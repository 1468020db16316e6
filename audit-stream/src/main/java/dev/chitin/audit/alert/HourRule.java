package dev.chitin.audit.alert;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A principal that calls at an hour of the day (UTC) at which, and next to which, it has not called
 * for {@value #MEMORY_DAYS} days. Hours are learned for {@value #LEARNING} times as long as other
 * habits, a week by default: they show only from day to day.
 */
final class HourRule implements Rule {
  private static final int HOURS = 24;
  private static final int MEMORY_DAYS = 28;
  private static final int LEARNING = 7;
  private static final int MOST_SUBJECTS = 4_096;
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final long learningHours;
  private final BoundedMemory<String, Habit> habits = BoundedMemory.byUse(MOST_SUBJECTS);

  /** In hours since 1970: when it was first seen, and when last at each hour of the day. */
  private static final class Habit {
    final long since;
    final long[] last = new long[HOURS];

    Habit(long since) {
      this.since = since;
      Arrays.fill(last, Long.MIN_VALUE / 2);
    }

    boolean knows(long hour) {
      for (long near = hour - 1; near <= hour + 1; near++) {
        if (hour - last[Math.floorMod(near, HOURS)] <= MEMORY_DAYS * HOURS) {
          return true;
        }
      }
      return false;
    }
  }

  HourRule(AlertSettings settings) {
    this.learningHours = settings.learning().multipliedBy(LEARNING).toHours();
  }

  @Override
  public void observe(Observed entry, Consumer<Alert> found) {
    if (!entry.kind().equals("ToolExecution") || !entry.has("phase", "Authorized")) {
      return;
    }
    String who = entry.principal();
    long hour = Math.floorDiv(entry.time(), HOUR);
    Habit habit = habits.computeIfAbsent(entry.ofTenant(who), first -> new Habit(hour));
    if (hour - habit.since >= learningHours && !habit.knows(hour)) {
      found.accept(new Alert(AlertRule.UNUSUAL_HOUR, who, 1, 0, entry.index()));
    }
    habit.last[Math.floorMod(hour, HOURS)] = hour;
  }

  /** How many principals are remembered. */
  int size() {
    return habits.size();
  }

  void write(DataOutputStream out) throws IOException {
    habits.write(
        out,
        (who, habit) -> {
          out.writeUTF(who);
          out.writeLong(habit.since);
          for (long last : habit.last) {
            out.writeLong(last);
          }
        });
  }

  void read(DataInputStream in) throws IOException {
    habits.read(
        in,
        () -> {
          String who = in.readUTF();
          var habit = new Habit(in.readLong());
          for (int hour = 0; hour < HOURS; hour++) {
            habit.last[hour] = in.readLong();
          }
          return Map.entry(who, habit);
        });
  }
}
