package dev.chitin.audit;

import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.log.EntryReader;
import dev.chitin.audit.log.HashFileReader;
import dev.chitin.audit.log.LogDamage;
import dev.chitin.audit.log.Minimum;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.TlogProof;
import dev.chitin.audit.tree.StoredTree;
import dev.chitin.audit.tree.SubtreeRoots;
import dev.chitin.audit.tree.TileAddress;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What the log shows to third parties: its checkpoint, the tiles and entry bundles of that size
 * (C2SP tlog-tiles), and proofs (C2SP tlog-proof). Reads files and blocks; safe for use by several
 * threads.
 */
public final class PublishedLog {
  /** Enough for each of a log of 10^8 entries that is worth it. */
  private static final int ROOTS = 50_000;

  private final Path directory;
  private final SubtreeRoots roots = new SubtreeRoots(ROOTS);
  private final Supplier<Optional<Published>> shown;
  private final ReentrantLock lock = new ReentrantLock();
  private final EntryReader entries;

  PublishedLog(Path directory, Supplier<Optional<Published>> shown) {
    this.directory = directory;
    this.shown = shown;
    this.entries = new EntryReader(directory);
  }

  /**
   * The log in {@code directory} as its stored checkpoint has it, with the gateway up or down.
   *
   * @throws dev.chitin.bus.ChitinException {@code audit.corrupt} when the checkpoint is not
   *     readable
   */
  public static PublishedLog stored(Path directory) throws IOException {
    Path file = directory.resolve("checkpoint");
    if (!Files.exists(file)) {
      return new PublishedLog(directory, Optional::empty);
    }
    try {
      Published stored = Published.parse(Files.readAllBytes(file));
      return new PublishedLog(directory, () -> Optional.of(stored));
    } catch (NoteSyntaxException e) {
      throw new LogFault(0, "checkpoint", 0, "it is not readable: " + e.getMessage()).toException();
    }
  }

  /** The signed checkpoint, unless none was signed yet. */
  public Optional<SignedNote> checkpoint() {
    return shown.get().map(Published::note);
  }

  /** How many entries the checkpoint covers. */
  public long size() {
    return shown.get().map(published -> published.tree().size()).orElse(0L);
  }

  /** A tile or an entry bundle; empty when the published tree does not have all of it. */
  public Optional<byte[]> tile(TileAddress address) throws IOException {
    long size = size();
    if (!address.isIn(size)) {
      return Optional.empty();
    }
    if (address.level() == TileAddress.ENTRIES) {
      refusePruned(address.first());
      return Optional.of(bundle(address, size));
    }
    try (var hashes = new HashFileReader(directory)) {
      return Optional.of(hashes.read(address.level(), address.first(), address.width()));
    }
  }

  /** Each entry after its length, u16 big-endian. */
  private byte[] bundle(TileAddress address, long size) throws IOException {
    var out = new ByteArrayOutputStream(1 << 16);
    for (LogEntry entry : read(address.first(), address.width(), size)) {
      byte[] json = entry.json().borrow();
      out.write(json.length >>> 8);
      out.write(json.length);
      out.writeBytes(json);
    }
    return out.toByteArray();
  }

  /** One entry of the published tree; empty when it has none of that index. */
  public Optional<Bytes> entry(long index) throws IOException {
    long size = size();
    if (index < 0 || index >= size) {
      return Optional.empty();
    }
    refusePruned(index);
    return Optional.of(read(index, 1, size).getFirst().json());
  }

  /** The first entry that is given; those below it were pruned, and their hashes remain. */
  public long minimum() throws IOException {
    return Minimum.read(directory).index();
  }

  private void refusePruned(long index) throws IOException {
    long minimum = minimum();
    if (index < minimum) {
      throw Problem.of(ProblemCode.AUDIT_PRUNED, "Entries below " + minimum + " were pruned.")
          .withRule("audit.retention")
          .withHint("Ask the archive for it; its proof is given as before.")
          .toException();
    }
  }

  private List<LogEntry> read(long from, int count, long size) throws IOException {
    List<LogEntry> read;
    lock.lock();
    try {
      read = entries.read(from, count, size);
    } catch (LogDamage e) {
      throw e.fault().toException();
    } finally {
      lock.unlock();
    }
    if (read.size() < count) {
      throw new LogFault(from + read.size(), "none", 0, "the entry is missing").toException();
    }
    return read;
  }

  /**
   * The proof that entry {@code index} is in the published tree.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.not_found} when the checkpoint does not
   *     cover it
   */
  public TlogProof proof(long index) throws IOException {
    Published published =
        shown
            .get()
            .filter(p -> index >= 0 && index < p.tree().size())
            .orElseThrow(
                () ->
                    Problem.of(
                            ProblemCode.REQUEST_NOT_FOUND,
                            "The checkpoint does not cover an entry " + index + ".")
                        .withHint("Entries are numbered from 0; the checkpoint gives their number.")
                        .toException());
    return proof(index, published);
  }

  TlogProof proof(long index, Published published) throws IOException {
    try (var hashes = new HashFileReader(directory)) {
      List<Digest> path = new StoredTree(hashes, roots).inclusion(index, published.tree().size());
      return new TlogProof(index, path, published.note());
    }
  }

  /** The proof that the tree of {@code from} entries is a prefix of that of {@code to}. */
  public List<Digest> consistency(long from, long to) throws IOException {
    try (var hashes = new HashFileReader(directory)) {
      return new StoredTree(hashes, roots).consistency(from, to);
    }
  }
}
