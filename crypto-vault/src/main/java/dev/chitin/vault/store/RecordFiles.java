package dev.chitin.vault.store;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sealed records on disk, and the memory of them: up to {@value #MAX_REMEMBERED_BYTES} bytes of
 * ciphertext in the order in which they came; what does not fit is read each time. Safe for use
 * from any thread.
 */
public final class RecordFiles {
  /** Most ciphertext remembered, in bytes. */
  public static final long MAX_REMEMBERED_BYTES = 64L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(RecordFiles.class);

  private final Path directory;
  private final Disk disk;
  private final Map<String, RecordFile> remembered = new ConcurrentHashMap<>();
  private final AtomicLong rememberedBytes = new AtomicLong();

  public RecordFiles(Path directory, Disk disk) {
    this.directory = directory;
    this.disk = disk;
  }

  /**
   * Checks every record of {@code manifest} against its digest.
   *
   * @throws ChitinException {@code vault.corrupt} at the first that is missing or another
   */
  public void loadAll(Manifest manifest) {
    for (Manifest.Entry entry : manifest.records().values()) {
      remember(entry, read(entry));
    }
  }

  /** Writes a new record durably; the old version's file is another. */
  public void write(Manifest.Entry entry, byte[] content) throws IOException {
    Path file = directory.resolve(entry.file());
    Path parent = directory.resolve(entry.file().substring(0, 2));
    if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
      disk.createDirectory(parent);
      disk.syncDirectory(directory);
    }
    // A file of this name that is in no manifest was left by a commit that did not end.
    disk.delete(file);
    disk.writeNew(file, content);
    disk.syncDirectory(parent);
  }

  /** The sealed record, from memory or checked from disk. */
  public RecordFile record(Manifest.Entry entry) {
    RecordFile known = remembered.get(key(entry));
    return known != null ? known : parse(read(entry));
  }

  public boolean isRemembered(Manifest.Entry entry) {
    return remembered.containsKey(key(entry));
  }

  /** Remembers a record while there is room. */
  public void remember(Manifest.Entry entry, byte[] content) {
    RecordFile record = parse(content);
    if (rememberedBytes.addAndGet(content.length) > MAX_REMEMBERED_BYTES) {
      rememberedBytes.addAndGet(-content.length);
      return;
    }
    remembered.put(key(entry), record);
  }

  /** Forgets a record and removes its file; a file that stays is an orphan of the next opening. */
  public void abandon(Manifest.Entry entry) {
    RecordFile known = remembered.remove(key(entry));
    if (known != null) {
      rememberedBytes.addAndGet(-known.bytes().length);
    }
    try {
      disk.delete(directory.resolve(entry.file()));
    } catch (IOException e) {
      LOG.warn("a record that is no longer used stays on disk until the vault opens again", e);
    }
  }

  /** Removes files that {@code manifest} does not name; answers how many. */
  public int removeOrphans(Manifest manifest) throws IOException {
    Set<String> named =
        manifest.records().values().stream()
            .map(Manifest.Entry::file)
            .collect(Collectors.toUnmodifiableSet());
    List<Path> orphans = new ArrayList<>();
    try (DirectoryStream<Path> parents = Files.newDirectoryStream(directory)) {
      for (Path parent : parents) {
        if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
          orphans.add(parent);
          continue;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(parent)) {
          for (Path file : files) {
            if (!named.contains(parent.getFileName() + "/" + file.getFileName())) {
              orphans.add(file);
            }
          }
        }
      }
    }
    for (Path orphan : orphans) {
      disk.delete(orphan);
    }
    return orphans.size();
  }

  private byte[] read(Manifest.Entry entry) {
    try {
      byte[] content = disk.read(directory.resolve(entry.file()), RecordFile.MAX_BYTES);
      if (Digest.of(content).equals(entry.digest())) {
        return content;
      }
    } catch (IOException e) {
      throw damaged(entry).toException(e);
    }
    throw damaged(entry).toException();
  }

  private static RecordFile parse(byte[] content) {
    return RecordFile.parse(content)
        .orElseThrow(
            () -> Problem.of(ProblemCode.VAULT_CORRUPT, "A record has no shape.").toException());
  }

  private static Problem damaged(Manifest.Entry entry) {
    return Problem.of(
            ProblemCode.VAULT_CORRUPT,
            "The record of the secret '" + entry.name() + "' is missing or damaged.")
        .withRule("vault.record")
        .withHint("Restore the vault's directory from a backup.");
  }

  private static String key(Manifest.Entry entry) {
    return entry.file() + " " + entry.digest().toHex();
  }
}
