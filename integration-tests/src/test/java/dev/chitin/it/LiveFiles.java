package dev.chitin.it;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Files of a process that goes on while they are looked at. One that is gone meanwhile, as each
 * that is renamed to its lasting name is, is passed over.
 */
public final class LiveFiles {
  private LiveFiles() {}

  /** Looks at one file. */
  @FunctionalInterface
  public interface Look<T> {
    T at(Path file) throws IOException;
  }

  /** All that is in {@code directory} and below, itself and other directories among it. */
  public static List<Path> in(Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path below, BasicFileAttributes attributes) {
            files.add(below);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            files.add(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
    return files;
  }

  /** What {@code look} sees of a file, or nothing when it is gone. */
  public static <T> Optional<T> look(Path file, Look<T> look) throws IOException {
    try {
      return Optional.of(look.at(file));
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    } catch (IOException e) {
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        throw e;
      }
      return Optional.empty();
    }
  }
}
