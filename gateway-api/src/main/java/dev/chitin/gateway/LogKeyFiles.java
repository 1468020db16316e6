package dev.chitin.gateway;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.KeyFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Where a log's signing keys lie: in a directory beside the vault's key file, outside of Chitin's
 * home, each by a name that is this log's alone. No tool sees any of them, of whatever log.
 *
 * @param current the key
 * @param next the one that is to take its place, while both sign
 * @param old the one whose place was taken, until it is destroyed
 */
public record LogKeyFiles(KeyFile current, KeyFile next, KeyFile old) {
  private static final String DIRECTORY = "audit-log-keys";
  private static final String SHARED = "audit-log";

  /** The files of the log that {@code name} stands for, whose vault has the key file. */
  static LogKeyFiles named(UUID name, Path vaultKey, Path home) {
    return of(vaultKey.resolveSibling(DIRECTORY).resolve(name.toString()), home);
  }

  /**
   * The files that all logs beside one vault key had in common before each had its own. They are
   * read, and never changed.
   */
  static LogKeyFiles shared(Path vaultKey, Path home) {
    return of(vaultKey.resolveSibling(SHARED), home);
  }

  private static LogKeyFiles of(Path stem, Path home) {
    List<KeyFile> files = paths(stem).stream().map(path -> new KeyFile(path, home)).toList();
    return new LogKeyFiles(files.get(0), files.get(1), files.get(2));
  }

  private static List<Path> paths(Path stem) {
    String name = String.valueOf(stem.getFileName());
    return List.of(
        stem.resolveSibling(name + ".key"),
        stem.resolveSibling(name + ".next.key"),
        stem.resolveSibling(name + ".old.key"));
  }

  /** Where the keys of any log may lie, whether there is anything or not. */
  static List<Path> places(Path vaultKey) {
    List<Path> places = new ArrayList<>(paths(vaultKey.resolveSibling(SHARED)));
    places.add(vaultKey.resolveSibling(DIRECTORY));
    return places;
  }

  /** Whether there is a key, or what is left of one by an {@link #advance} that was cut short. */
  boolean isThere() {
    return current.isThere() || old.isThere();
  }

  /**
   * Puts the next key in the place of the current one, as far as that was not done before; then
   * there is an old one.
   */
  void advance() {
    if (next.isThere()) {
      if (current.isThere()) {
        current.moveTo(old);
      }
      next.moveTo(current);
    }
  }

  /**
   * Completes an {@link #advance} that was cut short.
   *
   * @throws dev.chitin.bus.ChitinException {@code audit.key_changed} when only an old key is there:
   *     which key the log has then is for the operator to say
   */
  void recover() {
    if (!old.isThere() || current.isThere()) {
      return;
    }
    if (!next.isThere()) {
      throw Problem.of(
              ProblemCode.AUDIT_KEY_CHANGED, "Of the log's keys only the old one is there.")
          .withRule("audit.key")
          .withHint("Put " + current.path() + " back.")
          .toException();
    }
    next.moveTo(current);
  }
}
