package dev.chitin.vault.store;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.VaultFaults;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sealed values, one file for each version, {@code "CHVR" ‖ u8 format ‖ box}, never written
 * twice; and the memory of them: up to {@value #MAX_REMEMBERED_BYTES} bytes of ciphertext in the
 * order in which they came, what does not fit is read each time. Safe for use from any thread.
 */
public final class ValueFiles {
  /** Most ciphertext remembered, in bytes. */
  public static final long MAX_REMEMBERED_BYTES = 64L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(ValueFiles.class);
  private static final byte[] HEAD =
      new Wire().raw("CHVR".getBytes(StandardCharsets.US_ASCII)).u8(Header.FORMAT).bytes();
  private static final int MAX_BYTES = HEAD.length + Box.OVERHEAD + SecretBytes.MAX_BYTES;

  private final Path directory;
  private final Disk disk;
  private final Map<String, byte[]> remembered = new ConcurrentHashMap<>();
  private final AtomicLong rememberedBytes = new AtomicLong();

  public ValueFiles(Path directory, Disk disk) {
    this.directory = directory;
    this.disk = disk;
  }

  /** The file of a box. */
  public static byte[] fileOf(byte[] box) {
    return new Wire().raw(HEAD).raw(box).bytes();
  }

  /** Writes a new value durably. */
  public void write(String name, byte[] content) throws IOException {
    Path file = directory.resolve(name);
    Path parent = directory.resolve(name.substring(0, 2));
    if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
      disk.createDirectory(parent);
      disk.syncDirectory(directory);
    }
    // A file of this name that is in no manifest was left by a commit that did not end.
    disk.delete(file);
    disk.writeNew(file, content);
    disk.syncDirectory(parent);
  }

  /**
   * The sealed value, from memory or checked from disk.
   *
   * @throws ChitinException {@code vault.corrupt} when it is missing or another
   */
  public byte[] box(String name, Digest digest) {
    byte[] known = remembered.get(key(name, digest));
    return known != null ? known : boxOf(read(name, digest));
  }

  public boolean isRemembered(String name, Digest digest) {
    return remembered.containsKey(key(name, digest));
  }

  /** Checks a value against its digest and remembers it while there is room. */
  public void load(String name, Digest digest) {
    remember(name, digest, read(name, digest));
  }

  public void remember(String name, Digest digest, byte[] content) {
    byte[] box = boxOf(content);
    if (rememberedBytes.addAndGet(box.length) > MAX_REMEMBERED_BYTES
        || remembered.put(key(name, digest), box) != null) {
      rememberedBytes.addAndGet(-box.length);
    }
  }

  /** Forgets a value and removes its file; a file that stays is an orphan of the next opening. */
  public void abandon(String name, Digest digest) {
    byte @Nullable [] known = remembered.remove(key(name, digest));
    if (known != null) {
      rememberedBytes.addAndGet(-known.length);
    }
    try {
      disk.delete(directory.resolve(name));
    } catch (IOException e) {
      LOG.warn("a value that is no longer used stays on disk until the vault opens again", e);
    }
  }

  /** Removes files that are not among {@code named}; answers how many. */
  public int removeOrphans(Set<String> named) throws IOException {
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

  private byte[] read(String name, Digest digest) {
    byte[] content;
    try {
      content = disk.read(directory.resolve(name), MAX_BYTES);
    } catch (IOException e) {
      throw VaultFaults.corrupt("The file of a value is missing.", "vault.value", e);
    }
    if (!Digest.of(content).equals(digest)) {
      throw VaultFaults.corrupt("The file of a value is damaged.", "vault.value", null);
    }
    return content;
  }

  private static byte[] boxOf(byte[] content) {
    if (content.length <= HEAD.length + Box.OVERHEAD
        || content.length > MAX_BYTES
        || !Arrays.equals(content, 0, HEAD.length, HEAD, 0, HEAD.length)) {
      throw VaultFaults.corrupt("The file of a value is damaged.", "vault.value", null);
    }
    return Arrays.copyOfRange(content, HEAD.length, content.length);
  }

  private static String key(String name, Digest digest) {
    return name + " " + digest.toHex();
  }
}
