package dev.chitin.audit.log;

import dev.chitin.audit.Expectations;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds the checkpoint that lies beside a log against the log, the key and a checkpoint seen
 * earlier. Reads it at the begin, since the log may grow while it is walked.
 */
final class CheckpointCheck {
  private static final String FILE = "checkpoint";

  private final Expectations expected;
  private final Optional<VerifierKey> key;
  private final @Nullable String unreadable;
  private final Optional<Published> published;

  private CheckpointCheck(
      Expectations expected,
      Optional<VerifierKey> key,
      @Nullable String unreadable,
      Optional<Published> published) {
    this.expected = expected;
    this.key = key;
    this.unreadable = unreadable;
    this.published = published;
  }

  /** Reads what lies in {@code directory}. */
  static CheckpointCheck read(Path directory, Expectations expected) throws IOException {
    Optional<VerifierKey> key = expected.key().or(() -> keyBeside(directory));
    Optional<byte[]> file = DurableFile.read(directory.resolve(FILE), SignedNote.MAX_BYTES);
    try {
      Optional<Published> published =
          file.isEmpty() ? Optional.empty() : Optional.of(Published.parse(file.get()));
      return new CheckpointCheck(expected, key, null, published);
    } catch (NoteSyntaxException e) {
      return new CheckpointCheck(
          expected, key, "the checkpoint is not readable: " + e.getMessage(), Optional.empty());
    }
  }

  private static Optional<VerifierKey> keyBeside(Path directory) {
    try {
      return DurableFile.read(directory.resolve("vkey"), 1_024)
          .flatMap(line -> VerifierKey.parse(new String(line, StandardCharsets.US_ASCII).strip()));
    } catch (IOException e) {
      return Optional.empty(); // Then the signature counts as not checked.
    }
  }

  Optional<Checkpoint> checkpoint() {
    return published.map(Published::tree);
  }

  /** The sizes whose roots {@link #fault} asks for. */
  Set<Long> sizes() {
    var sizes = new HashSet<Long>();
    published.ifPresent(p -> sizes.add(p.tree().size()));
    expected.since().ifPresent(p -> sizes.add(p.tree().size()));
    return sizes;
  }

  /** Whether the signature is there and right. */
  boolean isSigned() {
    return published.isPresent() && key.isPresent() && signature(published.get(), "").isEmpty();
  }

  /**
   * What is wrong.
   *
   * @param origin the name that the log itself bears, or null when it bears none
   * @param tree the tree of all entries
   */
  Optional<LogFault> fault(@Nullable String origin, TreeCheck tree) {
    if (unreadable != null) {
      return fault(tree.size(), unreadable);
    }
    if (published.isEmpty()) {
      return expected.key().isPresent() || expected.since().isPresent()
          ? fault(tree.size(), "there is no checkpoint")
          : Optional.empty();
    }
    Published now = published.get();
    if (origin != null && !now.tree().origin().equals(origin)) {
      return fault(0, "the checkpoint is of the log " + now.tree().origin());
    }
    return signature(now, "the checkpoint")
        .or(() -> covers(now.tree(), tree, "the checkpoint"))
        .or(() -> expected.since().flatMap(earlier -> since(earlier, now, tree)));
  }

  private Optional<LogFault> since(Published earlier, Published now, TreeCheck tree) {
    String name = "the earlier checkpoint";
    if (!earlier.tree().origin().equals(now.tree().origin())) {
      return fault(0, name + " is of the log " + earlier.tree().origin());
    }
    if (earlier.tree().size() > now.tree().size()) {
      return fault(
          now.tree().size(),
          "the checkpoint covers "
              + now.tree().size()
              + " entries and is older than the one seen earlier, which covers "
              + earlier.tree().size());
    }
    return signature(earlier, name).or(() -> covers(earlier.tree(), tree, name));
  }

  private Optional<LogFault> signature(Published note, String name) {
    if (key.isEmpty()) {
      return Optional.empty();
    }
    VerifierKey by = key.get();
    try {
      if (!by.name().equals(note.tree().origin())) {
        return fault(
            0, name + " is of the log " + note.tree().origin() + ", the key of " + by.name());
      }
      return note.note().signedBy(List.of(by)).isEmpty()
          ? fault(0, name + " is not signed by the key " + by)
          : Optional.empty();
    } catch (NoteSyntaxException e) {
      return fault(0, name + " has a wrong signature: " + e.getMessage());
    }
  }

  private static Optional<LogFault> covers(Checkpoint signed, TreeCheck tree, String name) {
    if (signed.size() > tree.size()) {
      return fault(
          tree.size(),
          name + " covers " + signed.size() + " entries, and " + tree.size() + " are here");
    }
    return tree.root(signed.size()).filter(signed.root()::equals).isPresent()
        ? Optional.empty()
        : fault(signed.size(), name + " was signed for other entries than these");
  }

  private static Optional<LogFault> fault(long index, String what) {
    return Optional.of(new LogFault(index, FILE, 0, what));
  }
}
