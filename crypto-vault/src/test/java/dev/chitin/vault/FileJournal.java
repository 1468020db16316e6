package dev.chitin.vault;

import dev.chitin.bus.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A log in a text file, for processes that are killed. */
final class FileJournal implements VaultJournal {
  private final Path file;

  FileJournal(Path file) {
    this.file = file;
  }

  @Override
  public Optional<Mark> last() {
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      List<String> lines =
          Files.readAllLines(file).stream().filter(line -> line.endsWith(" .")).toList();
      return lines.isEmpty() ? Optional.empty() : Optional.of(mark(lines.getLast()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Mark mark(String line) {
    String[] parts = line.split(" ", -1);
    return Mark.of(
        Action.valueOf(parts[0]),
        parts[1],
        Long.parseLong(parts[2]),
        digest(parts[3]),
        digest(parts[4]));
  }

  private static @Nullable Digest digest(String text) {
    return text.equals("null") ? null : Digest.parse(text);
  }

  @Override
  public void append(Mark mark) {
    if (!mark.action().tellsState()) {
      return;
    }
    String line =
        mark.action()
            + " "
            + mark.vault()
            + " "
            + mark.epoch()
            + " "
            + mark.manifest()
            + " "
            + mark.previous()
            + " .\n";
    try {
      Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
