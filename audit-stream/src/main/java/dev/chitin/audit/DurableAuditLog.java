package dev.chitin.audit;

import dev.chitin.audit.log.DiskStorage;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.audit.log.LogOpener;
import dev.chitin.audit.log.LogOptions;
import dev.chitin.audit.log.LogWriter;
import dev.chitin.audit.log.Publication;
import dev.chitin.audit.log.Storage;
import dev.chitin.audit.note.TlogProof;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The log of this node on this node's disk. {@link #open} and {@link #close} block and are for a
 * worker or the main thread; {@link #append} and {@link #authorize} never do, and answer on the
 * caller's Vert.x context in the order of the log. Callers on threads without a context are
 * answered on one thread of the log's, which they must not block.
 */
public final class DurableAuditLog implements AuditLog, AutoCloseable {
  private final LogOpener.Opened opened;
  private final LogWriter writer;
  private final PublishedLog published;
  private final EntryEncoder encoder;
  private final BootReceipts receipts;
  private final Path directory;
  private final String bootId;
  private final KeyRotations rotations;
  private final LogRetention retention;

  private DurableAuditLog(
      LogOpener.Opened opened,
      EntryEncoder encoder,
      BootReceipts receipts,
      Path directory,
      String bootId,
      Storage storage) {
    this.rotations = new KeyRotations(this, opened, directory, storage);
    this.retention = new LogRetention(this, directory, storage);
    this.opened = opened;
    this.writer = opened.writer();
    this.published = new PublishedLog(directory, opened.publication()::shown);
    this.encoder = encoder;
    this.receipts = receipts;
    this.directory = directory;
    this.bootId = bootId;
  }

  /**
   * Opens the log, and records what an unclean stop left: a {@code Lifecycle} entry, and {@code
   * OutcomeUnknown} for each call that was authorized and has no end.
   *
   * @throws ChitinException {@code audit.corrupt} when the log on disk is damaged; {@code
   *     audit.unavailable} when it is open elsewhere or cannot be read or written; {@code
   *     config.invalid} when the directory holds a log of another name
   */
  public static DurableAuditLog open(AuditSettings settings) {
    return open(settings, new DiskStorage());
  }

  /** Opens the log on {@code storage}, which stands for the disk in tests. */
  static DurableAuditLog open(AuditSettings settings, Storage storage) {
    String bootId = UUID.randomUUID().toString();
    var encoder = new EntryEncoder(settings.nodeId(), bootId, settings.origin(), settings.clear());
    var options =
        new LogOptions(
            settings.origin(),
            settings.segmentBytes(),
            settings.appendTimeout(),
            settings.queueEvents(),
            settings.queueBytes(),
            settings.minFreeBytes(),
            settings.checkpointInterval(),
            settings.witnessRequired());
    try {
      LogOpener.Opened opened =
          new LogOpener(storage, options)
              .open(
                  settings.directory(),
                  found -> RecoveryEntries.of(found, settings.version(), encoder));
      return new DurableAuditLog(
          opened,
          encoder,
          new BootReceipts(settings.origin(), bootId),
          settings.directory(),
          bootId,
          storage);
    } catch (LogDamage e) {
      throw e.fault().toException();
    } catch (IOException e) {
      throw Problem.of(
              ProblemCode.AUDIT_UNAVAILABLE,
              "The audit log in " + settings.directory() + " cannot be opened.")
          .withHint("Check the directory's owner, the room on its file system and the disk.")
          .toException(e);
    }
  }

  @Override
  public Future<LogPosition> append(AuditEvent event, Deadline deadline) {
    if (authorizes(event)) {
      return Future.failedFuture(
          new IllegalArgumentException("an authorization is recorded by authorize"));
    }
    EntryEncoder.Draft draft = EntryEncoder.draft(event);
    List<FieldSealer.Subject> unready = encoder.unready(draft);
    boolean reserve = mayTakeReserve(event);
    return unready.isEmpty()
        ? writer.append(encoder.encode(draft), deadline, reserve, null)
        : prepare(unready, deadline)
            .transform(made -> writer.append(encoder.encode(draft), deadline, reserve, null));
  }

  /**
   * The same for a thread that may block: returns when {@code event} is durable.
   *
   * @throws ChitinException with which {@link #append} would fail
   * @throws IllegalStateException on an event loop, which nothing may block
   */
  public LogPosition record(AuditEvent event, Deadline deadline) {
    if (Context.isOnEventLoopThread()) {
      throw new IllegalStateException("an event loop appends, and does not wait");
    }
    if (authorizes(event)) {
      throw new IllegalArgumentException("an authorization is recorded by authorize");
    }
    EntryEncoder.Draft draft = EntryEncoder.draft(event);
    List<FieldSealer.Subject> unready = encoder.unready(draft);
    if (!unready.isEmpty()) {
      awaitKeys(prepare(unready, deadline), deadline);
    }
    return writer.record(encoder.encode(draft), deadline);
  }

  /** As long as there is time: they may come on the very context whose thread waits here. */
  private static void awaitKeys(Future<?> made, Deadline deadline) {
    made.<Void>mapEmpty()
        .otherwiseEmpty()
        .toCompletionStage()
        .toCompletableFuture()
        .completeOnTimeout(null, deadline.remainingMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  /** Not what strangers can make at will: the room that is left is for the ends of calls. */
  private static boolean mayTakeReserve(AuditEvent event) {
    return !(event instanceof AuditEvent.AuthFailure
        || event instanceof AuditEvent.RateLimitExceeded);
  }

  private static boolean authorizes(AuditEvent event) {
    return event instanceof AuditEvent.ToolExecution e
        && e.phase() instanceof AuditEvent.Phase.Authorized;
  }

  /** Keys for who is new; without them the record is made all the same, and names withheld. */
  private Future<?> prepare(List<FieldSealer.Subject> subjects, Deadline deadline) {
    FieldSealer keys = encoder.sealer();
    return Future.join(subjects.stream().map(subject -> keys.prepare(subject, deadline)).toList());
  }

  @Override
  public Future<Receipt> authorize(AuditEvent.ToolExecution event, Deadline deadline) {
    Digest plan = event.call().planDigest();
    if (!(event.phase() instanceof AuditEvent.Phase.Authorized(String decisionId))
        || plan == null
        || !event.allowed()) {
      return Future.failedFuture(
          new IllegalArgumentException("an authorization names its plan and its decision"));
    }
    EntryEncoder.Draft draft = EntryEncoder.draft(event);
    List<FieldSealer.Subject> unready = encoder.unready(draft);
    return (unready.isEmpty()
            ? authorize(draft, event, deadline)
            : prepare(unready, deadline).transform(made -> authorize(draft, event, deadline)))
        .map(position -> receipts.issue(position, plan, decisionId, deadline.nanoTime()));
  }

  private Future<LogPosition> authorize(
      EntryEncoder.Draft draft, AuditEvent.ToolExecution event, Deadline deadline) {
    return writer.append(
        encoder.encode(draft), deadline, false, () -> encoder.encode(notRun(event, deadline)));
  }

  /** What came too late for its call, or too late in any case. */
  private static AuditEvent.ToolExecution notRun(
      AuditEvent.ToolExecution event, Deadline deadline) {
    ProblemCode why =
        deadline.expired() ? ProblemCode.DEADLINE_EXCEEDED : ProblemCode.AUDIT_STALLED;
    return new AuditEvent.ToolExecution(
        event.tool(), event.allowed(), event.call(), new AuditEvent.Phase.NotRun(why.code()));
  }

  /** What of the log may go, and makes it go. */
  public LogRetention retention() {
    return retention;
  }

  /** How the log's signing key is rotated. */
  public KeyRotations keyRotations() {
    return rotations;
  }

  /** Goes on in a new segment with the next entry. */
  public void rotate() {
    writer.rotate();
  }

  /** Checks the receipts that this log gives. */
  public ReceiptVerifier receipts() {
    return receipts;
  }

  /** A reader of this log's durable entries. */
  public LogReader reader() {
    return new LogReader(directory);
  }

  /** Random name of this boot, as in each entry and receipt. */
  public String bootId() {
    return bootId;
  }

  /** Why the log takes nothing any more until the next start, if so. */
  public Optional<ChitinException> failure() {
    return Optional.ofNullable(writer.failure());
  }

  /** Hashes and seals fields with {@code keys} from now on; before, they are withheld. */
  public void sealWith(FieldSealer keys) {
    encoder.sealWith(keys);
  }

  /** Has the log's checkpoints signed with one key; see {@link #signWith(List)}. */
  public void signWith(CheckpointSigner signer) {
    signWith(List.of(signer));
  }

  /**
   * Has the log's checkpoints signed from now on, the first at once, with each of {@code signers}
   * and no other key.
   *
   * @param signers the log's key; while it is being rotated the old one, then the new one
   * @throws ChitinException {@code audit.key_changed} when the stored checkpoint is not of the
   *     first of them; {@code config.invalid} when a key bears another name than the log; {@code
   *     audit.unavailable} when the verifier keys cannot be stored
   */
  public void signWith(List<CheckpointSigner> signers) {
    try {
      opened.signWith(signers);
    } catch (IOException e) {
      throw Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The log's verifier key cannot be stored.")
          .withHint("Check the audit directory's owner and the room on its file system.")
          .toException(e);
    }
  }

  /**
   * Has all that is durable signed and asks the signer for nothing more; what comes after is signed
   * by the next run.
   *
   * @return whether the last checkpoint was signed within {@code patience}
   */
  public boolean endSigning(Duration patience) throws InterruptedException {
    return opened.endSigning(Deadline.after(patience));
  }

  /** What the log shows to third parties. */
  public PublishedLog published() {
    return published;
  }

  /**
   * The proof of entry {@code index}; waits for a checkpoint that covers it. Blocks.
   *
   * @throws ChitinException {@code request.not_found} when there is no such entry, {@code
   *     audit.proof_pending} when no checkpoint covered it in time
   */
  public TlogProof proof(long index, Deadline deadline) throws IOException, InterruptedException {
    return published.proof(index, opened.publication().covering(index, deadline));
  }

  /** Which checkpoint is shown, for whoever gets it cosigned. */
  public Publication publication() {
    return opened.publication();
  }

  /** What the log tells of itself. */
  public AuditMetrics metrics() {
    return AuditMetrics.of(opened);
  }

  /** What is in the way of new calls now, by code; empty when nothing is. */
  public List<ProblemCode> impediments() {
    return writer.impediments();
  }

  /** Events in the log's custody: waiting, being written, or answered and not yet fetched. */
  public int queueDepth() {
    return writer.queueDepth();
  }

  /**
   * Takes nothing more, makes what is queued durable, seals the log and gives its lock back. A log
   * that has failed gets no seal, and the next start treats the stop as unclean.
   *
   * @throws ChitinException {@code audit.unavailable} when a file cannot be closed
   */
  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw Problem.of(ProblemCode.AUDIT_UNAVAILABLE, "The audit log did not close in order.")
          .withHint("Nothing durable is lost; the next start checks the log.")
          .toException(e);
    }
  }
}
