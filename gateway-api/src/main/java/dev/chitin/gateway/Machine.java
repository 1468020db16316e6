package dev.chitin.gateway;

import dev.chitin.policy.Ceiling;
import dev.chitin.policy.Executables;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.Mount;
import dev.chitin.policy.PathRules;
import dev.chitin.policy.PolicySnapshot;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.file.PathResolver;
import dev.chitin.sandbox.plan.World;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The planner's view of this machine: paths, programs and what can be mounted. */
final class Machine implements World {
  private final PathResolver resolver = new PathResolver();
  private final Supplier<PolicySnapshot> policy;
  private final Executables executables;

  /**
   * @param policy the snapshot of the moment; it says what a tool may see, and decides again
   * @param executables the same that policy resolved its commands with
   */
  Machine(Supplier<PolicySnapshot> policy, Executables executables) {
    this.policy = policy;
    this.executables = executables;
  }

  @Override
  public Invocation.FileTarget resolve(String canonicalPath) {
    return resolver.resolve(
        canonicalPath, policy.get().paths().roots().stream().map(PathRules.Root::path).toList());
  }

  @Override
  public Optional<Invocation.ExecutedFile> executable(String command) {
    return executables
        .find(command)
        .map(found -> new Invocation.ExecutedFile(found.path(), found.digest()));
  }

  @Override
  public List<String> innerCommands(List<String> argv) {
    return Ceiling.innerCommands(argv);
  }

  @Override
  public List<Mount> mounts(ToolDefinition tool) {
    PolicySnapshot snapshot = policy.get();
    Ceiling ceiling = snapshot.ceiling(tool.name(), tool.capabilities());
    Map<String, Mount> byPath = new TreeMap<>();
    put(byPath, inRoots(snapshot, ceiling.trees(PathRules.Access.READ)), false);
    put(byPath, inRoots(snapshot, ceiling.trees(PathRules.Access.WRITE)), true);
    return List.copyOf(byPath.values());
  }

  @Override
  public List<String> hidden(List<Mount> mounts) {
    PathRules rules = policy.get().paths();
    return mounts.stream()
        .flatMap(mount -> rules.deniedBelow(mount.source()).stream())
        .distinct()
        .sorted()
        .toList();
  }

  private static List<String> inRoots(PolicySnapshot snapshot, List<String> trees) {
    return trees.stream().filter(tree -> snapshot.paths().rootOf(tree).isPresent()).toList();
  }

  private static void put(Map<String, Mount> byPath, List<String> paths, boolean writable) {
    for (String path : paths) {
      PathResolver.identity(path)
          .ifPresent(identity -> byPath.put(path, new Mount(path, path, writable, identity)));
    }
  }
}
