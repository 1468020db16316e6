package dev.chitin.audit;

import dev.chitin.bus.BootMac;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.security.MessageDigest;

/**
 * Makes and checks the receipts of one boot: a MAC over every member of the receipt, under a key
 * that nobody else has.
 */
final class BootReceipts implements ReceiptVerifier {
  private final String origin;
  private final String bootId;
  private final BootMac macs = new BootMac("chitin.receipt.v1");

  BootReceipts(String origin, String bootId) {
    this.origin = origin;
    this.bootId = bootId;
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
    return macs.over(
        fields ->
            fields
                .text(origin)
                .number(position.index())
                .fixed(position.leafHash().borrow())
                .fixed(planDigest.borrow())
                .text(decisionId)
                .text(bootId)
                .number(expiresNanos));
  }
}
