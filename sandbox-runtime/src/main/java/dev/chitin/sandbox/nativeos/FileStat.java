package dev.chitin.sandbox.nativeos;

/**
 * What statx(2) says about an open file.
 *
 * @param mode type and permission bits
 * @param links number of hard links
 * @param uid owner
 * @param device device number in the form of {@code st_dev}
 * @param inode inode number
 * @param size bytes
 * @param allocated bytes that it takes on its file system; less than the size where it has holes
 */
public record FileStat(
    int mode, long links, int uid, long device, long inode, long size, long allocated) {
  private static final int TYPE = 0170000;

  public boolean isRegular() {
    return (mode & TYPE) == 0100000;
  }

  public boolean isDirectory() {
    return (mode & TYPE) == 0040000;
  }

  public boolean isSymlink() {
    return (mode & TYPE) == 0120000;
  }

  /** What it is, for people. */
  public String kind() {
    return switch (mode & TYPE) {
      case 0100000 -> "a regular file";
      case 0040000 -> "a directory";
      case 0120000 -> "a symbolic link";
      case 0010000 -> "a FIFO";
      case 0140000 -> "a socket";
      case 0020000, 0060000 -> "a device";
      default -> "of an unknown kind";
    };
  }

  /**
   * {@code dev:inode}, the form that plans use; equal to Java's {@code unix:dev} and {@code
   * unix:ino}.
   */
  public String identity() {
    return Long.toUnsignedString(device) + ":" + Long.toUnsignedString(inode);
  }
}
