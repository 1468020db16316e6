package dev.chitin.policy;

import java.io.ByteArrayOutputStream;
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
    var out = new ByteArrayOutputStream(512);
    out.writeBytes(DOMAIN);
    text(out, decision.outcome().name());
    text(out, decision.decisionId());
    out.writeBytes(decision.planDigest().borrow());
    text(out, decision.policyVersion());
    text(out, decision.audience());
    number(out, (int) (decision.expiresNanos() >>> 32));
    number(out, (int) decision.expiresNanos());
    text(out, decision.code() == null ? null : decision.code().code());
    text(out, decision.detail());
    number(out, decision.rules().size());
    decision.rules().forEach(rule -> text(out, rule));
    text(out, decision.hint());
    return fresh().doFinal(out.toByteArray());
  }

  /** Length (-1 for none) and bytes, so that no two field lists have one encoding. */
  private static void text(ByteArrayOutputStream out, @Nullable String text) {
    if (text == null) {
      number(out, -1);
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void number(ByteArrayOutputStream out, int value) {
    out.write(value >>> 24);
    out.write(value >>> 16);
    out.write(value >>> 8);
    out.write(value);
  }

  private Mac fresh() {
    try {
      return (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's HMAC can be cloned", e);
    }
  }
}
