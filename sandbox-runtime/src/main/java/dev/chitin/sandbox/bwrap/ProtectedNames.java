package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.ProtectedPaths;
import dev.chitin.policy.WriteProtection;
import dev.chitin.policy.path.FoldedPath;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The write denials of one gateway as a tree of names: what a sandbox has to hold in a writable
 * directory. The list itself is policy's ({@link ProtectedPaths}), and so is the comparison: names
 * are found whatever their case, as policy denies them.
 */
final class ProtectedNames {
  private static final String REPOSITORY = ".git";

  /**
   * One protected name, or the parent of some.
   *
   * @param name as programs look for it
   * @param coverIsDirectory what holds its place where it is absent
   * @param children the protected names in it; none when it is protected itself, with all below
   */
  record Node(String name, boolean coverIsDirectory, SequencedMap<String, Node> children) {
    boolean isParent() {
      return !children.isEmpty();
    }

    boolean spelled(String spelling) {
      return name.equals(spelling);
    }

    /** The child that {@code spelling} stands for in any case. */
    Optional<Node> find(String spelling) {
      String folded = FoldedPath.fold(spelling);
      return children.values().stream()
          .filter(child -> FoldedPath.fold(child.name()).equals(folded))
          .findFirst();
    }
  }

  private final SequencedMap<String, Node> top = new TreeMap<>();
  private final Map<String, Node> folded = new TreeMap<>();

  ProtectedNames(WriteProtection protection) {
    for (String path : protection.paths()) {
      add(
          top,
          List.of(path.split("/", -1)),
          ProtectedPaths.WRITE_DENIED_DIRECTORIES.contains(path));
    }
    top.forEach((name, node) -> folded.put(FoldedPath.fold(name), node));
  }

  private static void add(
      SequencedMap<String, Node> level, List<String> names, boolean isDirectory) {
    String name = names.getFirst();
    if (names.size() == 1) {
      level.put(name, new Node(name, isDirectory, new TreeMap<>()));
      return;
    }
    // An empty directory named .git would look like a repository; an empty file does not.
    Node parent =
        level.computeIfAbsent(name, n -> new Node(n, !n.equals(REPOSITORY), new TreeMap<>()));
    add(parent.children(), names.subList(1, names.size()), isDirectory);
  }

  /** What has to be held at the top of a writable mount, by name, in a fixed order. */
  SequencedMap<String, Node> top() {
    return top;
  }

  /** The protected name, or parent of some, that {@code name} stands for in any case. */
  Optional<Node> find(String name) {
    return Optional.ofNullable(folded.get(FoldedPath.fold(name)));
  }

  /** Whether what lies below {@code name} is not searched: many objects, and no repository. */
  static boolean isRepository(String name) {
    return FoldedPath.fold(name).equals(REPOSITORY);
  }

  /** Whether the last component of {@code path}, or the last two, keep credentials. */
  static boolean isUnreadable(String path) {
    int last = path.lastIndexOf('/');
    String lastTwo = last < 0 ? path : path.substring(path.lastIndexOf('/', last - 1) + 1);
    return ProtectedPaths.isCredential(FoldedPath.of(lastTwo));
  }
}
