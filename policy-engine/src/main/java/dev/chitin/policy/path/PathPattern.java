package dev.chitin.policy.path;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A compiled path pattern: a literal directory and how far below it the pattern reaches. Matching
 * is by components, so {@code /work} never matches {@code /work-evil}.
 *
 * @param components of the literal part, with the links of its existing part followed
 * @param reach how far the pattern reaches
 */
public record PathPattern(List<String> components, Reach reach) {

  /** How far below its literal part a pattern reaches. */
  public enum Reach {
    /** The literal path alone. */
    SELF,
    /** What lies directly in it: {@code dir/*}. */
    CHILDREN,
    /** It and everything below: {@code dir} and {@code dir/**}. */
    TREE
  }

  public PathPattern {
    components = List.copyOf(components);
  }

  /**
   * Compiles {@code written} and follows the links of its existing part, once.
   *
   * @param key the configuration key, for the error
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when it is not a pattern
   */
  public static PathPattern compile(String written, String home, String key) {
    PathPattern lexical = lexical(written, home, key);
    return new PathPattern(FoldedPath.components(follow(lexical.path(), key)), lexical.reach());
  }

  /** Compiles {@code written} without a look at the file system. */
  public static PathPattern lexical(String written, String home, String key) {
    String rest = written;
    Reach reach = Reach.TREE;
    if (rest.endsWith("/**")) {
      rest = rest.substring(0, rest.length() - 3);
    } else if (rest.endsWith("/*")) {
      rest = rest.substring(0, rest.length() - 2);
      reach = Reach.CHILDREN;
    }
    if (rest.equals("~") || rest.startsWith("~/")) {
      rest = home + rest.substring(1);
    }
    if (!rest.startsWith("/") && !(rest.isEmpty() && written.startsWith("/"))) {
      throw invalid(key, written, "must be absolute or begin with ~/");
    }
    if (rest.indexOf('*') >= 0 || rest.indexOf('?') >= 0 || rest.indexOf('[') >= 0) {
      throw invalid(key, written, "may hold a wildcard only as a final /* or /**");
    }
    List<String> components = new ArrayList<>();
    for (String component : FoldedPath.components(rest)) {
      if (component.equals("..") || component.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
        throw invalid(key, written, "may hold neither '..' nor control characters");
      }
      if (!component.equals(".")) {
        components.add(component);
      }
    }
    return new PathPattern(components, reach);
  }

  /** {@code path} with the links of its existing part followed. */
  static String follow(String path, String key) {
    Path existing = Path.of(path);
    int missing = 0;
    while (existing.getParent() != null && !Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
      existing = existing.getParent();
      missing++;
    }
    try {
      Path whole = Path.of(path);
      Path real = existing.toRealPath();
      return missing == 0
          ? real.toString()
          : real.resolve(whole.subpath(whole.getNameCount() - missing, whole.getNameCount()))
              .toString();
    } catch (IOException e) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              key + ": " + path + " is a dangling link or cannot be looked at.")
          .withHint("Mend the link, or the rights of the directories above it.")
          .toException(e);
    }
  }

  /** The literal part as an absolute path. */
  public String path() {
    return "/" + String.join("/", components);
  }

  /** Whether {@code path}, absolute and canonical, is matched. */
  public boolean matches(List<String> path) {
    int below = path.size() - components.size();
    boolean reached =
        switch (reach) {
          case SELF -> below == 0;
          case CHILDREN -> below == 1;
          case TREE -> below >= 0;
        };
    return reached && path.subList(0, components.size()).equals(components);
  }

  /** Whether {@code directory} and everything below it is matched. */
  public boolean matchesTree(List<String> directory) {
    return reach == Reach.TREE && matches(directory);
  }

  /** What both match, as one pattern; nothing when they have nothing in common. */
  public Optional<PathPattern> intersect(PathPattern other) {
    boolean shorter = components.size() <= other.components.size();
    PathPattern outer = shorter ? this : other;
    PathPattern inner = shorter ? other : this;
    int below = inner.components.size() - outer.components.size();
    if (!inner.components.subList(0, outer.components.size()).equals(outer.components)) {
      return Optional.empty();
    }
    if (outer.reach == Reach.TREE) {
      return Optional.of(inner);
    }
    if (below == 0) {
      return sameDirectory(outer, inner);
    }
    boolean innerItself = outer.reach == Reach.CHILDREN && below == 1;
    return innerItself && inner.reach != Reach.CHILDREN
        ? Optional.of(new PathPattern(inner.components, Reach.SELF))
        : Optional.empty();
  }

  private static Optional<PathPattern> sameDirectory(PathPattern a, PathPattern b) {
    if (a.reach == b.reach || b.reach == Reach.TREE) {
      return Optional.of(a);
    }
    return Optional.empty();
  }

  private static RuntimeException invalid(String key, String written, String detail) {
    return Problem.of(ProblemCode.CONFIG_INVALID, key + ": '" + written + "' " + detail + ".")
        .withRule(key)
        .withHint("Write a directory or file, dir/* for one level, or dir/** for the tree.")
        .toException();
  }

  @Override
  public String toString() {
    return switch (reach) {
      case SELF, TREE -> path();
      case CHILDREN -> (components.isEmpty() ? "" : path()) + "/*";
    };
  }
}
