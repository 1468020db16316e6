package dev.chitin.gateway;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.KeyFile;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the log's signing keys lie: beside the vault's key file, outside of Chitin's home, each by
 * a name of its own that no tool sees.
 *
 * @param current the key
 * @param next the one that is to take its place, while both sign
 * @param old the one whose place was taken, until it is destroyed
 */
public record LogKeyFiles(KeyFile current, KeyFile next, KeyFile old) {

  /** The files of the log whose vault has the key file {@code vaultKey}. */
  public static LogKeyFiles beside(Path vaultKey, Path home) {
    List<KeyFile> files = paths(vaultKey).stream().map(path -> new KeyFile(path, home)).toList();
    return new LogKeyFiles(files.get(0), files.get(1), files.get(2));
  }

  /** The same as paths, whether there is anything or not. */
  static List<Path> paths(Path vaultKey) {
    return List.of(
        vaultKey.resolveSibling("audit-log.key"),
        vaultKey.resolveSibling("audit-log.next.key"),
        vaultKey.resolveSibling("audit-log.old.key"));
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
