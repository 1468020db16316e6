package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.PosixDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * The file of 32 random bytes that unlocks a vault without a passphrase. Its bytes go between disk
 * and native memory and never over the heap.
 */
public final class KeyFile {
  /** Its exact length, in bytes. */
  public static final int BYTES = 32;

  /** How the name of a key file ends that is being made. */
  private static final String BEGUN = ".begun";

  private static final int OTHERS = 077;
  private static final int OTHERS_OF_A_CREDENTIAL = 037;
  private static final int OTHERS_MAY_WRITE = 022;
  private static final int PERMISSIONS = 07777;

  private final Path path;
  private final Path chitinHome;
  private final boolean systemd;
  private final Disk disk;

  /**
   * Names a key file.
   *
   * @param chitinHome the directory in which the key may not lie, since it is backed up with it
   */
  public KeyFile(Path path, Path chitinHome) {
    this(path, chitinHome, false, new PosixDisk());
  }

  private KeyFile(Path path, Path chitinHome, boolean systemd, Disk disk) {
    this.path = path.toAbsolutePath().normalize();
    this.chitinHome = chitinHome.toAbsolutePath().normalize();
    this.systemd = systemd;
    this.disk = disk;
  }

  /**
   * A key that systemd hands to the service as a credential (systemd.exec(5), {@code
   * LoadCredential=}): it may belong to root, and its group bits are those of an access list.
   *
   * @param path below {@code $CREDENTIALS_DIRECTORY}
   */
  public static KeyFile credential(Path path, Path chitinHome) {
    return new KeyFile(path, chitinHome, true, new PosixDisk());
  }

