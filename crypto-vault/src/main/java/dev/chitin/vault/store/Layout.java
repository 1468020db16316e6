package dev.chitin.vault.store;

import java.nio.file.Path;

/**
 * Where a vault's files lie below its directory.
 *
 * <p>Header and keyring are never overwritten: each change writes the next generation beside it,
 * and the manifest, replaced in one rename, says which one counts.
 */
public record Layout(Path directory) {
  public Path manifest() {
    return directory.resolve("manifest");
  }

  public Path manifestNew() {
    return directory.resolve("manifest.tmp");
  }

  public Path header(long generation) {
    return directory.resolve("header." + generation);
  }

  public Path keyring(long generation) {
    return directory.resolve("keyring." + generation);
  }

  public Path values() {
    return directory.resolve("records");
  }

  /** Where a vault stands while it is made. */
  public Layout building() {
    return new Layout(directory.resolveSibling(directory.getFileName() + ".creating"));
  }
}
