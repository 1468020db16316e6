package dev.chitin.audit.log;

import dev.chitin.audit.CheckpointSigner;
import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.tree.TreeHash;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Opens a log for writing: directory, lock, recovery, then the recovery's own entries, then the
 * threads. Blocks; for a worker.
 */
public final class LogOpener {

  /** Says what a recovery found as entries of the log. */
  @FunctionalInterface
  public interface Report {

    /** The entries to write before anything else; each canonical and within the entry's bound. */
    List<byte[]> entries(Findings findings);
  }

  /**
   * What a start found.
   *
   * @param size entries in the log
   * @param orderly whether the last stop was clean
   * @param tornBytes bytes of an unfinished frame that were cut, 0 when there were none
   * @param tornFile name of the file that keeps them, or null
   * @param openCalls the authorizing entries of calls without an end, oldest first
   */
  public record Findings(
      long size,
      boolean orderly,
      long tornBytes,
      @Nullable String tornFile,
      List<byte[]> openCalls) {}

  /**
   * An open log.
   *
   * @param writer takes entries
   * @param checkpoints signs the tree
   * @param publication which checkpoint is shown
   */
  public record Opened(LogWriter writer, Checkpoints checkpoints, Publication publication) {

    /**
     * Signs with {@code signers} from now on; see {@link Checkpoints}.
     *
     * @throws IOException when the verifier keys cannot be stored
     */
    public void signWith(List<CheckpointSigner> signers) throws IOException {
      checkpoints.attach(signers);
      publication.poke();
    }

    /** Runs {@code step} while no checkpoint is made. */
    public void unsigned(Checkpoints.Step step) throws IOException {
      checkpoints.pause(step);
      publication.poke();
    }

    /** Signs what is durable, if that is done before {@code deadline}, and nothing after. */
    public boolean endSigning(Deadline deadline) throws InterruptedException {
      try {
        return publication.finish(deadline);
      } finally {
        checkpoints.detach();
      }
    }
  }

  private final Storage storage;
  private final LogOptions options;

  public LogOpener(Storage storage, LogOptions options) {
    this.storage = storage;
    this.options = options;
  }

  /**
   * Opens the log in {@code path}, which is made if it is not there.
   *
   * @throws LogDamage when the log on disk is not whole
   * @throws dev.chitin.bus.ChitinException when another process has it, or it carries another name
   */
  public Opened open(Path path, Report report) throws IOException, LogDamage {
    Path real = makeDirectory(path);
    var directory = new LogDirectory(real);
    DirectoryLock lock = DirectoryLock.take(directory);
    try {
      return openLocked(directory, lock, report);
    } catch (IOException | LogDamage | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private Opened openLocked(LogDirectory directory, DirectoryLock lock, Report report)
      throws IOException, LogDamage {
    storage.delete(directory.spare());
    new Pruning(storage, directory.path()).complete();
    var hash = new TreeHash();
    var recovery = new Recovery(storage, directory, hash);
    Recovery.Found found = recovery.run(options.origin());
    var open = new ArrayList<byte[]>();
    for (OpenCalls.Place place : found.open().places()) {
      open.add(recovery.entryAt(place));
    }
    Recovery.Torn torn = found.torn();
    var findings =
        new Findings(
            found.size(),
            found.orderly(),
            torn == null ? 0 : torn.bytes(),
            torn == null ? null : torn.file(),
            open);
    var head = new TreeHead(found.size(), Digest.ofBytes(found.frontier().root()), segment(found));
    Optional<Published> stored = Checkpoints.stored(directory, options.origin());
    HashFiles files = new TreeRecovery(storage, directory, head, stored.map(Published::tree)).run();
    try {
      CleanSeal.remove(storage, directory);
      var inbox = new LeafInbox(head);
      var checkpoints = new Checkpoints(storage, directory, options, stored);
      var follower = new TreeFollower(storage, directory, files, inbox, checkpoints);
      var publication =
          new Publication(storage, directory, checkpoints, inbox, options.witnessRequired());
      var parts = new Parts(directory, lock, inbox, follower, checkpoints, publication);
      return start(parts, found, report.entries(findings));
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private static long segment(Recovery.Found found) {
    Recovery.Segment segment = found.segment();
    return segment == null ? 0 : segment.name().firstIndex();
  }

  /** What a log is made of beside its segments. */
  private record Parts(
      LogDirectory directory,
      DirectoryLock lock,
      LeafInbox inbox,
      TreeFollower follower,
      Checkpoints checkpoints,
      Publication publication) {}

  private Opened start(Parts parts, Recovery.Found found, List<byte[]> entries) throws IOException {
    LogDirectory directory = parts.directory;
    var spares =
        new SpareSegments(storage, directory, options.segmentBytes(), options.minFreeBytes());
    spares.checkSpace();
    DurableMark mark = DurableMark.open(storage, directory.durable());
    Thread spareMaker = Thread.ofPlatform().daemon().name("chitin-audit-segments").start(spares);
    try {
      var segments =
          new SegmentWriter(
              storage,
              directory,
              options.origin(),
              options.segmentBytes(),
              spares,
              mark,
              new TreeHash(),
              found);
      return start(parts, segments, spares, spareMaker, entries);
    } catch (IOException | RuntimeException e) {
      spares.close();
      Threads.join(spareMaker);
      mark.close();
      throw e;
    }
  }

  private Opened start(
      Parts parts,
      SegmentWriter segments,
      SpareSegments spares,
      Thread spareMaker,
      List<byte[]> entries)
      throws IOException {
    try {
      segments.prepare();
      writeAll(segments, entries);
    } catch (IOException | RuntimeException e) {
      segments.close();
      throw e;
    }
    // The tree reads the recovery's own entries from the disk.
    parts.inbox.add(segments.leaves(), 0, segments.head());
    var writer =
        new LogWriter(
            storage,
            parts.directory,
            parts.lock,
            segments,
            spares,
            spareMaker,
            parts.inbox,
            parts.follower,
            options);
    writer.start();
    return new Opened(writer, parts.checkpoints, parts.publication);
  }

  private static void writeAll(SegmentWriter segments, List<byte[]> entries) throws IOException {
    var batch = new ArrayList<byte[]>();
    int body = 0;
    for (byte[] entry : entries) {
      int length = Frame.ENTRY_HEAD + entry.length;
      if (batch.size() == Frame.MAX_ENTRIES || body + length > segments.maxBody()) {
        writeOwn(segments, batch);
        batch.clear();
        body = 0;
      }
      batch.add(entry);
      body += length;
    }
    if (!batch.isEmpty()) {
      writeOwn(segments, batch);
    }
  }

  private static void writeOwn(SegmentWriter segments, List<byte[]> batch) throws IOException {
    if (segments.write(batch) == null) {
      throw new IOException("no segment could be made for the entries of the recovery");
    }
  }

  private static Path makeDirectory(Path path) throws IOException {
    if (!Files.exists(path)) {
      Files.createDirectories(path, DiskStorage.ownerOnly(path, "rwx------"));
    }
    Path real = path.toRealPath();
    if (DiskStorage.isPosix(real)) {
      Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rwx------"));
    }
    return real;
  }
}
