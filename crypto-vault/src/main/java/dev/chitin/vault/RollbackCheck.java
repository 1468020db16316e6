package dev.chitin.vault;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares the vault on disk with what the audit log said of it last. Who puts an old vault back
 * without its log is found out here; who puts back both is not, which needs a checkpoint that is
 * kept elsewhere.
 */
final class RollbackCheck {
  private final VaultJournal journal;
  private final boolean accept;

  RollbackCheck(VaultJournal journal, boolean accept) {
    this.journal = journal;
    this.accept = accept;
  }

  /**
   * Looks before a vault is made whether there should be one.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.rollback_detected}
   */
  void absent() {
    Optional<Mark> last = journal.last();
    if (last.isPresent() && !isBeginning(last.get())) {
      judge(
          last.get().vault(),
          0,
          null,
          "The log knows a vault with " + last.get().epoch() + " commits, and there is none.",
          "vault.missing");
    }
  }

  private static boolean isBeginning(Mark mark) {
    return mark.epoch() == 0 || (mark.action() == Action.INTENT && mark.previous() == null);
  }

  /**
   * Looks whether the vault is in the state that the log knows, and settles a commit that was
   * announced last.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.rollback_detected}
   */
  void present(String vault, long epoch, Digest manifest) {
    Mark last = journal.last().orElse(null);
    if (last == null) {
      judge(vault, epoch, manifest, "The log does not know this vault.", "vault.unrecorded");
    } else if (!last.vault().equals(vault)) {
      judge(vault, epoch, manifest, "The log knows another vault.", "vault.replaced");
    } else if (last.action() == Action.INTENT) {
      settle(last, vault, epoch, manifest);
    } else if (last.epoch() != epoch || !Objects.equals(manifest, last.manifest())) {
      judge(
          vault,
          epoch,
          manifest,
          "The vault is at commit " + epoch + ", the log at " + last.epoch() + ".",
          "vault.epoch");
    }
  }

  private void settle(Mark intent, String vault, long epoch, Digest manifest) {
    boolean done = epoch == intent.epoch() && Objects.equals(manifest, intent.manifest());
    boolean undone = epoch == intent.epoch() - 1 && Objects.equals(manifest, intent.previous());
    if (!done && !undone) {
      judge(
          vault,
          epoch,
          manifest,
          "The vault is at commit " + epoch + ", the log announced " + intent.epoch() + ".",
          "vault.epoch");
      return;
    }
    journal.append(
        new Mark(
            Action.RECOVERED,
            vault,
            epoch,
            manifest,
            null,
            done ? "the announced commit is done" : "the announced commit was not done"));
  }

  private void judge(
      String vault, long epoch, @Nullable Digest manifest, String detail, String rule) {
    if (accept) {
      journal.append(new Mark(Action.ACCEPTED, vault, epoch, manifest, null, detail));
      return;
    }
    journal.append(new Mark(Action.ROLLBACK_DETECTED, vault, epoch, manifest, null, detail));
    throw Problem.of(ProblemCode.VAULT_ROLLBACK_DETECTED, detail)
        .withRule(rule)
        .withHint(
            "An older copy was put back, or the vault or the log was taken away. Restore the newest"
                + " one; only if this state is meant, start once with --accept-rollback.")
        .toException();
  }
}