  /** Whether something lies there, whatever it is. */
  public boolean isThere() {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  public Path path() {
    return path;
  }

  /** The same, on another disk. */
  KeyFile on(Disk other) {
    return new KeyFile(path, chitinHome, systemd, other);
  }

  /**
   * Makes the file, 0600, with a fresh key, whole or not at all: it is written and synced under
   * another name, and then linked to its own, which replaces nothing. Directories above it that are
   * missing are made, 0700.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when it is there already or
   *     its place is not fit for a key
   */
  public void create() {
    try (SecretBytes key = SecretBytes.allocate(BYTES)) {
      SecretMemory.random(key.segment());
      make(key);
    }
  }

  /**
   * Makes {@code other} with the same key, as {@link #create} does; this file stays.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when there is something of
   *     that name, or either file or its place is not fit for a key
   */
  public void copyTo(KeyFile other) {
    try (SecretBytes key = read()) {
      other.make(key);
    }
  }

  private void make(SecretBytes key) {
    try {
      makeDirectory(parent());
      checkPlace();
      removeBegun();
      Path begun = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + BEGUN);
      disk.writeNew(begun, key.segment());
      try {
        disk.link(begun, path);
      } finally {
        disk.delete(begun);
      }
      disk.syncDirectory(parent());
    } catch (FileAlreadyExistsException e) {
      throw refused("key.exists", "There is a key file already.", "Use it, or name another.");
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Makes the file, 0600, with a fresh key, under its own name from the first byte on: no other
   * name ever shows it. A crash may leave it shorter than a key; what uses it must not count on it
   * before this returns.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when it is there already or
   *     its place is not fit for a key
   */
  public void createInPlace() {
    try (SecretBytes key = SecretBytes.allocate(BYTES)) {
      checkPlace();
      SecretMemory.random(key.segment());
      disk.writeNew(path, key.segment());
      disk.syncDirectory(parent());
    } catch (FileAlreadyExistsException e) {
      throw refused("key.exists", "There is a key file already.", "Use it, or name another.");
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Gives the key another name in the same directory, durably.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when there is something of
   *     that name, or the file cannot be moved
   */
  public void moveTo(KeyFile other) {
    try {
      if (other.isThere()) {
        throw refused("key.exists", "There is a key file already.", "Look which one is right.");
      }
      disk.rename(path, other.path);
      disk.syncDirectory(parent());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Overwrites the key with zeros, removes the file, and returns when both are on the disk. What a
   * disk keeps of overwritten blocks, or a copy made before, is out of its reach. Does nothing
   * where there is no file.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when it cannot
   */
  public void destroy() {
    if (!isThere()) {
      return;
    }
    try {
      if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        wipe();
      }
      disk.delete(path);
      disk.syncDirectory(parent());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private void wipe() throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      ByteBuffer zeros = ByteBuffer.allocate(Math.toIntExact(Math.min(channel.size(), 1 << 16)));
      while (zeros.hasRemaining()) {
        channel.write(zeros);
      }
      channel.force(true);
    }
  }

  /** Each directory's name is durable before anything is put into it. */
  private void makeDirectory(Path directory) throws IOException {
    Path above = directory.getParent();
    if (above == null || Files.isDirectory(directory)) {
      return;
    }
    makeDirectory(above);
    disk.createDirectory(directory);
    disk.syncDirectory(above);
  }

  /** What a crash left of an earlier {@link #create}: a key that nothing was sealed with. */
  private void removeBegun() throws IOException {
    String begins = path.getFileName() + ".";
    List<Path> left = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(parent())) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.startsWith(begins) && name.endsWith(BEGUN)) {
          left.add(file);
        }
      }
    }
    for (Path file : left) {
      disk.delete(file);
    }
  }

  /**
   * The key; the caller closes it.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when the file is missing or
   *     anybody else could have read or replaced it
   */
  public SecretBytes read() {
    checkPlace();
    try {
      Map<String, Object> before = stat();
      if (number(before, "nlink") != 1) {
        removeBegun();
        before = stat();
      }
      check(before);
      SecretBytes key = SecretBytes.allocate(BYTES);
      try {
        fill(key);
        if (!stat().equals(before)) {
          throw refused("key.changed", "The key file changed while it was read.", "Try again.");
        }
        return key;
      } catch (IOException | RuntimeException e) {
        key.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw refused(
          "key.missing", "There is no key file.", "Put it back, or make one for a new vault.");
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private void fill(SecretBytes key) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      ByteBuffer bytes = key.segment().asByteBuffer();
      int read = 0;
      while (bytes.hasRemaining() && read >= 0) {
        read = channel.read(bytes);
      }
      if (bytes.hasRemaining()) {
        throw refused(
            "key.length", "The key file is not 32 bytes long.", "Put the right one back.");
      }
    }
  }

  private Map<String, Object> stat() throws IOException {
    return Files.readAttributes(
        path, "unix:mode,uid,nlink,size,ino,dev,ctime", LinkOption.NOFOLLOW_LINKS);
  }

  private void check(Map<String, Object> stat) {
    int mode = number(stat, "mode");
    if ((mode & 0170000) != 0100000) {
      throw refused("key.type", "The key file is a link or no regular file.", "Name the file.");
    }
    if ((mode & PERMISSIONS & (systemd ? OTHERS_OF_A_CREDENTIAL : OTHERS)) != 0) {
      throw refused(
          "key.permissions", "The key file is open to others.", "Run chmod 600 on the key file.");
    }
    int owner = number(stat, "uid");
    if (owner != SecretMemory.effectiveUser() && !(systemd && owner == 0)) {
      throw refused("key.owner", "The key file belongs to another user.", "Own it yourself.");
    }
    if (number(stat, "nlink") != 1) {
      throw refused("key.links", "The key file has another name too.", "Remove the hard link.");
    }
    if (((Number) Objects.requireNonNull(stat.get("size"))).longValue() != BYTES) {
      throw refused("key.length", "The key file is not 32 bytes long.", "Put the right one back.");
    }
  }

  private static int number(Map<String, Object> stat, String name) {
    return ((Number) Objects.requireNonNull(stat.get(name))).intValue();
  }

  /** Whether the file is, or would be, beside what it opens: in Chitin's home or below it. */
  public boolean isAtHome() {
    try {
      Path above = path;
      while (above.getParent() != null && !Files.exists(above)) {
        above = above.getParent();
      }
      Path real = above.toRealPath().resolve(above.relativize(path));
      return real.startsWith(realHome());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private Path realHome() throws IOException {
    return Files.exists(chitinHome) ? chitinHome.toRealPath() : chitinHome;
  }

  /**
   * Refuses a file beside what it opens, whether it is there or not.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when it lies in Chitin's
   *     home
   */
  public void requireElsewhere() {
    if (isAtHome()) {
      throw atHome();
    }
  }

  private RuntimeException atHome() {
    return refused(
        "key.place", "The key file lies in Chitin's home.", "Keep it in another directory.");
  }

  /**
   * Checks the directory in which the file is or would be.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unlock_failed} when it is missing, lies in
   *     Chitin's home, or others may write it
   */
  public void checkPlace() {
    try {
      Path realParent = parent().toRealPath();
      if (realParent.startsWith(realHome())) {
        throw atHome();
      }
      int mode = (int) Files.getAttribute(realParent, "unix:mode");
      if ((mode & OTHERS_MAY_WRITE) != 0) {
        throw refused(
            "key.parent", "Others may write the key file's directory.", "Run chmod go-w on it.");
      }
    } catch (NoSuchFileException e) {
      throw refused("key.missing", "The key file's directory is not there.", "Make it.");
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private Path parent() {
    Path parent = path.getParent();
    return parent == null ? path : parent;
  }

  private RuntimeException unreadable(IOException e) {
    return Problem.of(ProblemCode.VAULT_UNLOCK_FAILED, "The key file cannot be read or written.")
        .withRule("key.unreadable")
        .withHint("Look at the rights of the file and of the directories above it: " + path)
        .toException(e);
  }

  private RuntimeException refused(String rule, String detail, String hint) {
    return Problem.of(ProblemCode.VAULT_UNLOCK_FAILED, detail)
        .withRule(rule)
        .withHint(hint + " The file: " + path)
        .toException();
  }
}
