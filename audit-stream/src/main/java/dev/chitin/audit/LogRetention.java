package dev.chitin.audit;

import dev.chitin.audit.log.LogDamage;
import dev.chitin.audit.log.Minimum;
import dev.chitin.audit.log.Pruning;
import dev.chitin.audit.log.Storage;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What of an open log may go, and makes it go: its oldest segments, never the last, nor what a call
 * or a rotation of the key still needs. Blocks; safe for use by several threads.
 */
public final class LogRetention {
  /** Most segments that go at once by themselves. */
  static final int STEP_SEGMENTS = 4;

  private final DurableAuditLog log;
  private final Pruning pruning;

  /** Remembers its place in the oldest segment, which is asked for its age again and again. */
  private final LogReader ages;

  LogRetention(DurableAuditLog log, Path directory, Storage storage) {
    this.log = log;
    this.pruning = new Pruning(storage, directory);
    this.ages = new LogReader(directory);
  }

  /**
   * Prunes the log: removes whole segments below {@code before}, after the log itself says so. All
   * hashes stay, so that roots and proofs hold. Blocks.
   *
   * @param archive where the entries are copied to and verified first, or null
   * @return the log's first entry now, 0 when nothing was ever pruned
   * @throws ChitinException {@code audit.unavailable} when a file cannot be written or the record
   *     cannot be made, {@code audit.proof_pending} when no checkpoint covers the record in time;
   *     nothing is removed then
   */
  public synchronized long prune(long before, @Nullable Path archive, Deadline deadline) {
    try {
      pruning.complete(); // what an earlier removal could not delete
      Optional<Minimum> plan =
          pruning.plan(Math.min(before, log.keyRotations().keptFrom()), log.published().size());
      if (plan.isPresent()) {
        pruning.prune(plan.get(), archive, minimum -> recordPruned(minimum, deadline));
      }
      return pruning.minimum().index();
    } catch (LogDamage e) {
      throw e.fault().toException();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The audit log cannot be pruned.")
          .withRule("audit.retention")
          .withHint("Check the owner of the archive and the room in it; then prune again.")
          .toException(e);
    }
  }

  /**
   * Up to where {@code policy} has the log pruned in its next step, {@value #STEP_SEGMENTS}
   * segments at most: what {@link #prune} is to be given. Blocks.
   *
   * @param now the time that ages are counted to
   * @return empty when nothing is due
   * @throws ChitinException {@code audit.unavailable} when the log cannot be read
   */
  public synchronized OptionalLong due(RetentionPolicy policy, Instant now) {
    try {
      long size = Math.min(log.published().size(), log.keyRotations().keptFrom());
      OptionalLong due = OptionalLong.empty();
      List<Minimum> steps = pruning.steps();
      for (Minimum step : steps.subList(0, Math.min(steps.size(), STEP_SEGMENTS))) {
        if (step.index() > size || !policy.releases(ages, step.index(), size, now)) {
          break;
        }
        due = OptionalLong.of(step.index());
      }
      // What cannot go yet is not due: nobody has to make marks for it.
      return due.isPresent() && pruning.plan(due.getAsLong(), size).isPresent()
          ? due
          : OptionalLong.empty();
    } catch (LogDamage e) {
      throw e.fault().toException();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The audit log cannot be read.")
          .withRule("audit.retention")
          .withHint("Check the audit directory's owner and the disk; nothing was removed.")
          .toException(e);
    }
  }

  /** Has the log say so, and third parties see that it does: a signed checkpoint covers it. */
  private void recordPruned(Minimum minimum, Deadline deadline) {
    try {
      LogPosition recorded =
          log.record(
              new AuditEvent.LogEvent("pruned", "minimum index " + minimum.index()), deadline);
      log.publication().covering(recorded.index(), deadline);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The audit log is being closed.")
          .withRule("audit.retention")
          .toException(e);
    }
  }
}
