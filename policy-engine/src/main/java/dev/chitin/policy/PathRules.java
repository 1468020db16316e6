package dev.chitin.policy;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.path.FoldedPath;
import dev.chitin.policy.path.PathPattern;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which paths a tool may touch at all, before its capabilities narrow that further.
 *
 * <p>Compiled once; the links of the rules' existing parts are followed then and never again.
 * Order: built-in denials, built-in write denials, Chitin's home, {@code denied_paths}, roots. A
 * denial wins at every depth, whatever is more specific, and compares case-folded; roots compare
 * exactly. Immutable.
 */
public final class PathRules {

  /** What is to be done with a path. */
  public enum Access {
    READ,
    WRITE
  }

  /**
   * A directory whose tree a tool may see.
   *
   * @param id {@code workspace.path} or {@code workspace.allowed_paths[n]}
   * @param path absolute, links followed
   */
  public record Root(String id, String path) {}

  /** A root; links of {@code lexical} are not followed, so it is what a caller may write. */
  private record RootRule(Root root, PathPattern pattern, PathPattern lexical) {}

  /** A denied place: its name as written and as it resolved when the rules were compiled. */
  private record DeniedTree(String rule, FoldedPath path, boolean childrenOnly, String literal) {
    boolean covers(FoldedPath candidate) {
      return candidate.startsWith(path) && (!childrenOnly || candidate.length() > path.length());
    }
  }

  private record NamedRule(String rule, FoldedPath name) {}

  private static final String HOME_RULE = "chitin.home";
  private static final String WRITE_RULE = "builtin.write[";
  private static final String ROOTS_RULE = "workspace.roots";

  private final List<DeniedTree> builtIn;
  private final List<NamedRule> writeDenied;
  private final List<DeniedTree> chitinHome;
  private final List<FoldedPath> chitinWorkspace;
  private final List<DeniedTree> chitinOwn;
  private final List<DeniedTree> denied;
  private final List<RootRule> roots;

  private PathRules(PolicySettings settings) {
    String home = settings.home();
    builtIn =
        ProtectedPaths.DENIED.stream()
            .flatMap(path -> denial("builtin.paths[" + path + "]", path, home).stream())
            .toList();
    writeDenied =
        settings.writeProtection().paths().stream()
            .map(name -> new NamedRule(WRITE_RULE + name + "]", FoldedPath.of(name)))
            .toList();
    chitinHome = denial(HOME_RULE, settings.chitinHome(), home);
    chitinWorkspace =
        chitinHome.stream().map(tree -> FoldedPath.of(tree.literal() + "/workspace")).toList();
    chitinOwn =
        settings.protectedPaths().stream()
            .flatMap(path -> denial(HOME_RULE, path, home).stream())
            .toList();
    denied =
        IntStream.range(0, settings.deniedPaths().size())
            .boxed()
            .flatMap(
                i ->
                    denial("workspace.denied_paths[" + i + "]", settings.deniedPaths().get(i), home)
                        .stream())
            .toList();
    roots = roots(settings);
  }

  /**
   * Compiles the rules of {@code settings}, following links.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} with the key when one is no
   *     pattern, or when a root lies in Chitin's home
   */
  public static PathRules compile(PolicySettings settings) {
    return new PathRules(settings);
  }

  private static List<DeniedTree> denial(String rule, String written, String home) {
    PathPattern lexical = PathPattern.lexical(written, home, rule);
    PathPattern resolved = PathPattern.compile(written, home, rule);
    boolean childrenOnly = lexical.reach() == PathPattern.Reach.CHILDREN;
    Set<String> spellings = new LinkedHashSet<>(List.of(lexical.path(), resolved.path()));
    return spellings.stream()
        .map(path -> new DeniedTree(rule, FoldedPath.of(path), childrenOnly, path))
        .toList();
  }

  private List<RootRule> roots(PolicySettings settings) {
    List<RootRule> compiled = new ArrayList<>();
    compiled.add(root("workspace.path", settings.workspace(), settings.home()));
    for (int i = 0; i < settings.allowedPaths().size(); i++) {
      compiled.add(
          root(
              "workspace.allowed_paths[" + i + "]",
              settings.allowedPaths().get(i),
              settings.home()));
    }
    compiled.sort(
        Comparator.comparingInt((RootRule rule) -> rule.pattern().components().size()).reversed());
    return List.copyOf(compiled);
  }

