package dev.chitin.audit;

import dev.chitin.audit.log.Minimum;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.audit.tree.TileBuilder;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes a published log as static files (C2SP tlog-tiles): {@code checkpoint}, {@code tile/…}, and
 * for chosen entries {@code proof/<index>.tlog-proof} with the entry's bytes beside it.
 */
public final class LogExport {
  private final PublishedLog log;
  private final Path directory;

  /**
   * @param log a stored log; its checkpoint does not change meanwhile
   * @param directory where to; made, or empty
   */
  public LogExport(PublishedLog log, Path directory) {
    this.log = log;
    this.directory = directory;
  }

  /**
   * Writes everything, and proofs for the entries {@code indexes}; the checkpoint comes last.
   *
   * @return how many entries were written
   * @throws dev.chitin.bus.ChitinException {@code request.not_found} when there is no checkpoint or
   *     no such entry; {@code request.malformed} when the directory holds something
   */
  public long write(List<Long> indexes) throws IOException {
    SignedNote checkpoint = log.checkpoint().orElseThrow(LogExport::unsigned);
    prepare();
    long size = log.size();
    Minimum minimum = new Minimum(log.minimum(), 0);
    if (minimum.index() > 0) {
      write("minimum", minimum.bytes());
    }
    for (int level = TileAddress.ENTRIES; level < TileBuilder.LEVELS; level++) {
      long count = TileAddress.count(level, size);
      long from = level == TileAddress.ENTRIES ? minimum.index() : 0;
      for (long first = from; first < count; first += StoredTree.TILE_WIDTH) {
        TileAddress address = TileAddress.holding(level, first, count);
        byte[] tile =
            log.tile(address)
                .orElseThrow(() -> new IOException(address.path() + " is not in the log"));
        write(address.path(), tile);
      }
    }
    for (long index : indexes) {
      proof(index);
    }
    write("checkpoint", checkpoint.bytes());
    return size;
  }

  /** Writes the proof of one entry, and the entry, into the directory itself. */
  public static void proof(PublishedLog log, Path directory, long index) throws IOException {
    Files.createDirectories(directory);
    new LogExport(log, directory).pair("", index);
  }

  private void proof(long index) throws IOException {
    pair("proof/", index);
  }

  private void pair(String below, long index) throws IOException {
    byte[] proof = log.proof(index).bytes();
    byte[] entry =
        log.entry(index)
            .orElseThrow(() -> new IOException("entry " + index + " is not in the log"))
            .borrow();
    write(below + index + ".tlog-proof", proof);
    write(below + index + ".json", entry);
  }

  private void prepare() throws IOException {
    Files.createDirectories(directory);
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw Problem.of(ProblemCode.REQUEST_MALFORMED, directory + " is not empty.")
            .withHint("Name a directory that does not exist yet.")
            .toException();
      }
    }
  }

  private void write(String path, byte[] content) throws IOException {
    Path file = directory.resolve(path);
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.write(file, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static RuntimeException unsigned() {
    return Problem.of(ProblemCode.REQUEST_NOT_FOUND, "The log has no checkpoint yet.")
        .withHint("Start the gateway once: it signs the log with its key.")
        .toException();
  }
}
