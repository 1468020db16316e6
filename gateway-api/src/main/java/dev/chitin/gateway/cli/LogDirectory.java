package dev.chitin.gateway.cli;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Directories in which a command looks for an audit log, or for an export of one. */
final class LogDirectory {
  private LogDirectory() {}

  /**
   * {@code directory}, in which there is one.
   *
   * @param option that names another
   * @throws dev.chitin.bus.ChitinException {@code request.not_found} when there is none
   */
  static Path require(Path directory, String option) throws IOException {
    if (!holdsLog(directory)) {
      throw Problem.of(ProblemCode.REQUEST_NOT_FOUND, "There is no audit log in " + directory + ".")
          .withHint("Set CHITIN_HOME, or name the directory with " + option + ".")
          .toException();
    }
    return directory;
  }

  private static boolean holdsLog(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(directory, "{segment-*.log,checkpoint}")) {
      return files.iterator().hasNext();
    }
  }
}
