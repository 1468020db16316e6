package dev.chitin.audit.alert;

import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Attempts to get out of the sandbox: what no tool does that does its work. One of them may be a
 * mistake. Signs of two kinds by one principal within ten minutes are a probe, and so are {@link
 * AlertSettings#probeSigns} of one kind.
 */
final class ProbeRule implements Rule {
  private static final Duration WINDOW = Duration.ofMinutes(10);

  /** SIGSYS, by which the sandbox's filter of system calls kills. */
  private static final String KILLED_BY_FILTER = "signal 31";

  /** Chitin's own files and what is protected whatever policy says. */
  private static final List<String> CLOSED_PATHS = List.of("builtin.", "chitin.home");

  /** The gateway's own port, this machine's addresses, and those where clouds give credentials. */
  private static final List<String> CLOSED_ADDRESSES =
      List.of("egress.address[gateway]", "egress.address[own]", "egress.address[metadata]");

  private final long least;
  private final Map<Sign, SlidingCounts> counts = new EnumMap<>(Sign.class);

  /** What was tried. */
  private enum Sign {
    PATH,
    ADDRESS,
    SYSTEM_CALL
  }

  ProbeRule(AlertSettings settings) {
    least = settings.probeSigns();
    for (Sign sign : Sign.values()) {
      counts.put(sign, new SlidingCounts(WINDOW.toMillis(), CountRules.MOST_SUBJECTS));
    }
  }

  /** Whether an end of a call is worth a look; most are not, and they are every second entry. */
  static boolean isKilledByFilter(Observed entry) {
    return entry.has("status", KILLED_BY_FILTER);
  }

  private static Optional<Sign> sign(Observed entry) {
    return switch (entry.kind()) {
      case "ToolExecution" -> ofCall(entry);
      case "EgressEvent" ->
          // Its name was allowed, and led to an address that is closed.
          entry.has("action", "denied") ? Optional.of(Sign.ADDRESS) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Optional<Sign> ofCall(Observed entry) {
    if (entry.has("phase", "Completed") && isKilledByFilter(entry)) {
      return Optional.of(Sign.SYSTEM_CALL);
    }
    if (!entry.has("phase", "Denied")) {
      return Optional.empty();
    }
    String rule = entry.text("rule");
    if (entry.has("code", ProblemCode.POLICY_PATH_DENIED.code())
        && CLOSED_PATHS.stream().anyMatch(rule::startsWith)) {
      return Optional.of(Sign.PATH);
    }
    return entry.has("code", ProblemCode.POLICY_HOST_DENIED.code())
            && CLOSED_ADDRESSES.contains(rule)
        ? Optional.of(Sign.ADDRESS)
        : Optional.empty();
  }

  @Override
  public void observe(Observed entry, Consumer<Alert> found) {
    Optional<Sign> sign = sign(entry);
    if (sign.isEmpty() || entry.principal().isEmpty()) {
      return;
    }
    String who = entry.principal();
    long sum = 0;
    int kinds = 0;
    boolean many = false;
    for (Map.Entry<Sign, SlidingCounts> count : counts.entrySet()) {
      boolean now = count.getKey() == sign.get();
      long seen = count.getValue().add(who, now ? 1 : 0, entry.time());
      sum += seen;
      kinds += seen > 0 ? 1 : 0;
      many |= seen >= least;
    }
    if (kinds > 1 || many) {
      found.accept(new Alert(AlertRule.SANDBOX_PROBE, who, sum, WINDOW.toSeconds(), entry.index()));
    }
  }
}