  private RootRule root(String id, String written, String home) {
    PathPattern pattern = PathPattern.compile(written, home, id);
    if (inChitinHome(FoldedPath.of(pattern.path()))) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, id + " lies in Chitin's own home.")
          .withRule(id)
          .withHint("Of Chitin's home only its directory 'workspace' may be seen by tools.")
          .toException();
    }
    return new RootRule(
        new Root(id, pattern.path()), pattern, PathPattern.lexical(written, home, id));
  }

  /** Every root, the deepest first. */
  public List<Root> roots() {
    return roots.stream().map(RootRule::root).toList();
  }

  /** The deepest root that {@code resolved} lies in. */
  public Optional<Root> rootOf(String resolved) {
    List<String> components = FoldedPath.components(resolved);
    return roots.stream()
        .filter(rule -> rule.pattern().matches(components))
        .map(RootRule::root)
        .findFirst();
  }

  /**
   * Why a path may not be touched, if it may not.
   *
   * @param resolved absolute path with every link followed
   * @param requested the canonical form of what was asked for; denials look at both
   */
  public Optional<Denial> denied(String resolved, String requested, Access access) {
    Optional<Denial> denial = denied(resolved, access);
    if (denial.isEmpty() && !requested.equals(resolved)) {
      denial = denied(requested, access);
    }
    return denial.isPresent() ? denial : outsideRoots(resolved, requested);
  }

  /** Why the path is denied wherever it lies; roots are not looked at. */
  public Optional<Denial> denied(String path, Access access) {
    FoldedPath folded = FoldedPath.of(path);
    Optional<String> rule = covering(builtIn, folded);
    if (rule.isEmpty()) {
      rule = deniedName(folded, path);
    }
    if (rule.isEmpty() && access == Access.WRITE) {
      rule = deniedForWriting(folded, path);
    }
    if (rule.isEmpty() && inChitinHome(folded)) {
      rule = Optional.of(HOME_RULE);
    }
    if (rule.isEmpty()) {
      rule = covering(denied, folded);
    }
    return rule.map(PathRules::denial);
  }

  /**
   * Denied places strictly below {@code directory}, absolute: what a sandbox that mounts the
   * directory has to cover. Names denied at every depth ({@link ProtectedPaths}) are not listed.
   */
  public List<String> deniedBelow(String directory) {
    FoldedPath folded = FoldedPath.of(directory);
    Set<String> below = new LinkedHashSet<>();
    for (List<DeniedTree> trees : List.of(builtIn, denied)) {
      for (DeniedTree tree : trees) {
        if (tree.path().length() > folded.length() && tree.path().startsWith(folded)) {
          below.add(tree.literal());
        }
      }
    }
    return List.copyOf(below);
  }

  /** Why {@code source} may not be mounted with all that lies below it. */
  Optional<Denial> deniedMount(String source, Access access) {
    Optional<Denial> denial = denied(source, source, access);
    if (denial.isPresent()) {
      return denial;
    }
    FoldedPath folded = FoldedPath.of(source);
    boolean containsOwn =
        Stream.concat(chitinHome.stream(), chitinOwn.stream())
            .anyMatch(tree -> tree.path().startsWith(folded));
    boolean containsDeniedChildren =
        denied.stream().anyMatch(tree -> tree.childrenOnly() && tree.path().equals(folded));
    List<String> components = FoldedPath.components(source);
    if (roots.stream().noneMatch(rule -> rule.pattern().matchesTree(components))) {
      return Optional.of(
          Denial.of(
              ProblemCode.POLICY_PATH_DENIED,
              ROOTS_RULE,
              "No allowed directory covers the whole tree that is to be mounted."));
    }
    if (containsOwn) {
      return Optional.of(
          Denial.of(
                  ProblemCode.POLICY_PATH_DENIED,
                  HOME_RULE,
                  "A directory that holds Chitin's own files is not given to a sandbox.")
              .withHint(
                  "Name one without them, or keep its configuration, certificates and keys"
                      + " elsewhere."));
    }
    return containsDeniedChildren
        ? Optional.of(denial("workspace.denied_paths"))
        : Optional.empty();
  }

  private static Optional<String> covering(List<DeniedTree> trees, FoldedPath path) {
    for (DeniedTree tree : trees) {
      if (tree.covers(path)) {
        return Optional.of(tree.rule());
      }
    }
    return Optional.empty();
  }

  private boolean inChitinHome(FoldedPath path) {
    if (covering(chitinOwn, path).isPresent()) {
      return true;
    }
    return covering(chitinHome, path).isPresent()
        && chitinWorkspace.stream().noneMatch(path::startsWith);
  }

  private Optional<String> deniedName(FoldedPath folded, String path) {
    int from = outermostRootLength(path);
    return ProtectedPaths.credentialName(folded, from).map(name -> "builtin.paths[" + name + "]");
  }

  private Optional<String> deniedForWriting(FoldedPath folded, String path) {
    int from = outermostRootLength(path);
    for (NamedRule rule : writeDenied) {
      if (folded.contains(rule.name(), from)) {
        return Optional.of(rule.rule());
      }
    }
    return Optional.empty();
  }

  /**
   * How many components belong to the outermost root around {@code path}: names above it are the
   * operator's own choice and not judged. Zero outside of every root.
   */
  private int outermostRootLength(String path) {
    List<String> components = FoldedPath.components(path);
    int length = Integer.MAX_VALUE;
    for (RootRule rule : roots) {
      for (PathPattern pattern : List.of(rule.pattern(), rule.lexical())) {
        if (pattern.matches(components)) {
          length = Math.min(length, pattern.components().size());
        }
      }
    }
    return length == Integer.MAX_VALUE ? 0 : length;
  }

  private Optional<Denial> outsideRoots(String resolved, String requested) {
    List<String> components = FoldedPath.components(resolved);
    if (roots.stream().anyMatch(rule -> rule.pattern().matches(components))) {
      return Optional.empty();
    }
    boolean link = !resolved.equals(requested);
    return Optional.of(
        new Denial(
            ProblemCode.POLICY_PATH_DENIED,
            ROOTS_RULE,
            link
                ? "The path leads through a link to outside of every allowed directory."
                : "The path lies in no allowed directory.",
            link
                ? "Name a file inside an allowed directory."
                : "Add '" + requested + "' to workspace.allowed_paths."));
  }

  private static Denial denial(String rule) {
    String detail = "The path is denied by " + rule + ".";
    return new Denial(ProblemCode.POLICY_PATH_DENIED, rule, detail, hint(rule));
  }

  private static String hint(String rule) {
    if (rule.startsWith("workspace.denied_paths")) {
      return "Remove the entry " + rule + ", or use another path.";
    }
    if (rule.startsWith(WRITE_RULE)) {
      String name = rule.substring(WRITE_RULE.length(), rule.length() - 1);
      if (WriteProtection.overridable().contains(name)) {
        return "Use another path, or let tools write it: sandbox.unprotected: [\"" + name + "\"].";
      }
    }
    return "This denial is built in; use another path.";
  }
}
