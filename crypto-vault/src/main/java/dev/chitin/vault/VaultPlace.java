package dev.chitin.vault;

import dev.chitin.bus.Digest;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.ManifestFile;
import dev.chitin.vault.store.WriterLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether the files of an open vault are still where and as it left them: what is in use lies
 * in memory, so that nothing else would tell before the next change, or the next start. Used under
 * the store's writer lock.
 */
final class VaultPlace {
  /** Less than this and a change may find no room. */
  private static final long LEAST_ROOM = 1 << 20;

  private static final String PROBE = "probe";
  private static final byte[] PROBE_BYTES = new byte[64];

  private final VaultSetup setup;
  private final Layout layout;
  private final @Nullable Object lock;

  /** Of a vault whose lock is held. */
  VaultPlace(VaultSetup setup, Layout layout) {
    this.setup = setup;
    this.layout = layout;
    this.lock = identity(lockFile());
  }

  private Path lockFile() {
    return layout.directory().resolve(WriterLock.NAME);
  }

  /** What tells a file from another of its name; null where nothing does. */
  private static @Nullable Object identity(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .fileKey();
    } catch (IOException e) {
      return null; // Then the manifest's absence is told, or nothing can be.
    }
  }

  /**
   * What is wrong, and what to do; empty when nothing is.
   *
   * @param manifest digest of the manifest's file as it was last written
   */
  Optional<String> fault(Digest manifest) {
    Path directory = layout.directory();
    if (!Files.isDirectory(directory)) {
      return Optional.of(directory + " is gone; put it back before the gateway is started again");
    }
    try {
      if (!ManifestFile.digest(setup.disk().read(layout.manifest(), ManifestFile.MAX_BYTES))
          .equals(manifest)) {
        return replaced("the manifest in " + directory);
      }
      if (!Objects.equals(identity(lockFile()), lock)) {
        return replaced("the lock in " + directory);
      }
      return unwritable(directory);
    } catch (NoSuchFileException e) {
      return Optional.of(e.getFile() + " is gone; put it back before the gateway is started again");
    } catch (IOException e) {
      return Optional.of(
          layout.manifest() + " cannot be read; look at the disk and the rights of " + directory);
    }
  }

  private static Optional<String> replaced(String what) {
    return Optional.of(
        what + " is not the one that was opened; put that back, or start the gateway again");
  }

  private static Optional<String> unwritable(Path directory) throws IOException {
    if (!Files.isWritable(directory)) {
      return Optional.of(directory + " cannot be written: no secret can be stored or changed");
    }
    return Files.getFileStore(directory).getUsableSpace() < LEAST_ROOM
        ? Optional.of("there is no room under " + directory + ": no secret can be stored")
        : Optional.empty();
  }

  /** Writes a file beside the vault's, and removes it; what is wrong when that fails. */
  Optional<String> tryWrite() {
    Path probe = layout.directory().resolve(PROBE);
    try {
      setup.disk().delete(probe);
      setup.disk().writeNew(probe, PROBE_BYTES);
      setup.disk().delete(probe);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          layout.directory()
              + " takes no file, and so no secret; look at the disk and the directory's rights");
    }
  }
}
