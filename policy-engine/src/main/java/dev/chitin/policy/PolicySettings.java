package dev.chitin.policy;

import java.util.List;
import java.util.Map;

/**
 * The operator's rules, as configuration gives them. Paths may begin with {@code ~}.
 *
 * @param home what {@code ~} stands for, absolute
 * @param chitinHome Chitin's own home: denied to every tool but for the workspace
 * @param workspace the workspace, absolute or {@code ~/…}
 * @param allowedPaths {@code workspace.allowed_paths}
 * @param deniedPaths {@code workspace.denied_paths}
 * @param protectedPaths further paths of Chitin's own (log, sockets, key file), denied always
 * @param grants granted capabilities by tool name; a tool without an entry is granted nothing
 * @param allowPrivate {@code egress.allow_private}: {@code address:port} or CIDR, which alone may
 *     lie in private ranges
 * @param searchPath directories in which bare command names are looked up, in order
 * @param writeProtection which built-in write denials hold; the sandbox is given the same
 * @param allowPrivateOf the same as {@code allowPrivate} for one tool alone, by tool name
 */
public record PolicySettings(
    String home,
    String chitinHome,
    String workspace,
    List<String> allowedPaths,
    List<String> deniedPaths,
    List<String> protectedPaths,
    Map<String, Capabilities> grants,
    List<String> allowPrivate,
    List<String> searchPath,
    WriteProtection writeProtection,
    Map<String, List<String>> allowPrivateOf) {
  public PolicySettings {
    allowPrivateOf = Map.copyOf(allowPrivateOf);
    allowedPaths = List.copyOf(allowedPaths);
    deniedPaths = List.copyOf(deniedPaths);
    protectedPaths = List.copyOf(protectedPaths);
    grants = Map.copyOf(grants);
    allowPrivate = List.copyOf(allowPrivate);
    searchPath = List.copyOf(searchPath);
  }

  /** Settings by which no tool reaches a private destination that another may not. */
  public PolicySettings(
      String home,
      String chitinHome,
      String workspace,
      List<String> allowedPaths,
      List<String> deniedPaths,
      List<String> protectedPaths,
      Map<String, Capabilities> grants,
      List<String> allowPrivate,
      List<String> searchPath,
      WriteProtection writeProtection) {
    this(
        home,
        chitinHome,
        workspace,
        allowedPaths,
        deniedPaths,
        protectedPaths,
        grants,
        allowPrivate,
        searchPath,
        writeProtection,
        Map.of());
  }
}
