package dev.chitin.sandbox.bwrap;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.FileStat;
import dev.chitin.sandbox.nativeos.Open;
import dev.chitin.sandbox.nativeos.Statx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which covers exist on the host, so that the next start can remove what a killed gateway left: one
 * file per gateway process, one line per change, {@code ["+",path]} before a cover is made and
 * {@code ["-",path]} after it is gone. It shrinks to nothing whenever no cover is left.
 *
 * <p>It is not synced: what a crash of the whole machine can lose of it is an empty file's name.
 */
final class CoverJournal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CoverJournal.class);
  private static final String PREFIX = "covers-";

  private final Path file;
  private final FileChannel channel;

  CoverJournal(Path directory, Instance instance) throws IOException {
    file = directory.resolve(PREFIX + instance.token());
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  void made(String path) throws IOException {
    append("+", path);
  }

  void removed(String path, boolean last) throws IOException {
    if (last) {
      channel.truncate(0);
    } else {
      append("-", path);
    }
  }

  private void append(String sign, String path) throws IOException {
    String line = CanonicalJson.string(JsonValue.Arr.ofStrings(List.of(sign, path))) + "\n";
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (Files.size(file) == 0) {
      Files.delete(file);
    }
  }

  /** Removes the covers of gateways that no longer run, and their journals. */
  static void sweep(Path directory) throws IOException {
    try (DirectoryStream<Path> journals = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path journal : journals) {
        String token = String.valueOf(journal.getFileName()).substring(PREFIX.length());
        if (!Instance.alive(token)) {
          leftovers(journal).forEach(CoverJournal::removeLeftover);
          Files.delete(journal);
        }
      }
    }
  }

  private static Set<String> leftovers(Path journal) throws IOException {
    var left = new LinkedHashSet<String>();
    for (String line : Files.readAllLines(journal)) {
      JsonValue value;
      try {
        value = StrictJson.parse(line.getBytes(StandardCharsets.UTF_8));
      } catch (JsonSyntaxException e) {
        LOG.warn("A line of a dead gateway's cover journal is incomplete; it is left out.");
        continue;
      }
      if (value instanceof JsonValue.Arr pair
          && pair.items().size() == 2
          && pair.items().get(0) instanceof JsonValue.Str sign
          && pair.items().get(1) instanceof JsonValue.Str path) {
        if (sign.value().equals("+")) {
          left.add(path.value());
        } else {
          left.remove(path.value());
        }
      }
    }
    return left;
  }

  private static void removeLeftover(String path) {
    Path parent = Path.of(path).getParent();
    String name = String.valueOf(Path.of(path).getFileName());
    if (parent == null) {
      return;
    }
    try (Fd directory =
        Open.openat2(
            Open.AT_FDCWD,
            parent.toString(),
            Open.O_PATH | Open.O_DIRECTORY,
            0,
            Open.RESOLVE_NO_SYMLINKS)) {
      FileStat stat = Statx.lstatat(directory, name);
      if (Covers.looksLikeCover(stat)) {
        Covers.remove(directory, name, stat);
      }
    } catch (ErrnoException e) {
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ELOOP && e.errno() != Errno.ENOTDIR) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
