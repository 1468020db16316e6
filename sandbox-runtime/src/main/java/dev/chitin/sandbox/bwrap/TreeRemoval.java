package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.Bytes;
import dev.chitin.sandbox.nativeos.Directories;
import dev.chitin.sandbox.nativeos.DirectoryEntries;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Removes a directory whatever a tool has put into it, some entries at a time: any depth, any
 * number, any bytes as names, any permissions, and never through a link.
 *
 * <p>A directory is not walked down. What is a directory in it is moved up, beside the others at
 * the top, and emptied in its turn, so that depth costs neither stack nor descriptors and each
 * entry is touched a fixed number of times.
 */
final class TreeRemoval {
  private static final int BATCH = 1024;
  private static final int NO_LINKS =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  private final Fd parent;
  private final String name;

  /** Nobody inside could have known it, so what begins with it was moved up by this object. */
  private final Bytes prefix;

  private long moved;
  private long entries;
  private long bytes;
  private int budget;

  /**
   * @param parent of the directory; stays open
   * @param name of the directory in it
   */
  TreeRemoval(Fd parent, String name) {
    this.parent = parent;
    this.name = name;
    byte[] random = new byte[8];
    new SecureRandom().nextBytes(random);
    prefix =
        Bytes.adopt(
            (".removed-" + HexFormat.of().formatHex(random) + "-")
                .getBytes(StandardCharsets.US_ASCII));
  }

  /** Files and directories met so far, without the one at the top. */
  long entries() {
    return entries;
  }

  /** Bytes that the files took. */
  long bytes() {
    return bytes;
  }

  /**
   * Removes on.
   *
   * @param most entries that are taken in this step
   * @return whether nothing is left
   * @throws IOException when something cannot be removed; a later try may go further
   */
  boolean step(int most) throws IOException {
    budget = most;
    try (Fd top = open(parent, name)) {
      while (budget > 0) {
        List<Bytes> batch = list(top);
        if (batch.isEmpty()) {
          DirectoryEntries.rmdirat(parent, name);
          return true;
        }
        for (Bytes entry : batch) {
          if (budget <= 0) {
            return false;
          }
          if (startsWithPrefix(entry)) {
            if (!empty(top, new String(entry.borrow(), StandardCharsets.US_ASCII))) {
              return false;
            }
          } else {
            take(top, entry, top);
          }
        }
      }
      return false;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT && entries == 0) {
        return true;
      }
      throw e;
    }
  }

  /** Empties and removes one directory at the top. */
  private boolean empty(Fd top, String child) throws IOException {
    try (Fd directory = open(top, child)) {
      while (budget > 0) {
        List<Bytes> batch = list(directory);
        if (batch.isEmpty()) {
          DirectoryEntries.rmdirat(top, child);
          return true;
        }
        for (Bytes entry : batch) {
          if (budget <= 0) {
            return false;
          }
          take(directory, entry, top);
        }
      }
      return false;
    }
  }

  /** Removes a file, or moves a directory up. */
  private void take(Fd directory, Bytes entry, Fd top) throws IOException {
    budget--;
    entries++;
    FileStat stat = Statx.lstatat(directory, entry);
    if (stat.isDirectory()) {
      moveUp(directory, entry, top);
      return;
    }
    bytes += stat.allocated();
    DirectoryEntries.unlinkat(directory, entry);
  }

  private void moveUp(Fd directory, Bytes entry, Fd top) throws IOException {
    try {
      DirectoryEntries.move(directory, entry, top, fresh());
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
      // A directory without permissions may change its name, but not its parent.
      String here = fresh();
      DirectoryEntries.move(directory, entry, directory, here);
      open(directory, here).close();
      DirectoryEntries.move(directory, ascii(here), top, fresh());
    }
  }

  private String fresh() {
    return new String(prefix.borrow(), StandardCharsets.US_ASCII) + moved++;
  }

  private static Bytes ascii(String text) {
    return Bytes.adopt(text.getBytes(StandardCharsets.US_ASCII));
  }

  private boolean startsWithPrefix(Bytes entry) {
    byte[] start = prefix.borrow();
    byte[] candidate = entry.borrow();
    return candidate.length > start.length
        && Arrays.equals(candidate, 0, start.length, start, 0, start.length);
  }

  private List<Bytes> list(Fd directory) throws ErrnoException {
    try (Fd readable =
        Open.openat2(directory.number(), ".", Open.O_RDONLY | Open.O_DIRECTORY, 0, NO_LINKS)) {
      return Directories.names(readable, Math.min(BATCH, budget));
    }
  }

  /** Opens a directory and makes it this user's again. */
  private static Fd open(Fd directory, String name) throws IOException {
    Fd opened = Open.openat2(directory.number(), name, Open.O_PATH | Open.O_DIRECTORY, 0, NO_LINKS);
    try {
      if ((Statx.fstat(opened).mode() & 0700) != 0700) {
        Files.setPosixFilePermissions(
            Path.of("/proc/self/fd/" + opened.number()),
            PosixFilePermissions.fromString("rwx------"));
      }
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }
}
