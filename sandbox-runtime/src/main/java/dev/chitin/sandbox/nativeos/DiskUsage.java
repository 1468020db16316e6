package dev.chitin.sandbox.nativeos;

/**
 * What a directory tree takes on disk, as far as it was walked.
 *
 * @param bytes in blocks that are allocated: a sparse file counts by what it holds
 * @param files files, directories, links and whatever else has an inode, the root aside
 * @param unreadable directories that this user cannot list
 * @param foreign places where another file system is mounted; they are not walked
 * @param bound what ended the walk early, {@link Bound#NONE} when nothing did
 */
public record DiskUsage(long bytes, long files, long unreadable, long foreign, Bound bound) {

  /** Why a walk ended before it had seen everything. */
  public enum Bound {
    NONE,
    ENTRIES,
    TIME,
    DEPTH
  }
}
