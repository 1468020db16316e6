package dev.chitin.audit;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes and checks the receipts of one boot: HMAC-SHA256 (RFC 2104) under a random key that never
 * leaves this object, over a domain label and every member of the receipt, lengths before strings.
 */
final class BootReceipts implements ReceiptVerifier {
  private static final byte[] DOMAIN = "chitin.receipt.v1\0".getBytes(StandardCharsets.US_ASCII);

  private final String origin;
  private final String bootId;

  /** Keyed and never fed; each use works on a copy, which is cheaper than keying anew. */
  private final Mac keyed;

  BootReceipts(String origin, String bootId) {
    this.origin = origin;
    this.bootId = bootId;
    this.keyed = keyed();
  }

  private static Mac keyed() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    try {
      Mac hmac = Mac.getInstance("HmacSHA256");
      hmac.init(new SecretKeySpec(random, "HmacSHA256"));
      return hmac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
    } finally {
      Arrays.fill(random, (byte) 0);
    }
  }

  Receipt issue(LogPosition position, Digest planDigest, String decisionId, long expiresNanos) {
    byte[] mac = mac(origin, position, planDigest, decisionId, bootId, expiresNanos);
    return new Receipt(
        origin, position, planDigest, decisionId, bootId, expiresNanos, Bytes.adopt(mac));
  }

  @Override
  public void verify(Receipt receipt, Digest planDigest, String decisionId) {
    byte[] expected =
        mac(
            receipt.origin(),
            receipt.position(),
            receipt.planDigest(),
            receipt.decisionId(),
            receipt.bootId(),
            receipt.expiresNanos());
    if (!MessageDigest.isEqual(expected, receipt.mac().borrow())
        || !receipt.origin().equals(origin)
        || !receipt.bootId().equals(bootId)) {
      throw refused("The audit receipt was not made by this log in this boot.");
    }
    if (!receipt.planDigest().equals(planDigest)) {
      throw refused("The audit receipt is for another plan.");
    }
    if (!receipt.decisionId().equals(decisionId)) {
      throw refused("The audit receipt is for another decision.");
    }
    if (receipt.expiresNanos() - System.nanoTime() <= 0) {
      throw refused("The audit receipt has expired.");
    }
  }

  private static ChitinException refused(String detail) {
    return Problem.of(ProblemCode.AUDIT_RECEIPT_INVALID, detail)
        .withHint("Authorize the plan anew; a receipt opens its own plan, in time, once.")
        .toException();
  }

  private byte[] mac(
      String origin,
      LogPosition position,
      Digest planDigest,
      String decisionId,
      String bootId,
      long expiresNanos) {
    Mac hmac = hmac();
    hmac.update(DOMAIN);
    update(hmac, origin);
    update(hmac, position.index());
    hmac.update(position.leafHash().borrow());
    hmac.update(planDigest.borrow());
    update(hmac, decisionId);
    update(hmac, bootId);
    update(hmac, expiresNanos);
    return hmac.doFinal();
  }

  private static void update(Mac hmac, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    update(hmac, bytes.length);
    hmac.update(bytes);
  }

  private static void update(Mac hmac, long number) {
    hmac.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
  }

  private Mac hmac() {
    try {
      return (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("HMAC-SHA-256 of the Java platform can be copied", e);
    }
  }
}
