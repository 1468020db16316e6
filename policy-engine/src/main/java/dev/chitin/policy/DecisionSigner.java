package dev.chitin.policy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.function.LongSupplier;

/** Makes verdicts into authentic decisions for one node. Safe for use from any thread. */
public final class DecisionSigner {
  /**
   * How long a decision counts at most. It is spent as soon as it is made, and its mark is kept for
   * up to twice as long: short, so that the bounded marks carry many calls a second.
   */
  public static final Duration LIFETIME = Duration.ofSeconds(5);

  private static final int ID_BYTES = 16;
  private static final int POOL_IDS = 256;

  private final DecisionKey key;
  private final String node;
  private final LongSupplier nanoTime;
  private final SecureRandom random = new SecureRandom();
  private final byte[] pool = new byte[ID_BYTES * POOL_IDS];
  private int used = pool.length;

  /** Signs for {@code node}, by the monotonic clock of this process. */
  public DecisionSigner(DecisionKey key, String node) {
    this(key, node, System::nanoTime);
  }

  DecisionSigner(DecisionKey key, String node, LongSupplier nanoTime) {
    this.key = key;
    this.node = node;
    this.nanoTime = nanoTime;
  }

  /** The node that decisions are made out to. */
  public String node() {
    return node;
  }

  /**
   * Signs {@code verdict} over the plan with that digest, until {@code deadline} or {@link
   * #LIFETIME}.
   */
  public Decision sign(
      Verdict verdict, Digest planDigest, String policyVersion, Deadline deadline) {
    long latest = nanoTime.getAsLong() + LIFETIME.toNanos();
    Denial first = verdict.denials().isEmpty() ? null : verdict.denials().getFirst();
    var unsigned =
        new Decision(
            verdict.outcome(),
            nextId(),
            planDigest,
            policyVersion,
            node,
            deadline.min(new Deadline(latest)).nanoTime(),
            first == null ? null : first.code(),
            first == null ? null : first.detail(),
            verdict.rules(),
            first == null ? null : first.hint(),
            Bytes.EMPTY);
    return withMac(unsigned, Bytes.adopt(key.mac(unsigned)));
  }

  private static Decision withMac(Decision decision, Bytes mac) {
    return new Decision(
        decision.outcome(),
        decision.decisionId(),
        decision.planDigest(),
        decision.policyVersion(),
        decision.audience(),
        decision.expiresNanos(),
        decision.code(),
        decision.detail(),
        decision.rules(),
        decision.hint(),
        mac);
  }

  /** 128 random bits; drawn from the system by the pool, since each draw costs more than a MAC. */
  private synchronized String nextId() {
    if (used == pool.length) {
      random.nextBytes(pool);
      used = 0;
    }
    String id = HexFormat.of().formatHex(pool, used, used + ID_BYTES);
    used += ID_BYTES;
    return id;
  }
}
