package dev.chitin.vault;

import dev.chitin.bus.Digest;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.ManifestFile;
import dev.chitin.vault.store.ValueFiles;
import dev.chitin.vault.store.WriterLock;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads a vault's files in the order in which each can be trusted. */
final class VaultFiles {
  private final Layout layout;
  private final Disk disk;

  VaultFiles(Layout layout, Disk disk) {
    this.layout = layout;
    this.disk = disk;
  }

  /** What can be read without a key. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Outside(ManifestFile manifest, Digest digest, byte[] header, byte[] keyring) {}

  Outside outside() {
    try {
      byte[] manifest = disk.read(layout.manifest(), ManifestFile.MAX_BYTES);
      ManifestFile parsed = ManifestFile.parse(manifest);
      return new Outside(
          parsed,
          ManifestFile.digest(manifest),
          disk.read(layout.header(parsed.headerGeneration()), Header.MAX_BYTES),
          disk.read(layout.keyring(parsed.keyringGeneration()), Keyring.MAX_BYTES));
    } catch (IOException e) {
      throw VaultFaults.corrupt(
          "A file of the vault is missing or cannot be read: " + name(e) + ".", "vault.file", e);
    }
  }

  private static String name(IOException e) {
    return e instanceof NoSuchFileException missing
        ? String.valueOf(Path.of(missing.getFile()).getFileName())
        : "see the log";
  }

  /** The manifest, once the root key is there; compared with all that was read before it. */
  static Manifest manifest(Box box, MemorySegment root, byte[] vaultId, Outside outside) {
    byte[] sealed = outside.manifest().box();
    int length = Box.contentLength(sealed.length);
    if (length <= 0) {
      throw damaged();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment clear = arena.allocate(length);
      if (!box.open(
          root,
          Box.Kind.MANIFEST,
          manifestPlace(vaultId, outside.manifest().epoch()),
          sealed,
          clear)) {
        throw damaged();
      }
      Manifest manifest = Manifest.parse(clear.toArray(ValueLayout.JAVA_BYTE));
      if (!outside.manifest().fits(manifest)) {
        throw damaged();
      }
      if (!Digest.of(outside.header()).equals(manifest.header())) {
        throw VaultFaults.corrupt("The vault's header is another.", "vault.header", null);
      }
      if (!Digest.of(outside.keyring()).equals(manifest.keyring())) {
        throw VaultFaults.corrupt("The vault's keyring is another.", "vault.keyring", null);
      }
      return manifest;
    }
  }

  private static RuntimeException damaged() {
    return VaultFaults.corrupt("The vault's manifest is damaged.", "vault.manifest", null);
  }

  /** The file of {@code manifest}. */
  static byte[] seal(Box box, MemorySegment root, byte[] vaultId, Manifest manifest) {
    byte[] bytes = manifest.bytes();
    if (bytes.length > Manifest.MAX_BYTES) {
      throw VaultFaults.unavailable("The vault's manifest is full.", "vault.full", null);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment clear = arena.allocate(bytes.length);
      MemorySegment.copy(bytes, 0, clear, ValueLayout.JAVA_BYTE, 0, bytes.length);
      return new ManifestFile(
              manifest.epoch(),
              manifest.headerGeneration(),
              manifest.keyringGeneration(),
              box.seal(root, Box.Kind.MANIFEST, manifestPlace(vaultId, manifest.epoch()), clear))
          .bytes();
    }
  }

  private static Box.Place manifestPlace(byte[] vaultId, long epoch) {
    return Box.Place.unbound(vaultId, "manifest", epoch, 0);
  }

  /** Removes what {@code manifest} does not name; answers how many files. */
  int removeOrphans(Manifest manifest, ValueFiles values, Set<String> valueNames) {
    Set<String> known =
        Set.of(
            WriterLock.NAME,
            layout.manifest().getFileName().toString(),
            layout.values().getFileName().toString(),
            layout.header(manifest.headerGeneration()).getFileName().toString(),
            layout.keyring(manifest.keyringGeneration()).getFileName().toString());
    try {
      List<Path> orphans = new ArrayList<>();
      try (DirectoryStream<Path> files = Files.newDirectoryStream(layout.directory())) {
        for (Path file : files) {
          if (!known.contains(file.getFileName().toString())) {
            orphans.add(file);
          }
        }
      }
      for (Path orphan : orphans) {
        if (Files.isDirectory(orphan, LinkOption.NOFOLLOW_LINKS)) {
          throw VaultFaults.corrupt(
              "The vault holds a directory that is not its own.", "vault.orphans", null);
        }
        disk.delete(orphan);
      }
      return orphans.size() + values.removeOrphans(valueNames);
    } catch (IOException e) {
      throw VaultFaults.unavailable(
          "Left-over files of the vault cannot be removed.", "vault.orphans", e);
    }
  }

  /** Removes a vault that was begun and not finished. */
  void removeBegun() throws IOException {
    if (!Files.exists(layout.directory(), LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> left = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(layout.directory())) {
      files.forEach(left::add);
    }
    for (Path file : left) {
      disk.delete(file);
    }
    disk.delete(layout.directory());
  }
}
