package dev.chitin.policy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Policy's answer to one plan, authentic by its MAC, for one node, one use and a short time.
 *
 * @param outcome what was decided
 * @param decisionId 128 random bits, lower-case hex
 * @param planDigest the plan that it covers
 * @param policyVersion digest of the rules that decided
 * @param audience the node that may run the plan
 * @param expiresNanos until when it counts, {@link System#nanoTime()} of this node
 * @param code why not, null when allowed
 * @param detail what was denied, null when allowed; fit for the caller
 * @param rules ids of the rules that determined the outcome, the deciding one first
 * @param hint the smallest change that would allow it, or null
 * @param mac HMAC-SHA256 under the node's decision key over all the above
 */
public record Decision(
    Outcome outcome,
    String decisionId,
    Digest planDigest,
    String policyVersion,
    String audience,
    long expiresNanos,
    @Nullable ProblemCode code,
    @Nullable String detail,
    List<String> rules,
    @Nullable String hint,
    Bytes mac) {

  /** What policy can answer. */
  public enum Outcome {
    ALLOW,
    DENY,
    /** A human has to approve first. */
    PENDING
  }

  public Decision {
    rules = List.copyOf(rules);
  }
}
