package dev.chitin.gateway;

import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Why the gateway is not ready, if so, and what is weaker here than it should be. Thread safe. */
public final class Readiness {
  private final Supplier<List<String>> faults;
  private final List<Supplier<List<Finding>>> standing = new CopyOnWriteArrayList<>();
  private final Set<Runnable> streams = ConcurrentHashMap.newKeySet();
  private volatile Report report = new Report(List.of());
  private volatile boolean proven;
  private volatile boolean draining;

  /**
   * @param faults codes of the parts that do not work now, asked anew each time
   */
  public Readiness(Supplier<List<String>> faults) {
    this.faults = faults;
  }

  /** What the newest self-proof found; one that is not sound is in the way until another is. */
  public void proven(Report report) {
    this.report = report;
    this.proven = report.sound();
  }

  /**
   * Has what {@code part} finds shown from now on, asked anew each time, beside what was proven; an
   * inert control of it is in the way. Does not block.
   */
  void watch(Supplier<List<Finding>> part) {
    standing.add(part);
  }

  /** How what is watched stands now. */
  List<Finding> standing() {
    return standing.stream().flatMap(part -> part.get().stream()).toList();
  }

  /** Whether the newest self-proof was sound. */
  boolean isProven() {
    return proven;
  }

  /** No more work is taken. */
  public void draining() {
    draining = true;
    streams.forEach(Runnable::run);
  }

  public boolean isDraining() {
    return draining;
  }

  /**
   * Has {@code end} run when the gateway drains, for a stream that ends with no call; what is
   * returned takes that back. As many as there are such streams.
   */
  public Runnable onDrain(Runnable end) {
    streams.add(end);
    if (draining) {
      end.run();
    }
    return () -> streams.remove(end);
  }

  /** Codes of what is in the way; empty when ready. */
  public List<String> reasons() {
    if (draining) {
      return List.of("gateway.draining");
    }
    List<String> reasons = unproven();
    new Report(standing()).controls(Doctor.Verdict.INERT).stream().sorted().forEach(reasons::add);
    return reasons;
  }

  private List<String> unproven() {
    List<String> reasons = new ArrayList<>();
    if (!proven) {
      reasons.add("gateway.not_proven");
    }
    reasons.addAll(faults.get());
    return reasons;
  }

  /** The controls that fail now, and those that did not hold wholly when they were proven. */
  public List<Finding> controls() {
    List<Finding> all = new ArrayList<>();
    for (String reason : draining ? reasons() : unproven()) {
      all.add(new Finding(reason, Doctor.Verdict.INERT, "fails now"));
    }
    Stream.concat(standing().stream(), report.findings().stream())
        .filter(
            finding ->
                finding.verdict() == Doctor.Verdict.INERT
                    || finding.verdict() == Doctor.Verdict.DEGRADED)
        .forEach(all::add);
    return all;
  }

  public List<String> degraded() {
    return report.with(standing()).texts(Doctor.Verdict.DEGRADED);
  }
}
