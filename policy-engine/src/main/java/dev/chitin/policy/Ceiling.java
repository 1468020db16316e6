package dev.chitin.policy;

import dev.chitin.policy.command.ToolCommands;
import dev.chitin.policy.host.HostPattern;
import dev.chitin.policy.path.FoldedPath;
import dev.chitin.policy.path.PathPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one tool may touch at most: what it declares, within what the operator granted it. No policy
 * widens it. The planner makes mounts and egress rules of it; the evaluation holds plans to it.
 * Immutable.
 */
public final class Ceiling {

  /** One side of a capability that lacks what is asked for. */
  enum Lacking {
    DECLARATION,
    GRANT
  }

  /**
   * The patterns of one capability, declared and granted, and what both have in common.
   *
   * @param declared by the tool
   * @param granted by the operator
   */
  record Paths(List<PathPattern> declared, List<PathPattern> granted) {
    List<PathPattern> effective() {
      List<PathPattern> both = new ArrayList<>();
      for (PathPattern mine : declared) {
        for (PathPattern theirs : granted) {
          mine.intersect(theirs).ifPresent(both::add);
        }
      }
      return both;
    }
  }

  private final String tool;
  private final Paths read;
  private final Paths write;
  private final List<PathPattern> effectiveRead;
  private final List<PathPattern> effectiveWrite;
  private final List<HostPattern> declaredHosts;
  private final List<HostPattern> grantedHosts;
  private final ToolCommands commands;

  Ceiling(
      String tool,
      Paths read,
      Paths write,
      List<HostPattern> declaredHosts,
      List<HostPattern> grantedHosts,
      ToolCommands commands) {
    this.tool = tool;
    this.read = read;
    this.write = write;
    this.effectiveRead = List.copyOf(read.effective());
    this.effectiveWrite = List.copyOf(write.effective());
    this.declaredHosts = List.copyOf(declaredHosts);
    this.grantedHosts = List.copyOf(grantedHosts);
    this.commands = commands;
  }

  public String tool() {
    return tool;
  }

  /**
   * Directories, or single files, whose whole tree the tool may access, absolute with links
   * followed; none lies in another. Not yet narrowed to the roots of {@link PathRules}.
   */
  public List<String> trees(PathRules.Access access) {
    List<PathPattern> trees =
        effective(access).stream().filter(p -> p.reach() == PathPattern.Reach.TREE).toList();
    return trees.stream()
        .filter(
            tree ->
                trees.stream()
                    .noneMatch(
                        other ->
                            other.components().size() < tree.components().size()
                                && other.matches(tree.components())))
        .map(PathPattern::path)
        .distinct()
        .toList();
  }

  /** Whether {@code resolved}, absolute with links followed, lies within the ceiling. */
  public boolean allows(String resolved, PathRules.Access access) {
    return lacking(resolved, access).isEmpty();
  }

  /** The destinations that are named without a wildcard on both sides, as {@code host:port}. */
  public List<String> namedDestinations() {
    return declaredHosts.stream()
        .filter(p -> p.kind() == HostPattern.Kind.EXACT)
        .filter(p -> grantedHosts.stream().anyMatch(g -> g.matches(p.host(), p.port())))
        .map(p -> p.host() + ":" + p.port())
        .distinct()
        .toList();
  }

  /** Real paths of the programs that the tool may run. */
  public List<String> executables() {
    return commands.executables();
  }

  /**
   * The commands inside {@code argv} that a wrapper such as {@code env} would run, as it names
   * them. A plan lists their files among the executed ones, beside the program itself.
   */
  public static List<String> innerCommands(List<String> argv) {
    return ToolCommands.innerCommands(argv);
  }

  ToolCommands commands() {
    return commands;
  }

  Optional<Lacking> lacking(String resolved, PathRules.Access access) {
    List<String> path = FoldedPath.components(resolved);
    if (effective(access).stream().anyMatch(pattern -> pattern.matches(path))) {
      return Optional.empty();
    }
    Paths side = access == PathRules.Access.READ ? read : write;
    return Optional.of(
        side.granted().stream().anyMatch(pattern -> pattern.matches(path))
            ? Lacking.DECLARATION
            : Lacking.GRANT);
  }

  boolean coversTree(String directory, PathRules.Access access) {
    List<String> path = FoldedPath.components(directory);
    return effective(access).stream().anyMatch(pattern -> pattern.matchesTree(path));
  }

  boolean grantsNothing(PathRules.Access access) {
    return (access == PathRules.Access.READ ? read : write).granted().isEmpty();
  }

  Optional<Lacking> lackingHost(String host, int port) {
    if (grantedHosts.stream().noneMatch(pattern -> pattern.matches(host, port))) {
      return Optional.of(Lacking.GRANT);
    }
    return declaredHosts.stream().anyMatch(pattern -> pattern.matches(host, port))
        ? Optional.empty()
        : Optional.of(Lacking.DECLARATION);
  }

  boolean grantsNoHost() {
    return grantedHosts.isEmpty();
  }

  /** Whether both sides name the destination with its port, not by the default of 443. */
  boolean namesPort(String host, int port) {
    return grantedHosts.stream().anyMatch(p -> p.portGiven() && p.matches(host, port))
        && declaredHosts.stream().anyMatch(p -> p.portGiven() && p.matches(host, port));
  }

  private List<PathPattern> effective(PathRules.Access access) {
    return access == PathRules.Access.READ ? effectiveRead : effectiveWrite;
  }
}
