package dev.chitin.sandbox.bwrap;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The names inside a mounted directory that a tool must not write (what other programs execute or
 * trust), or not even read (where people keep credentials).
 */
public final class ProtectedNames {
  /** Not writable; where absent, an empty file holds the place. */
  static final Set<String> FILES =
      Set.of(
          ".gitmodules",
          ".gitattributes",
          ".gitconfig",
          ".bashrc",
          ".bash_profile",
          ".zshrc",
          ".zprofile",
          ".profile",
          ".ripgreprc",
          ".mcp.json",
          ".envrc",
          ".npmrc");

  /** Not writable; where absent, an empty directory holds the place. */
  static final Set<String> DIRECTORIES =
      Set.of(".vscode", ".idea", ".claude", ".codex", ".chitin", ".ssh", ".cursor", ".husky");

  /**
   * Names of which only one or two children are protected.
   *
   * @param name the parent
   * @param absentAsFile what holds the parent's place where it is absent: never an empty directory
   *     named {@code .git}, which would look like a repository
   * @param files protected children that are files
   * @param directories protected children that are directories
   */
  record Parent(String name, boolean absentAsFile, List<String> files, List<String> directories) {}

  static final List<Parent> PARENTS =
      List.of(
          new Parent(".git", true, List.of("config"), List.of("hooks")),
          new Parent(".github", false, List.of(), List.of("workflows")),
          new Parent(".config", false, List.of(), List.of("autostart")));

  private static final Set<String> UNREADABLE =
      Set.of(
          ".ssh",
          ".aws",
          ".gnupg",
          ".kube",
          ".azure",
          ".password-store",
          ".netrc",
          ".npmrc",
          ".pypirc",
          ".git-credentials");

  /** Paths of two components that are not readable. */
  static final Set<String> UNREADABLE_PAIRS = Set.of(".config/gcloud", ".docker/config.json");

  private ProtectedNames() {}

  static boolean isUnreadable(String name) {
    return UNREADABLE.contains(name) || name.startsWith(".env");
  }

  /** Whether a component of {@code path}, or a pair of them, is a name that nobody may read. */
  public static boolean hides(String path) {
    String before = "";
    for (String name : path.split("/", -1)) {
      if (isUnreadable(name) || UNREADABLE_PAIRS.contains(before + "/" + name)) {
        return true;
      }
      before = name;
    }
    return false;
  }

  static boolean isUnwritable(String name) {
    return FILES.contains(name) || DIRECTORIES.contains(name);
  }

  /** Every name with a place at the top of a writable mount, in a fixed order. */
  static List<String> covered() {
    var names = new TreeSet<>(FILES);
    names.addAll(DIRECTORIES);
    return List.copyOf(names);
  }
}
