package dev.chitin.policy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The key that makes decisions authentic on one node for the life of its process: 32 random bytes
 * that only policy and sandbox hold. After a restart every earlier decision is void.
 *
 * <p>Safe for use from any thread.
 */
public final class DecisionKey {
  private static final byte[] DOMAIN = "chitin.decision.v1\0".getBytes(StandardCharsets.UTF_8);

  /** Keyed and never fed; each use works on a clone, which is cheaper than keying anew. */
  private final Mac keyed;

  private DecisionKey(Mac keyed) {
    this.keyed = keyed;
  }

  /** A fresh key. */
  public static DecisionKey generate() {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return new DecisionKey(mac);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA256", e);
    } finally {
      java.util.Arrays.fill(key, (byte) 0);
    }
  }

  /** HMAC-SHA256 over the domain tag and every field of {@code decision} but its MAC. */
  byte[] mac(Decision decision) {
    Mac mac = fresh();
    mac.update(DOMAIN);
    text(mac, decision.outcome().name());
    text(mac, decision.decisionId());
    mac.update(decision.planDigest().borrow());
    text(mac, decision.policyVersion());
    text(mac, decision.audience());
    mac.update(ByteBuffer.allocate(Long.BYTES).putLong(0, decision.expiresNanos()));
    text(mac, decision.code() == null ? null : decision.code().code());
    text(mac, decision.detail());
    mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, decision.rules().size()));
    decision.rules().forEach(rule -> text(mac, rule));
    text(mac, decision.hint());
    return mac.doFinal();
  }

  /** Length (-1 for none) and bytes, so that no two field lists have one encoding. */
  private static void text(Mac mac, @Nullable String text) {
    byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, text == null ? -1 : bytes.length));
    mac.update(bytes);
  }

  private Mac fresh() {
    try {
      return (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's HMAC can be cloned", e);
    }
  }
}
