package dev.chitin.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** Forges receipts. */
class ReceiptTest {
  private static final Digest PLAN = Digest.ofUtf8("plan");
  private static final Digest OTHER = Digest.ofUtf8("other");
  private final BootReceipts receipts = new BootReceipts("log/a", "boot-1");

  private static long soon() {
    return Deadline.after(Duration.ofMinutes(1)).nanoTime();
  }

  private Receipt genuine() {
    return receipts.issue(new LogPosition(7, Digest.ofUtf8("leaf")), PLAN, "decision", soon());
  }

  private static void assertRefused(
      ReceiptVerifier verifier, Receipt receipt, Digest plan, String decision) {
    assertThatThrownBy(() -> verifier.verify(receipt, plan, decision))
        .asInstanceOf(InstanceOfAssertFactories.type(ChitinException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ProblemCode.AUDIT_RECEIPT_INVALID));
  }

  @Test
  void aGenuineReceiptOpensItsPlan() {
    assertThatCode(() -> receipts.verify(genuine(), PLAN, "decision")).doesNotThrowAnyException();
  }

  @Test
  void anyChangedMemberIsRefused() {
    Receipt r = genuine();
    LogPosition at = r.position();
    var index = new LogPosition(8, at.leafHash());
    var leaf = new LogPosition(7, OTHER);
    long later = r.expiresNanos() + 1;
    byte[] flipped = r.mac().toArray();
    flipped[31] ^= 1;
    List<Receipt> forged = new ArrayList<>();
    forged.add(new Receipt("log/b", at, PLAN, "decision", "boot-1", r.expiresNanos(), r.mac()));
    forged.add(new Receipt("log/a", index, PLAN, "decision", "boot-1", r.expiresNanos(), r.mac()));
    forged.add(new Receipt("log/a", leaf, PLAN, "decision", "boot-1", r.expiresNanos(), r.mac()));
    forged.add(new Receipt("log/a", at, OTHER, "decision", "boot-1", r.expiresNanos(), r.mac()));
    forged.add(new Receipt("log/a", at, PLAN, "decisioN", "boot-1", r.expiresNanos(), r.mac()));
    forged.add(new Receipt("log/a", at, PLAN, "decision", "boot-2", r.expiresNanos(), r.mac()));
    forged.add(new Receipt("log/a", at, PLAN, "decision", "boot-1", later, r.mac()));
    forged.add(new Receipt("log/a", at, PLAN, "decision", "boot-1", r.expiresNanos(), Bytes.EMPTY));
    forged.add(
        new Receipt(
            "log/a", at, PLAN, "decision", "boot-1", r.expiresNanos(), Bytes.adopt(flipped)));
    for (Receipt f : forged) {
      // The verifier is asked for what the forgery claims, so that only its MAC can give it away.
      assertRefused(receipts, f, f.planDigest(), f.decisionId());
    }
  }

  @Test
  void aGenuineReceiptOpensNoOtherPlanOrDecision() {
    assertRefused(receipts, genuine(), OTHER, "decision");
    assertRefused(receipts, genuine(), PLAN, "another");
  }

  @Test
  void anExpiredReceiptIsRefused() {
    Receipt expired =
        receipts.issue(
            new LogPosition(7, Digest.ofUtf8("leaf")), PLAN, "decision", System.nanoTime());
    assertRefused(receipts, expired, PLAN, "decision");
  }

  @Test
  void aReceiptOfAnotherLogOrBootIsRefused() {
    assertRefused(new BootReceipts("log/a", "boot-1"), genuine(), PLAN, "decision");
  }
}
