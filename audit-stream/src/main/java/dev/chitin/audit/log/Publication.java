package dev.chitin.audit.log;

import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which checkpoint the log shows: the newest, with its cosignature once there is one, or, where a
 * witness is required, the newest that was cosigned. Calls never wait for any of this; proofs do.
 */
public final class Publication {
  private final Storage storage;
  private final LogDirectory directory;
  private final Checkpoints checkpoints;
  private final LeafInbox inbox;
  private final boolean witnessRequired;
  private volatile @Nullable Published cosigned;

  Publication(
      Storage storage,
      LogDirectory directory,
      Checkpoints checkpoints,
      LeafInbox inbox,
      boolean witnessRequired)
      throws IOException {
    this.storage = storage;
    this.directory = directory;
    this.checkpoints = checkpoints;
    this.inbox = inbox;
    this.witnessRequired = witnessRequired;
    this.cosigned = storedCosigned(directory);
  }

  private static @Nullable Published storedCosigned(LogDirectory directory) throws IOException {
    Optional<byte[]> file = DurableFile.read(directory.cosigned(), SignedNote.MAX_BYTES);
    try {
      return file.isEmpty() ? null : Published.parse(file.get());
    } catch (NoteSyntaxException e) {
      return null; // The witness will be asked again; nothing else depends on it.
    }
  }

  /** The newest checkpoint, cosigned or not. */
  public Optional<Published> latest() {
    return checkpoints.latest();
  }

  /** The newest checkpoint that a witness cosigned. */
  public Optional<Published> cosigned() {
    return Optional.ofNullable(cosigned);
  }

  /** The checkpoint to show, unless there is none yet. */
  public Optional<Published> shown() {
    Published witnessed = cosigned;
    if (witnessRequired) {
      return Optional.ofNullable(witnessed);
    }
    Optional<Published> newest = checkpoints.latest();
    return witnessed != null && newest.filter(n -> n.tree().equals(witnessed.tree())).isPresent()
        ? Optional.of(witnessed)
        : newest;
  }

  /** Keeps a checkpoint of this log that now bears a cosignature; blocks until it is stored. */
  public void cosigned(Published witnessed) throws IOException {
    DurableFile.replace(storage, directory.cosigned(), witnessed.note().bytes());
    cosigned = witnessed;
    checkpoints.wake();
  }

  /** Has {@code then} run after each new checkpoint; it must not block. */
  public void onCheckpoint(Runnable then) {
    checkpoints.onIssue(then);
  }

  /** How many durable entries there are. */
  public long size() {
    return inbox.head().size();
  }

  /**
   * Waits until the shown checkpoint covers entry {@code index}, which asks for a new one where
   * that is needed. Blocks.
   *
   * @throws ChitinException {@code request.not_found} when there is no such entry, {@code
   *     audit.proof_pending} when the deadline passed first
   */
  public Published covering(long index, Deadline deadline) throws InterruptedException {
    if (index < 0 || index >= size()) {
      throw Problem.of(ProblemCode.REQUEST_NOT_FOUND, "The log has no entry " + index + ".")
          .withHint("Entries are numbered from 0; a call's answer names its own in audit.index.")
          .toException();
    }
    if (!checkpoints.isAttached() && shown().filter(s -> s.tree().size() > index).isEmpty()) {
      throw pending();
    }
    checkpoints.demand(index + 1);
    inbox.poke();
    return checkpoints
        .await(() -> shown().filter(s -> s.tree().size() > index), deadline)
        .orElseThrow(this::pending);
  }

  private ChitinException pending() {
    String why =
        !checkpoints.isAttached()
            ? "the log's key is not at hand"
            : witnessRequired ? "the witness has not cosigned it" : "it was not signed in time";
    return Problem.of(
            ProblemCode.AUDIT_PROOF_PENDING, "No checkpoint covers the entry: " + why + ".")
        .withHint("The entry is durable. Ask again later.")
        .toException();
  }

  /**
   * Waits until a checkpoint that covers entry {@code index} and bears a signature of {@code by} is
   * durable; asks for one. Whether a witness cosigned it does not matter. Blocks.
   *
   * @return whether there is one before {@code deadline}
   */
  public boolean signed(long index, VerifierKey by, Deadline deadline) throws InterruptedException {
    checkpoints.demand(index + 1);
    inbox.poke();
    return checkpoints
        .await(
            () ->
                checkpoints
                    .latest()
                    .filter(l -> l.tree().size() > index)
                    .filter(l -> l.note().signatures().stream().anyMatch(line -> line.isBy(by))),
            deadline)
        .isPresent();
  }

  /** Has the tree looked at anew. */
  void poke() {
    inbox.poke();
  }

  /**
   * Has all that is durable signed, if it can be; returns when it is or {@code deadline} passed.
   */
  boolean finish(Deadline deadline) throws InterruptedException {
    long size = size();
    if (!checkpoints.isAttached() || size == 0) {
      return true;
    }
    checkpoints.demand(size);
    inbox.poke();
    return checkpoints
        .await(() -> checkpoints.latest().filter(l -> l.tree().size() >= size), deadline)
        .isPresent();
  }
}
