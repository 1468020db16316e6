package dev.chitin.audit;

import dev.chitin.bus.Digest;

/** Tells whether a receipt was made by this node's log in this boot, for this plan. */
@FunctionalInterface
public interface ReceiptVerifier {

  /**
   * Returns when {@code receipt} is authentic, unexpired and over {@code planDigest} and {@code
   * decisionId}.
   *
   * @throws dev.chitin.bus.ChitinException with {@code audit.receipt_invalid} otherwise
   */
  void verify(Receipt receipt, Digest planDigest, String decisionId);
}
