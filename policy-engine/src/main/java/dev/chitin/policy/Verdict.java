package dev.chitin.policy;

import java.util.List;

/**
 * What the rules say to a plan, before it is signed.
 *
 * @param outcome allow, deny or pending
 * @param denials every reason against it, the deciding one first; empty when allowed
 * @param rules ids of the rules that determined the outcome, the deciding one first
 */
public record Verdict(Decision.Outcome outcome, List<Denial> denials, List<String> rules) {
  public Verdict {
    denials = List.copyOf(denials);
    rules = List.copyOf(rules);
  }

  /** Allowed by {@code rules}. */
  public static Verdict allow(List<String> rules) {
    return new Verdict(Decision.Outcome.ALLOW, List.of(), rules);
  }

  /** Denied for {@code denials}, of which there is at least one. */
  public static Verdict deny(List<Denial> denials) {
    return new Verdict(
        Decision.Outcome.DENY, denials, denials.stream().map(Denial::rule).distinct().toList());
  }
}
