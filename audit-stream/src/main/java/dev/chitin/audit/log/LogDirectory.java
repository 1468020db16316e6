package dev.chitin.audit.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The names of the files in a log's directory. */
record LogDirectory(Path path) {

  Path lock() {
    return path.resolve("lock");
  }

  /** Names the process that holds the lock. */
  Path owner() {
    return path.resolve("owner");
  }

  /** The number of entries that are durable; see {@link DurableMark}. */
  Path durable() {
    return path.resolve("durable");
  }

  /** Size and root of a log that was closed in order; see {@link CleanSeal}. */
  Path sealed() {
    return path.resolve("sealed");
  }

  /** A segment made ahead, not yet part of the log. */
  Path spare() {
    return path.resolve("spare.tmp");
  }

  /** The hashes of one level of tiles; see {@link HashFiles}. */
  Path hashes(int level) {
    return path.resolve("hashes-" + level);
  }

  /** How many leaves the hash files have for certain. */
  Path hashesSynced() {
    return path.resolve("hashes-synced");
  }

  /** The newest signed checkpoint, as signed note. */
  Path checkpoint() {
    return path.resolve("checkpoint");
  }

  /** The newest checkpoint that a witness cosigned. */
  Path cosigned() {
    return path.resolve("checkpoint-cosigned");
  }

  /** The verifier key of the log. */
  Path verifierKey() {
    return path.resolve("vkey");
  }

  Path segment(SegmentName name) {
    return path.resolve(name.fileName());
  }

  FileChannel read(SegmentName name) throws IOException {
    return FileChannel.open(segment(name), StandardOpenOption.READ);
  }

  /** The segments in the order of the log. */
  List<SegmentName> segments() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files
          .map(file -> SegmentName.parse(String.valueOf(file.getFileName())))
          .flatMap(Optional::stream)
          .sorted()
          .toList();
    }
  }
}
