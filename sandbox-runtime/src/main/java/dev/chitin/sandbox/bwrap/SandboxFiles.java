package dev.chitin.sandbox.bwrap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The few files that every sandbox sees and the host does not have: its small {@code /etc} with the
 * marker in it, and the empty file and directory that stand for what is hidden. They are mounted
 * read-only.
 *
 * @param etc directory that becomes {@code /etc}, with copies of what programs need of the host's
 * @param emptyFile an empty file
 * @param emptyDirectory an empty directory
 */
record SandboxFiles(Path etc, Path emptyFile, Path emptyDirectory) {
  static final int UID = 1000;

  /** Where {@link SandboxLayout#MARKER} points to; a link costs no mount. */
  static final String MARKER_TARGET = "etc/chitin-sandbox";

  /** Makes them below {@code runDirectory}, which becomes readable for this user alone. */
  static SandboxFiles create(Path runDirectory) throws IOException {
    Files.createDirectories(runDirectory);
    if (!Files.isDirectory(runDirectory, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("the run directory is a link or no directory");
    }
    Files.setPosixFilePermissions(runDirectory, PosixFilePermissions.fromString("rwx------"));
    Path base = Files.createDirectories(runDirectory.resolve("fixed"));
    Path etc = Files.createDirectories(base.resolve("etc"));
    write(etc, "passwd", "sandbox:x:" + UID + ":" + UID + "::/tmp:/bin/sh\n");
    write(etc, "group", "sandbox:x:" + UID + ":\n");
    write(etc, "hosts", "127.0.0.1 localhost\n::1 localhost\n");
    write(etc, "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
    write(etc, "chitin-sandbox", "chitin sandbox\n");
    copyFile(Path.of("/etc/ld.so.cache"), etc.resolve("ld.so.cache"));
    // The place for the host's.
    Files.createDirectories(etc.resolve("alternatives"));
    return new SandboxFiles(
        etc,
        write(base, "empty-file", ""),
        Files.createDirectories(base.resolve("empty-directory")));
  }

  /** A copy, since each file that is mounted from the host costs time in every run. */
  private static void copyFile(Path from, Path to) throws IOException {
    if (Files.exists(from)) {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static Path write(Path directory, String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }
}
