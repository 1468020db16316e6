package dev.chitin.audit.log;

import dev.chitin.audit.Expectations;
import dev.chitin.audit.KeyRotation;
import dev.chitin.audit.LogFault;
import dev.chitin.audit.log.Checkpoints.Published;
import dev.chitin.audit.note.Checkpoint;
import dev.chitin.audit.note.NoteSyntaxException;
import dev.chitin.audit.note.SignedNote;
import dev.chitin.audit.note.VerifierKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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
  private final List<VerifierKey> keys;
  private final @Nullable String unreadable;
  private final Optional<Published> published;

  private CheckpointCheck(
      Expectations expected,
      List<VerifierKey> keys,
      @Nullable String unreadable,
      Optional<Published> published) {
    this.expected = expected;
    this.keys = keys;
    this.unreadable = unreadable;
    this.published = published;
  }

  /** Reads what lies in {@code directory}. */
  static CheckpointCheck read(Path directory, Expectations expected) throws IOException {
    List<VerifierKey> keys = expected.keys().isEmpty() ? keysBeside(directory) : expected.keys();
    Optional<byte[]> file = DurableFile.read(directory.resolve(FILE), SignedNote.MAX_BYTES);
    try {
      Optional<Published> published =
          file.isEmpty() ? Optional.empty() : Optional.of(Published.parse(file.get()));
      return new CheckpointCheck(expected, keys, null, published);
    } catch (NoteSyntaxException e) {
      return new CheckpointCheck(
          expected, keys, "the checkpoint is not readable: " + e.getMessage(), Optional.empty());
    }
  }

  private static List<VerifierKey> keysBeside(Path directory) {
    try {
      return DurableFile.read(directory.resolve("vkey"), 1_024)
          .map(lines -> VerifierKey.parseAll(new String(lines, StandardCharsets.US_ASCII)))
          .orElse(List.of());
    } catch (IOException e) {
      return List.of(); // Then the signature counts as not checked.
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

  /** The key under which the signature is right. */
  Optional<VerifierKey> signer(TreeCheck tree, List<KeyRotation> rotations) {
    try {
      return published.isEmpty()
          ? Optional.empty()
          : published.get().note().signedBy(trusted(tree, rotations)).stream()
              .min(Comparator.comparing(signer -> !keys.contains(signer)));
    } catch (NoteSyntaxException e) {
      return Optional.empty();
    }
  }

  /** The newest rotation that the checkpoint covers. */
  Optional<KeyRotation> newest(List<KeyRotation> rotations) {
    long covered = published.map(now -> now.tree().size()).orElse(0L);
    return rotations.stream().filter(r -> r.index() < covered).reduce((older, newer) -> newer);
  }

  /**
   * The keys that are known, and those to which the log hands over in entries that an earlier
   * checkpoint covers which a known key signed: whoever trusts that key trusts what it signed.
   */
  private List<VerifierKey> trusted(TreeCheck tree, List<KeyRotation> rotations) {
    var trusted = new ArrayList<>(keys);
    expected
        .since()
        .filter(earlier -> signature(earlier, "", keys).isEmpty())
        .filter(earlier -> covers(earlier.tree(), tree, "").isEmpty())
        .ifPresent(
            earlier ->
                rotations.stream()
                    .filter(r -> r.index() < earlier.tree().size() && trusted.contains(r.from()))
                    .forEach(r -> trusted.add(r.to())));
    return trusted;
  }

  /**
   * What is wrong.
   *
   * @param origin the name that the log itself bears, or null when it bears none
   * @param tree the tree of all entries
   * @param rotations of the log's key, as the entries record them
   */
  Optional<LogFault> fault(@Nullable String origin, TreeCheck tree, List<KeyRotation> rotations) {
    if (unreadable != null) {
      return fault(tree.size(), unreadable);
    }
    if (published.isEmpty()) {
      return !expected.keys().isEmpty() || expected.since().isPresent()
          ? fault(tree.size(), "there is no checkpoint")
          : Optional.empty();
    }
    Published now = published.get();
    if (origin != null && !now.tree().origin().equals(origin)) {
      return fault(0, "the checkpoint is of the log " + now.tree().origin());
    }
    return signature(now, "the checkpoint", trusted(tree, rotations))
        .map(fault -> afterRotation(fault, now, rotations))
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
    return signature(earlier, name, keys).or(() -> covers(earlier.tree(), tree, name));
  }

  private static Optional<LogFault> signature(
      Published note, String name, List<VerifierKey> known) {
    if (known.isEmpty()) {
      return Optional.empty();
    }
    String origin = note.tree().origin();
    List<VerifierKey> own = known.stream().filter(key -> key.name().equals(origin)).toList();
    if (own.isEmpty()) {
      return fault(
          0, name + " is of the log " + origin + ", the key of " + known.getFirst().name());
    }
    try {
      return note.note().signedBy(own).isEmpty()
          ? fault(
              0,
              own.size() == 1
                  ? name + " is not signed by the key " + own.getFirst()
                  : name + " is signed by none of the " + own.size() + " keys")
          : Optional.empty();
    } catch (NoteSyntaxException e) {
      return fault(0, name + " has a wrong signature: " + e.getMessage());
    }
  }

  /**
   * The same fault with what the log says about it. It is not signed by a known key, so it names no
   * key to go on with: that one has to come from whom the old one came from.
   */
  private LogFault afterRotation(LogFault fault, Published now, List<KeyRotation> rotations) {
    return rotations.stream()
        .filter(r -> r.index() < now.tree().size() && keys.contains(r.from()))
        .reduce((older, newer) -> newer)
        .map(
            r ->
                new LogFault(
                    r.index(),
                    FILE,
                    0,
                    fault.what()
                        + "; entry "
                        + r.index()
                        + " says that the log's key was rotated, and that the old one signs until "
                        + r.until()
                        + ": get the new verifier key from the log's operator (chitin audit key),"
                        + " or give --since a checkpoint that the old key signed after that entry"))
        .orElse(fault);
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
