package dev.chitin.audit.alert;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A secret that is used, or a principal that calls, far more often than usual. Uses are counted in
 * spans of {@value #SPAN_MINUTES} minutes; mean and variance are exponentially weighted over a day
 * (West 1979, as exponentially weighted moving variance). A span is unusual when it holds more than
 * mean + n σ uses, σ being at least that of chance alone (√mean), and at least so many uses that it
 * is worth a word.
 */
final class VolumeRule implements Rule {
  private static final long SPAN_MINUTES = 5;
  private static final long LEAST_USES = 20;
  private static final long LEAST_CALLS = 600; // agents work in bursts
  private static final long SPAN = Duration.ofMinutes(SPAN_MINUTES).toMillis();
  private static final double WEIGHT = 1.0 / 288; // spans of a day
  private static final int MOST_SUBJECTS = 4_096;

  private final AlertRule rule;
  private final long least;
  private final Function<Observed, String> subject;
  private final long sigma;
  private final long learningMillis;
  private final BoundedMemory<String, Habit> habits = BoundedMemory.byUse(MOST_SUBJECTS);

  private static final class Habit {
    final long since;
    long span;
    long uses;
    double mean;
    double variance;

    Habit(long since, long span) {
      this.since = since;
      this.span = span;
    }

    /** Ends spans up to {@code now}; in those between there was no use. */
    void until(long now) {
      if (now < span) {
        span = now; // The clock was put back; this span goes on.
      }
      if (now > span) {
        learn(uses);
        uses = 0;
        for (long i = Math.max(span + 1, now - 10 * 288); i < now; i++) {
          learn(0);
        }
        span = now;
      }
    }

    private void learn(long count) {
      double difference = count - mean;
      double step = WEIGHT * difference;
      mean += step;
      variance = (1 - WEIGHT) * (variance + difference * step);
    }

    double bound(long sigma) {
      return mean + sigma * Math.sqrt(Math.max(variance, Math.max(mean, 1)));
    }
  }

  private VolumeRule(
      AlertRule rule, long least, AlertSettings settings, Function<Observed, String> subject) {
    this.rule = rule;
    this.least = least;
    this.subject = subject;
    this.sigma = settings.volumeSigma();
    this.learningMillis = settings.learning().toMillis();
  }

  /** Uses of secrets. */
  static VolumeRule secrets(AlertSettings settings) {
    return new VolumeRule(
        AlertRule.CREDENTIAL_VOLUME,
        LEAST_USES,
        settings,
        entry ->
            entry.kind().equals("CredentialAccess")
                    && entry.has("action", "use")
                    && entry.flag("success")
                ? entry.text("provider")
                : "");
  }

  /** Calls of principals. */
  static VolumeRule calls(AlertSettings settings) {
    return new VolumeRule(
        AlertRule.CALL_VOLUME,
        LEAST_CALLS,
        settings,
        entry ->
            entry.kind().equals("ToolExecution") && entry.has("phase", "Authorized")
                ? entry.principal()
                : "");
  }

  @Override
  public void observe(Observed entry, Consumer<Alert> found) {
    String who = subject.apply(entry);
    if (who.isEmpty()) {
      return;
    }
    long now = entry.time();
    long span = Math.floorDiv(now, SPAN);
    Habit habit = habits.computeIfAbsent(entry.ofTenant(who), first -> new Habit(now, span));
    habit.until(span);
    habit.uses++;
    if (now - habit.since >= learningMillis
        && habit.uses >= least
        && habit.uses > habit.bound(sigma)) {
      found.accept(new Alert(rule, who, habit.uses, SPAN_MINUTES * 60, entry.index()));
    }
  }

  /** How many subjects are remembered. */
  int size() {
    return habits.size();
  }

  void write(DataOutputStream out) throws IOException {
    habits.write(
        out,
        (who, habit) -> {
          out.writeUTF(who);
          out.writeLong(habit.since);
          out.writeLong(habit.span);
          out.writeLong(habit.uses);
          out.writeDouble(habit.mean);
          out.writeDouble(habit.variance);
        });
  }

  void read(DataInputStream in) throws IOException {
    habits.read(
        in,
        () -> {
          String who = in.readUTF();
          var habit = new Habit(in.readLong(), in.readLong());
          habit.uses = in.readLong();
          habit.mean = in.readDouble();
          habit.variance = in.readDouble();
          return Map.entry(who, habit);
        });
  }
}
