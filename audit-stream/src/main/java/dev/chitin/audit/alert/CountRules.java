package dev.chitin.audit.alert;

import dev.chitin.audit.KeyRotation;
import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.util.function.Consumer;

/** Rules that count: too much of one thing by one subject within a time. */
final class CountRules {
  /** Most subjects that one rule remembers. */
  static final int MOST_SUBJECTS = 8_192;

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);
  private static final String ALL = "all";

  /** How the places begin where a secret would have gone to a model provider. */
  private static final String TO_MODELS = "llm.";

  private CountRules() {}

  /** What counts of an entry, and for whom. */
  private record Threshold(AlertRule rule, Duration window, long least, SlidingCounts counts) {
    Threshold(AlertRule rule, Duration window, long least) {
      this(rule, window, least, new SlidingCounts(window.toMillis(), MOST_SUBJECTS));
    }

    /** Whether {@code subject} has reached the threshold with {@code count} more. */
    boolean add(Observed entry, String subject, long count, Consumer<Alert> found) {
      if (subject.isEmpty()) {
        return false;
      }
      long sum = counts.add(subject, count, entry.time());
      if (sum >= least) {
        found.accept(new Alert(rule, subject, sum, window.toSeconds(), entry.index()));
      }
      return sum >= least;
    }
  }

  /**
   * Wrong credentials by address, by key and in all. A key is spoken of only when no one address
   * explains it.
   */
  static Rule authFailures(AlertSettings settings) {
    var peers = new Threshold(AlertRule.AUTH_PEER, MINUTE, settings.authPerSubject());
    var keys = new Threshold(AlertRule.AUTH_KEY, MINUTE, settings.authPerSubject());
    var all = new Threshold(AlertRule.AUTH_TOTAL, MINUTE, settings.authTotal());
    return (entry, found) -> {
      if (entry.kind().equals("AuthFailure")) {
        long count = Math.max(1, entry.number("count"));
        boolean byPeer = peers.add(entry, entry.text("peer"), count, found);
        keys.add(entry, entry.text("key_id"), count, byPeer ? alert -> {} : found);
        all.add(entry, ALL, count, found);
      }
    };
  }

  /** Refused requests; an entry stands for all of one second. */
  static Rule rateLimits(AlertSettings settings) {
    var hits = new Threshold(AlertRule.RATE_LIMIT, FIVE_MINUTES, settings.rateLimitHits());
    return (entry, found) -> {
      if (entry.kind().equals("RateLimitExceeded")) {
        hits.add(entry, entry.text("key"), Math.max(1, entry.number("count")), found);
      }
    };
  }

  /** Denied calls of one principal. */
  static Rule denials(AlertSettings settings) {
    var denied = new Threshold(AlertRule.DENIALS, MINUTE, settings.denials());
    return (entry, found) -> {
      if (entry.kind().equals("ToolExecution") && entry.has("phase", "Denied")) {
        denied.add(entry, entry.principal(), 1, found);
      }
    };
  }

  /**
   * A decision that is not one: made by somebody else, out to another node, over another plan, or
   * spent before. One that expired says only that the machine is slow.
   */
  static Rule forgedDecisions() {
    var forged = new Threshold(AlertRule.DECISION_FORGED, FIVE_MINUTES, 1);
    return (entry, found) -> {
      if (entry.kind().equals("ToolExecution")
          && entry.has("phase", "Denied")
          && entry.has("code", ProblemCode.POLICY_DECISION_INVALID.code())
          && !entry.has("rule", "decision.expired")) {
        forged.add(entry, ALL, 1, found);
      }
    };
  }

  /** The log goes on with another key: whoever verifies it has to be given that one. */
  static Rule keyRotations() {
    var rotated = new Threshold(AlertRule.LOG_KEY_ROTATED, FIVE_MINUTES, 1);
    return (entry, found) -> {
      if (entry.kind().equals("LogEvent") && entry.has("action", KeyRotation.ACTION)) {
        rotated.add(entry, ALL, 1, found);
      }
    };
  }

  /** A request that is not the one that a secret was leased for, or is not of its plan. */
  static Rule mismatches() {
    var mismatched = new Threshold(AlertRule.CREDENTIAL_MISMATCH, FIVE_MINUTES, 1);
    return (entry, found) -> {
      if (entry.kind().equals("EgressEvent") && entry.has("action", "mismatched")) {
        mismatched.add(entry, entry.principal(), 1, found);
      }
    };
  }

  /** Changes at hours that the operator did not name for them. */
  static Rule changes(AlertSettings settings) {
    var changed = new Threshold(AlertRule.CHANGE_HOURS, FIVE_MINUTES, 1);
    return (entry, found) -> {
      boolean change = entry.kind().equals("PolicyChange") || entry.kind().equals("ConfigChange");
      if (change && !settings.changeHours().hold(entry.time())) {
        changed.add(entry, entry.text("actor"), 1, found);
      }
    };
  }

  /**
   * A secret that was found where none may be: always worth it, by place. In what clients and tools
   * say to a model it is their doing; anywhere else it is the gateway's own.
   */
  static Rule secretsFound() {
    var leaks = new Threshold(AlertRule.SECRET_FOUND, FIVE_MINUTES, 1);
    var prompts = new Threshold(AlertRule.SECRET_IN_PROMPT, FIVE_MINUTES, 1);
    return (entry, found) -> {
      if (entry.kind().equals("CredentialAccess") && entry.has("action", "leak")) {
        String place = entry.text("provider");
        (place.startsWith(TO_MODELS) ? prompts : leaks).add(entry, place, 1, found);
      }
    };
  }
}
