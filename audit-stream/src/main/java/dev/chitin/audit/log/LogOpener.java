package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
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
  public LogWriter open(Path path, Report report) throws IOException, LogDamage {
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

  private LogWriter openLocked(LogDirectory directory, DirectoryLock lock, Report report)
      throws IOException, LogDamage {
    storage.delete(directory.spare());
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
    CleanSeal.remove(storage, directory);
    return start(directory, lock, hash, found, report.entries(findings));
  }

  private LogWriter start(
      LogDirectory directory,
      DirectoryLock lock,
      TreeHash hash,
      Recovery.Found found,
      List<byte[]> entries)
      throws IOException {
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
              hash,
              found);
      return start(directory, lock, segments, spares, spareMaker, entries);
    } catch (IOException | RuntimeException e) {
      spares.close();
      Threads.join(spareMaker);
      mark.close();
      throw e;
    }
  }

  private LogWriter start(
      LogDirectory directory,
      DirectoryLock lock,
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
    var writer = new LogWriter(storage, directory, lock, segments, spares, spareMaker, options);
    writer.start();
    return writer;
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
