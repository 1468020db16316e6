package dev.chitin.audit.alert;

import dev.chitin.audit.AlertRaised;
import dev.chitin.audit.LogEntry;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/**
 * All rules over one log. Entries are given once each, in the order of the log; their time is the
 * clock. Alerts themselves, and the reading of the log, are never looked at, so that no alert leads
 * to another. What is remembered is bounded whatever the entries hold. For one thread at a time;
 * the counts may be read by any.
 */
public final class AlertEngine {
  private final AlertSettings settings;
  private final HabitRules habits;
  private final VolumeRule volume;
  private final VolumeRule calls;
  private final HourRule hours;
  private final List<Rule> rules;
  private final HealthRules health;
  private final GapRule gaps = new GapRule();
  private final Quiet quiet = new Quiet();
  private final Map<AlertRule, LongAdder> raised = new ConcurrentHashMap<>();
  private final LongAdder suppressed = new LongAdder();

  public AlertEngine(AlertSettings settings) {
    this.settings = settings;
    habits = new HabitRules(settings);
    volume = VolumeRule.secrets(settings);
    calls = VolumeRule.calls(settings);
    hours = new HourRule(settings);
    health = new HealthRules(settings);
    rules =
        List.of(
            CountRules.authFailures(settings),
            CountRules.rateLimits(settings),
            CountRules.denials(settings),
            CountRules.secretsFound(),
            CountRules.forgedDecisions(),
            CountRules.keyRotations(),
            CountRules.mismatches(),
            CountRules.changes(settings),
            new ProbeRule(settings),
            habits,
            volume,
            calls,
            hours);
  }

  /** What is to be raised because of {@code entry}. */
  public List<AlertRaised> observe(LogEntry entry) {
    return observe(Observed.of(entry));
  }

  List<AlertRaised> observe(Observed entry) {
    var found = new ArrayList<AlertRaised>(0);
    each(entry, (alert, millis) -> say(alert, millis, found));
    return found;
  }

  /** Takes {@code entry} into account and raises nothing: it lies in the past. */
  public void learn(LogEntry entry) {
    each(Observed.of(entry), quiet::judge);
  }

  private void each(Observed entry, ObjLongConsumer<Alert> found) {
    Consumer<Alert> passed = alert -> pass(alert, entry.time(), found);
    gaps.observe(entry, passed);
    if (counts(entry)) {
      rules.forEach(rule -> rule.observe(entry, passed));
    }
  }

  private void pass(Alert alert, long millis, ObjLongConsumer<Alert> found) {
    if (!settings.off().contains(alert.rule())) {
      found.accept(alert, millis);
    }
  }

  private static boolean counts(Observed entry) {
    return !entry.isAlert()
        && !entry.kind().equals("AuditAccess")
        && (!entry.has("phase", "Completed") || ProbeRule.isKilledByFilter(entry));
  }

  /**
   * What is to be raised because of how the log stands.
   *
   * @param millis the time now, milliseconds since 1970
   */
  public List<AlertRaised> look(LogHealth log, long millis) {
    var found = new ArrayList<AlertRaised>(0);
    health.look(log, millis, alert -> pass(alert, millis, (passed, at) -> say(passed, at, found)));
    return found;
  }

  private void say(Alert alert, long millis, List<AlertRaised> found) {
    switch (quiet.judge(alert, millis)) {
      case SAY -> {
        count(alert.rule()).increment();
        found.add(alert.event());
      }
      case TOO_MANY -> suppressed.increment();
      case SAID -> {
        // Once in a window is enough.
      }
    }
  }

  private LongAdder count(AlertRule rule) {
    return raised.computeIfAbsent(rule, first -> new LongAdder());
  }

  /** How often {@code rule} was raised since the start. */
  public long raised(AlertRule rule) {
    return count(rule).sum();
  }

  /** How many alerts were not raised because their rule had said enough. */
  public long suppressed() {
    return suppressed.sum();
  }

  /** How many subjects, habits and calls are remembered by what may grow. */
  int size() {
    return habits.size() + volume.size() + calls.size() + hours.size() + quiet.size();
  }

  void write(DataOutputStream out) throws IOException {
    habits.write(out);
    volume.write(out);
    calls.write(out);
    hours.write(out);
  }

  void read(DataInputStream in) throws IOException {
    habits.read(in);
    volume.read(in);
    calls.read(in);
    hours.read(in);
  }
}
