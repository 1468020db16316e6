package dev.chitin.audit.log;

import dev.chitin.audit.CheckpointSigner;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.audit.tree.Proofs;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Signs and keeps the log's checkpoints (C2SP tlog-checkpoint).
 *
 * <p>A log must never sign two trees of which one is not a prefix of the other. So only a durable
 * tree is signed; its root has to come out of the hash files as well, and it has to extend the
 * checkpoint before; and a checkpoint is durable before anybody sees a byte of it.
 */
public final class Checkpoints {
  private final Storage storage;
  private final LogDirectory directory;
  private final String origin;
  private final long intervalNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition published = lock.newCondition();
  private volatile @Nullable Published latest;
  private final ReentrantLock signing = new ReentrantLock();
  private volatile List<CheckpointSigner> signers = List.of();
  private volatile Runnable listener = () -> {};
  private volatile long demanded;
  private volatile long signedAtNanos;

  /**
   * A checkpoint that anybody may see.
   *
   * @param tree what it says
   * @param note as it is signed
   */
  public record Published(Checkpoint tree, SignedNote note) {

    /** Reads a checkpoint; its signatures are for the caller to check. */
    public static Published parse(byte[] note) throws NoteSyntaxException {
      SignedNote read = SignedNote.parse(note);
      return new Published(Checkpoint.parse(read.text()), read);
    }
  }

  Checkpoints(
      Storage storage, LogDirectory directory, LogOptions options, Optional<Published> stored) {
    this.storage = storage;
    this.directory = directory;
    this.origin = options.origin();
    this.intervalNanos = options.checkpointInterval().toNanos();
    this.latest = stored.orElse(null);
    this.signedAtNanos = System.nanoTime() - intervalNanos;
  }

