package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Directories;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** How a directory treats names that differ in nothing but upper and lower case. */
enum LetterCase {
  /** They are different names. */
  TELLS_APART,
  /**
   * They are one entry of the kernel's own (a casefold directory of ext4, f2fs or tmpfs, FAT): what
   * is mounted over one spelling lies over all of them.
   */
  FOLDS,
  /**
   * The file system answers to any spelling behind the kernel's back (a share of a machine that
   * folds case): a mount covers one spelling, and every other one leads past it.
   */
  LEADS_PAST;

  private static final int LISTED = 65_536;
  private static final int NO_LINKS =
      Open.RESOLVE_BENEATH | Open.RESOLVE_NO_SYMLINKS | Open.RESOLVE_NO_MAGICLINKS;

  /**
   * Looks at {@code directory} by an entry that exists in it; one system call where case is told
   * apart.
   *
   * @param name of an entry that is no link and has a letter in it
   */
  static LetterCase of(Fd directory, String name) throws IOException {
    String swapped = swap(name);
    FileStat exact = Statx.lstatat(directory, name);
    try (Fd other = Open.openat2(directory.number(), swapped, Open.O_PATH, 0, NO_LINKS)) {
      if (!Statx.fstat(other).identity().equals(exact.identity())) {
        return TELLS_APART;
      }
      // The kernel tells by which entry it got there.
      Path entry = Files.readSymbolicLink(Path.of("/proc/self/fd/" + other.number()));
      return entry.endsWith(name) ? FOLDS : listed(directory, name, swapped);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ELOOP) {
        return TELLS_APART;
      }
      throw e;
    }
  }

  /** Two hard links of one file in a directory that tells case apart are two entries of it. */
  private static LetterCase listed(Fd directory, String name, String swapped) throws IOException {
    Set<String> found = new HashSet<>();
    try (Fd readable =
        Open.openat2(directory.number(), ".", Open.O_RDONLY | Open.O_DIRECTORY, 0, NO_LINKS)) {
      Directories.list(
          readable,
          LISTED,
          entry -> {
            if (entry.name().equals(name) || entry.name().equals(swapped)) {
              found.add(entry.name());
            }
          });
    }
    return found.size() == 2 ? TELLS_APART : LEADS_PAST;
  }

  private static String swap(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.equals(name) ? name.toLowerCase(Locale.ROOT) : upper;
  }
}
