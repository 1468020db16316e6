package dev.chitin.policy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import java.nio.charset.StandardCharsets;

/**
 * A plan together with its canonical bytes and their digest. Only {@link #seal} makes one, so the
 * three always agree; policy, sandbox, audit and vault all speak of the digest.
 */
public final class SealedPlan {
  private static final byte[] DOMAIN = "chitin.plan.v1\0".getBytes(StandardCharsets.UTF_8);

  private final ExecutionPlan plan;
  private final Bytes bytes;
  private final Digest digest;

  private SealedPlan(ExecutionPlan plan, Bytes bytes, Digest digest) {
    this.plan = plan;
    this.bytes = bytes;
    this.digest = digest;
  }

  /** Encodes {@code plan} as canonical JSON and takes SHA-256("chitin.plan.v1" ‖ 0x00 ‖ bytes). */
  public static SealedPlan seal(ExecutionPlan plan) {
    byte[] canonical = CanonicalJson.bytes(PlanJson.of(plan));
    return new SealedPlan(plan, Bytes.adopt(canonical), Digest.of(DOMAIN, canonical));
  }

  public ExecutionPlan plan() {
    return plan;
  }

  /** Canonical JSON (RFC 8785), UTF-8. */
  public Bytes bytes() {
    return bytes;
  }

  public Digest digest() {
    return digest;
  }
}