  /** The checkpoint that an earlier run left. */
  static Optional<Published> stored(LogDirectory directory, String origin)
      throws IOException, LogDamage {
    Optional<byte[]> file = DurableFile.read(directory.checkpoint(), SignedNote.MAX_BYTES);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      Published stored = Published.parse(file.get());
      if (!stored.tree().origin().equals(origin)) {
        throw damage(0, "the checkpoint is of the log " + stored.tree().origin());
      }
      return Optional.of(stored);
    } catch (NoteSyntaxException e) {
      throw damage(0, "the checkpoint is not readable: " + e.getMessage());
    }
  }

  /** The newest checkpoint, unless none was ever signed. */
  public Optional<Published> latest() {
    return Optional.ofNullable(latest);
  }

  /** Nanoseconds since the newest checkpoint of this run was signed. */
  public long ageNanos() {
    return System.nanoTime() - signedAtNanos;
  }

  /**
   * Signs with all of {@code with} from now on, and with no other key once this has returned.
   *
   * @param with the log's key; while it is being rotated the old one, then the new one
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when a key bears another name
   *     than the log, {@code audit.key_changed} when the stored checkpoint is not signed by the
   *     first of them
   * @throws IOException when the verifier keys cannot be stored
   */
  void attach(List<CheckpointSigner> with) throws IOException {
    if (with.stream().anyMatch(signer -> !signer.name().equals(origin))) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, "The log's key bears another name than the log.")
          .withRule("audit.origin")
          .toException();
    }
    signing.lock();
    try {
      List<VerifierKey> keys = with.stream().map(Checkpoints::key).toList();
      Published stored = latest;
      if (stored != null && !isSigned(stored.note(), keys)) {
        throw Problem.of(
                ProblemCode.AUDIT_KEY_CHANGED,
                "The last checkpoint was not signed by the log's key.")
            .withRule("audit.key")
            .withHint(
                "Put the log's key file back. If the key is lost, give a new log another directory"
                    + " and another audit.origin.")
            .toException();
      }
      // The newest first: it is the one to keep.
      String lines = keys.reversed().stream().map(key -> key + "\n").collect(Collectors.joining());
      DurableFile.replace(
          storage, directory.verifierKey(), lines.getBytes(StandardCharsets.US_ASCII));
      signers = List.copyOf(with);
    } finally {
      signing.unlock();
    }
  }

  /** Whether the first of {@code keys} signed, and no line of any of them is wrong. */
  private static boolean isSigned(SignedNote note, List<VerifierKey> keys) {
    try {
      return note.signedBy(keys).contains(keys.getFirst());
    } catch (NoteSyntaxException e) {
      return false;
    }
  }

  /** What is done while nothing is signed. */
  @FunctionalInterface
  public interface Step {

    /** Does it. */
    void run() throws IOException;
  }

  /** Runs {@code step}, which may block and {@link #attach}; no checkpoint is made meanwhile. */
  void pause(Step step) throws IOException {
    signing.lock();
    try {
      step.run();
    } finally {
      signing.unlock();
    }
  }

  private static VerifierKey key(CheckpointSigner signer) {
    return new VerifierKey(signer.name(), VerifierKey.Type.ED25519, signer.publicKey());
  }

  /** Has {@code then} run after each new checkpoint; it must not block. */
  void onIssue(Runnable then) {
    listener = then;
  }

  /** Signs nothing any more. */
  void detach() {
    signers = List.of();
    wake();
  }

  /** Whether there is a key to sign with. */
  boolean isAttached() {
    return !signers.isEmpty();
  }

  /** Asks for a checkpoint that covers {@code size} entries before its time. */
  void demand(long size) {
    lock.lock();
    try {
      demanded = Math.max(demanded, size);
    } finally {
      lock.unlock();
    }
  }

  /** Nanoseconds until {@code head} is due to be signed; not positive when it is now. */
  long nanosUntilDue(TreeHead head) {
    Published last = latest;
    if (signers.isEmpty()
        || head.size() == 0
        || (last != null && head.size() <= last.tree().size())) {
      return Long.MAX_VALUE;
    }
    boolean asked = last == null || demanded > last.tree().size();
    return asked ? 0 : signedAtNanos + intervalNanos - System.nanoTime();
  }

  /**
   * Signs {@code head}, whose hashes {@code tree} has, and publishes it.
   *
   * @throws LogDamage when the hashes do not give the root, or do not extend the last checkpoint;
   *     then nothing was signed
   */
  void issue(TreeHead head, StoredTree tree) throws IOException, LogDamage {
    signing.lock();
    try {
      List<CheckpointSigner> with = signers;
      if (with.isEmpty()) {
        return;
      }
      check(head, tree);
      var checkpoint = new Checkpoint(origin, head.size(), head.root());
      SignedNote note = sign(checkpoint.text(), with);
      DurableFile.replace(storage, directory.checkpoint(), note.bytes());
      latest = new Published(checkpoint, note);
      signedAtNanos = System.nanoTime();
    } finally {
      signing.unlock();
    }
    wake();
    listener.run();
  }

  private static SignedNote sign(String text, List<CheckpointSigner> with) {
    byte[] message = text.getBytes(StandardCharsets.UTF_8);
    return new SignedNote(
        text, with.stream().map(s -> SignedNote.Line.of(key(s), s.sign(message))).toList());
  }

  private void check(TreeHead head, StoredTree tree) throws IOException, LogDamage {
    if (!tree.root(head.size()).equals(head.root())) {
      throw damage(head.size(), "the hash files do not give the log's tree root");
    }
    Published last = latest;
    if (last != null
        && !Proofs.consistent(
            last.tree().size(),
            last.tree().root(),
            head.size(),
            head.root(),
            tree.consistency(last.tree().size(), head.size()))) {
      throw damage(head.size(), "the log does not extend its last checkpoint");
    }
  }

  /**
   * Waits until {@code enough} finds something, which it is asked after each publication.
   *
   * @return empty when the deadline passed first
   */
  <T> Optional<T> await(java.util.function.Supplier<Optional<T>> enough, Deadline deadline)
      throws InterruptedException {
    lock.lock();
    try {
      Optional<T> found = enough.get();
      long left = deadline.remaining().toNanos();
      while (found.isEmpty() && left > 0) {
        left = published.awaitNanos(left);
        found = enough.get();
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** Lets those who wait look again. */
  void wake() {
    lock.lock();
    try {
      published.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static LogDamage damage(long size, String what) {
    return new LogDamage(new LogFault(size, "checkpoint", 0, what));
  }
}
