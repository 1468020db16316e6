package dev.chitin.audit.witness;

import dev.chitin.audit.CheckpointSigner;
import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.log.DurableFile;
import dev.chitin.audit.log.Storage;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.Cosignature;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.audit.tree.Proofs;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Remembers the newest checkpoint of each log it knows, and cosigns only what extends it (C2SP
 * tlog-witness, cosignature/v1). What it remembers is on disk before the answer is given, so that
 * neither a crash nor two requests at once make it sign two trees that differ. Blocks; safe for use
 * by several threads.
 */
public final class Witness implements Closeable {
  private final Path directory;
  private final Storage storage;
  private final CheckpointSigner signer;
  private final VerifierKey key;
  private final Map<String, List<VerifierKey>> logs = new HashMap<>();
  private final LongSupplier seconds;
  private final FileChannel lockFile;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * An answer of the protocol.
   *
   * @param status 200, 400, 403, 404, 409 or 422
   * @param body signature lines for 200, the known size for 409, else a sentence
   */
  public record Answer(int status, String body) {}

  private Witness(
      Path directory,
      Storage storage,
      CheckpointSigner signer,
      List<VerifierKey> logs,
      LongSupplier seconds,
      FileChannel lockFile) {
    this.directory = directory;
    this.storage = storage;
    this.signer = signer;
    this.key = new VerifierKey(signer.name(), VerifierKey.Type.COSIGNATURE, signer.publicKey());
    this.seconds = seconds;
    this.lockFile = lockFile;
    logs.stream()
        .distinct()
        .forEach(log -> this.logs.computeIfAbsent(log.name(), n -> new ArrayList<>()).add(log));
  }

  /**
   * Opens a witness that keeps its memory in {@code directory}, which is made if it is not there.
   *
   * @param logs the keys of the logs that it watches; a log's name is its origin, and a log whose
   *     key is being rotated has two of that name
   * @param seconds the time, POSIX seconds
   * @throws dev.chitin.bus.ChitinException {@code audit.unavailable} when another process has it
   */
  public static Witness open(
      Path directory,
      Storage storage,
      CheckpointSigner signer,
      List<VerifierKey> logs,
      LongSupplier seconds)
      throws IOException {
    if (!Files.exists(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Path real = directory.toRealPath();
    return new Witness(real, storage, signer, logs, seconds, lock(real));
  }

  private static FileChannel lock(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock taken = channel.tryLock();
      if (taken != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw held(directory, e);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw held(directory, new IOException("the lock is held"));
  }

  private static RuntimeException held(Path directory, Exception cause) {
    return Problem.of(
            ProblemCode.AUDIT_UNAVAILABLE, "Another witness keeps its memory in " + directory + ".")
        .withHint("Stop it, or name another directory with --dir.")
        .toException(cause);
  }

  /** The key that its cosignatures verify under. */
  public VerifierKey key() {
    return key;
  }

  /**
   * Answers {@code POST …/add-checkpoint}.
   *
   * @throws IOException when it cannot read or write its memory; nothing was signed then
   */
  public Answer add(byte[] body) throws IOException {
    Submission submission;
    Checkpoint tree;
    try {
      submission = Submission.parse(body);
      tree = Checkpoint.parse(submission.note().text());
    } catch (NoteSyntaxException e) {
      return new Answer(400, e.getMessage() + "\n");
    }
    List<VerifierKey> log = logs.get(tree.origin());
    if (log == null) {
      return new Answer(404, "no such log\n");
    }
    if (!isSigned(submission.note(), log)) {
      return new Answer(403, "not signed by a key of the log that is known here\n");
    }
    if (submission.old() > tree.size()) {
      return new Answer(400, "the old size is larger than the checkpoint's\n");
    }
    lock.lock();
    try {
      return compareAndPersist(submission, tree);
    } finally {
      lock.unlock();
    }
  }

  /** Whether one of the log's known keys signed, and no line of any of them is wrong. */
  private static boolean isSigned(SignedNote note, List<VerifierKey> log) {
    try {
      return !note.signedBy(log).isEmpty();
    } catch (NoteSyntaxException e) {
      return false;
    }
  }

  private Answer compareAndPersist(Submission submission, Checkpoint tree) throws IOException {
    Optional<Checkpoint> known = known(tree.origin());
    long size = known.map(Checkpoint::size).orElse(0L);
    boolean fork =
        known.filter(k -> k.size() == tree.size() && !k.root().equals(tree.root())).isPresent();
    if (submission.old() != size || fork) {
      return new Answer(409, size + "\n");
    }
    boolean extended =
        known.isEmpty()
            ? submission.proof().isEmpty()
            : Proofs.consistent(
                size, known.get().root(), tree.size(), tree.root(), submission.proof());
    if (!extended) {
      return new Answer(422, "the proof does not show that the log was extended\n");
    }
    DurableFile.replace(storage, file(tree.origin()), submission.note().bytes());
    return new Answer(200, cosign(submission.note()) + "\n");
  }

  private SignedNote.Line cosign(SignedNote note) {
    long time = seconds.getAsLong();
    byte[] text = note.text().getBytes(StandardCharsets.UTF_8);
    byte[] signature = signer.sign(Cosignature.message(time, text));
    byte[] blob = new Cosignature(time, Bytes.adopt(signature)).blob();
    return SignedNote.of(note.text(), key, blob).signatures().getFirst();
  }

  /** What it remembers of a log; memory that cannot be read is no leave to forget. */
  private Optional<Checkpoint> known(String origin) throws IOException {
    Optional<byte[]> file = DurableFile.read(file(origin), SignedNote.MAX_BYTES);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      Checkpoint known = Published.parse(file.get()).tree();
      if (!known.origin().equals(origin)) {
        throw new IOException("the memory of " + origin + " is of " + known.origin());
      }
      return Optional.of(known);
    } catch (NoteSyntaxException e) {
      throw new IOException("the memory of " + origin + " is damaged", e);
    }
  }

  private Path file(String origin) {
    return directory.resolve(Digest.ofUtf8(origin).toHex());
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
