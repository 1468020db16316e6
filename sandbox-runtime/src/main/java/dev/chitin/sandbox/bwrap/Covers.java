package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.DirectoryEntries;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Processes;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The empty files and directories that hold the place of protected names that do not exist, so that
 * a tool cannot make them. Each is made on the host just before a run and removed after the last
 * run that needs it, if it is still what was made. Runs in the same directory share one; it must
 * not go while another run still has it mounted, or that run could make the name after all.
 */
final class Covers {
  private static final int FILE_MODE = 0400;
  private static final int DIRECTORY_MODE = 0500;

  private final Map<Key, Cover> active = new HashMap<>();
  private final CoverJournal journal;

  Covers(CoverJournal journal) {
    this.journal = journal;
  }

  /** A name in a directory, the directory by identity. */
  private record Key(String directory, String name) {}

  private static final class Cover {
    private final FileStat made;
    private final String path;
    private int users = 1;

    private Cover(FileStat made, String path) {
      this.made = made;
      this.path = path;
    }
  }

  /** One run's share in a cover. */
  record Share(Fd directory, String name, String directoryIdentity) {}

  /**
   * What a protected name is now.
   *
   * @param stat what is there
   * @param share the duty to release it, when it is a cover
   */
  record Claim(FileStat stat, Optional<Share> share) {}

  /**
   * Looks at {@code name} and, when {@code fill} is set and there is nothing, makes a cover.
   *
   * @param hostPath of the name, for the journal
   * @return empty when there is nothing and nothing was made
   */
  synchronized Optional<Claim> claim(
      Fd directory,
      String directoryIdentity,
      String name,
      String hostPath,
      boolean fill,
      boolean asFile)
      throws IOException {
    var key = new Key(directoryIdentity, name);
    Optional<FileStat> there = look(directory, name);
    Cover shared = active.get(key);
    if (shared != null && there.isPresent() && same(shared.made, there.get())) {
      shared.users++;
      return Optional.of(
          new Claim(there.get(), Optional.of(new Share(directory, name, directoryIdentity))));
    }
    if (there.isPresent()) {
      return Optional.of(new Claim(there.get(), Optional.empty()));
    }
    if (!fill) {
      return Optional.empty();
    }
    journal.made(hostPath);
    make(directory, name, asFile);
    FileStat made = Statx.lstatat(directory, name);
    active.put(key, new Cover(made, hostPath));
    return Optional.of(new Claim(made, Optional.of(new Share(directory, name, directoryIdentity))));
  }

  private static void make(Fd directory, String name, boolean asFile) throws ErrnoException {
    if (asFile) {
      Open.openat2(
              directory.number(),
              name,
              Open.O_WRONLY | Open.O_CREAT | Open.O_EXCL,
              FILE_MODE,
              Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS)
          .close();
    } else {
      DirectoryEntries.mkdirat(directory, name, DIRECTORY_MODE);
    }
  }

  /** Gives a share back; the last one removes the cover, unless it became something else. */
  synchronized void release(Share share) throws IOException {
    var key = new Key(share.directoryIdentity(), share.name());
    Cover cover = active.get(key);
    if (cover == null || --cover.users > 0) {
      return;
    }
    active.remove(key);
    Optional<FileStat> there = look(share.directory(), share.name());
    if (there.isPresent() && same(cover.made, there.get())) {
      remove(share.directory(), share.name(), there.get());
    }
    journal.removed(cover.path, active.isEmpty());
  }

  private static boolean same(FileStat made, FileStat now) {
    return made.identity().equals(now.identity()) && made.mode() == now.mode();
  }

  /** Removes a cover if it is empty. What is not empty is somebody's by now, and stays. */
  static void remove(Fd directory, String name, FileStat stat) throws ErrnoException {
    if (stat.isDirectory()) {
      try {
        DirectoryEntries.rmdirat(directory, name);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.ENOTEMPTY && e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    } else if (stat.isRegular() && stat.size() == 0) {
      DirectoryEntries.unlinkat(directory, name);
    }
  }

  /** Whether {@code stat} could be a cover that a dead gateway of this user left behind. */
  static boolean looksLikeCover(FileStat stat) {
    int permissions = stat.mode() & 07777;
    return stat.uid() == Processes.geteuid()
        && (stat.isDirectory()
            ? permissions == DIRECTORY_MODE
            : stat.isRegular()
                && permissions == FILE_MODE
                && stat.size() == 0
                && stat.links() == 1);
  }

  private static Optional<FileStat> look(Fd directory, String name) throws ErrnoException {
    try {
      return Optional.of(Statx.lstatat(directory, name));
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
