package dev.chitin.vault;

import dev.chitin.bus.Digest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the vault needs of the audit log: to announce each commit before it takes effect, and to be
 * told at the next opening what was announced last. Implemented above, where log and vault are
 * wired. Blocks.
 */
public interface VaultJournal {

  /** What a mark says. */
  enum Action {
    /** A commit is about to take effect. */
    INTENT("vault.intent"),
    COMMITTED("vault.committed"),
    /** An opening found the commit that was last announced, either done or not done. */
    RECOVERED("vault.recovered"),
    /** The operator took the state on disk for the true one, against the log. */
    ACCEPTED("vault.accepted"),
    /** The vault was closed in this state; nearer to the end of the log than its last commit. */
    CLOSED("vault.closed"),
    ROLLBACK_DETECTED("vault.rollback_detected"),
    UNLOCK_FAILED("vault.unlock_failed");

    private final String text;

    Action(String text) {
      this.text = text;
    }

    /** As it stands in the log. */
    public String text() {
      return text;
    }

    /** Whether such a mark tells which state the vault is in. */
    public boolean tellsState() {
      return this != ROLLBACK_DETECTED && this != UNLOCK_FAILED;
    }
  }

  /**
   * One entry.
   *
   * @param vault the vault's id, hex
   * @param epoch which commit; 0 before the first
   * @param manifest digest of the manifest's file, or null where there is no vault
   * @param previous for an intent the digest before it, or null
   * @param detail one short sentence, or null
   */
  record Mark(
      Action action,
      String vault,
      long epoch,
      @Nullable Digest manifest,
      @Nullable Digest previous,
      @Nullable String detail) {

    /** A mark without a sentence. */
    static Mark of(
        Action action,
        String vault,
        long epoch,
        @Nullable Digest manifest,
        @Nullable Digest previous) {
      return new Mark(action, vault, epoch, manifest, previous, null);
    }
  }

  /** The last mark in the log that tells a state. */
  Optional<Mark> last();

  /**
   * Makes {@code mark} durable.
   *
   * @throws dev.chitin.bus.ChitinException when the log cannot take it
   */
  void append(Mark mark);
}
