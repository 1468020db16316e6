package dev.chitin.policy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.HeaderNames;
import dev.chitin.bus.ProblemCode;
import dev.chitin.policy.command.ArgumentPaths;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Holds one plan against the path, host and command rules and the ceiling, and collects every
 * reason against it. A pure function of the plan and the rules: no I/O, no clock.
 */
final class PlanChecks {
  private final String home;
  private final PathRules paths;
  private final AddressRules addresses;
  private final ExecutionPlan plan;
  private final Ceiling ceiling;
  private final List<Denial> denials = new ArrayList<>();

  private PlanChecks(
      String home, PathRules paths, AddressRules addresses, ExecutionPlan plan, Ceiling ceiling) {
    this.home = home;
    this.paths = paths;
    this.addresses = addresses;
    this.plan = plan;
    this.ceiling = ceiling;
  }

  /** The reasons against {@code plan}, the deciding one first; empty when the ceiling allows it. */
  static List<Denial> of(
      String home, PathRules paths, AddressRules addresses, ExecutionPlan plan, Ceiling ceiling) {
    var checks = new PlanChecks(home, paths, addresses, plan, ceiling);
    checks.run();
    return List.copyOf(checks.denials);
  }

  private void run() {
    String backend =
        switch (plan.invocation()) {
          case Invocation.NativeProcess process -> {
            process(process);
            yield "bwrap";
          }
          case Invocation.FileAccess file -> {
            file(file);
            yield "file";
          }
          case Invocation.HttpRequest http -> {
            http(http);
            yield "http";
          }
          case Invocation.VerticleCall call -> "verticle";
        };
    if (!plan.backend().equals(backend)) {
      denials.addFirst(
          Denial.of(
              ProblemCode.POLICY_ERROR,
              "plan.backend",
              "The plan's backend does not do what the plan says."));
    }
    if (!plan.mounts().isEmpty() && !backend.equals("bwrap")) {
      denials.add(Denial.of(ProblemCode.POLICY_ERROR, "plan.mounts", "Only a process has mounts."));
    }
    plan.mounts().forEach(this::mount);
    plan.egress().forEach(rule -> destination(rule.scheme(), rule.host(), rule.port()));
    var credentials = new CredentialChecks(plan);
    plan.credentials().forEach(ref -> credentials.check(ref).ifPresent(denials::add));
  }

  private void process(Invocation.NativeProcess process) {
    if (!isCanonical(process.cwd())) {
      denials.add(
          Denial.of(
              ProblemCode.POLICY_PATH_DENIED,
              "path.cwd",
              "The working directory is not canonical."));
      return;
    }
    if (process.outputs().size() > DeclaredOutput.MOST
        || process.outputs().stream().map(DeclaredOutput::name).distinct().count()
            != process.outputs().size()) {
      denials.add(
          Denial.of(
              ProblemCode.POLICY_ERROR,
              "plan.outputs",
              "The plan names too many outputs, or one twice."));
    }
    denials.addAll(
        ceiling
            .commands()
            .decide(process, new ArgumentPaths(paths, home, process.cwd(), plan.mounts())));
  }

  private void file(Invocation.FileAccess file) {
    Invocation.FileTarget target = file.target();
    PathRules.Access access =
        switch (file.operation()) {
          case "read", "list", "search" -> PathRules.Access.READ;
          case "write" -> PathRules.Access.WRITE;
          default -> null;
        };
    if (access == null || !isCanonical(target.requested()) || !isAbsolute(target.resolved())) {
      denials.add(
          Denial.of(
              ProblemCode.POLICY_PATH_DENIED,
              "path.plan",
              "The planned file access is no known one."));
      return;
    }
    Optional<Denial> denied = paths.denied(target.resolved(), target.requested(), access);
    if (denied.isPresent()) {
      denials.add(denied.get());
      return;
    }
    boolean rootAgrees =
        paths.rootOf(target.resolved()).stream()
            .anyMatch(root -> root.path().equals(target.root()));
    if (!rootAgrees) {
      denials.add(
          Denial.of(
              ProblemCode.POLICY_PATH_DENIED,
              "workspace.roots",
              "The planned root is not the one that the path lies in."));
    }
    ceiling
        .lacking(target.resolved(), access)
        .ifPresent(side -> denials.add(pathCeiling(target.requested(), access, side)));
  }

  private void mount(Mount mount) {
    PathRules.Access access = mount.writable() ? PathRules.Access.WRITE : PathRules.Access.READ;
    if (!isAbsolute(mount.source()) || !isCanonical(mount.target())) {
      denials.add(
          Denial.of(ProblemCode.POLICY_PATH_DENIED, "path.mount", "A mount is not canonical."));
      return;
    }
    Optional<Denial> denied = paths.deniedMount(mount.source(), access);
    if (denied.isPresent()) {
      denials.add(denied.get());
      return;
    }
    if (!plan.hidden().containsAll(paths.deniedBelow(mount.source()))) {
      denials.add(
          Denial.of(
              ProblemCode.POLICY_PATH_DENIED,
              "path.hidden",
              "A mount shows a denied place that the plan does not hide."));
      return;
    }
    // Whatever is mounted writable can be read as well.
    for (PathRules.Access needed :
        mount.writable()
            ? List.of(PathRules.Access.READ, PathRules.Access.WRITE)
            : List.of(PathRules.Access.READ)) {
      if (!ceiling.coversTree(mount.source(), needed)) {
        Ceiling.Lacking side =
            ceiling.lacking(mount.source(), needed).orElse(Ceiling.Lacking.GRANT);
        denials.add(pathCeiling(mount.source(), needed, side));
      }
    }
  }

  private Denial pathCeiling(String path, PathRules.Access access, Ceiling.Lacking side) {
    String kind = access == PathRules.Access.READ ? "FileRead" : "FileWrite";
    boolean nothing = side == Ceiling.Lacking.GRANT && ceiling.grantsNothing(access);
    return new Denial(
        ProblemCode.POLICY_PATH_DENIED,
        rule(kind, side),
        nothing
            ? "The tool is granted no " + kind + " at all; its grant is empty."
            : "The path is outside of what the tool "
                + (side == Ceiling.Lacking.GRANT ? "is granted." : "declares."),
        "Add '" + path + "' to " + key(kind, side) + ".paths.");
  }

  private void http(Invocation.HttpRequest http) {
    if (!http.method().matches("[A-Z]{3,16}")
        || http.method().equals("CONNECT")
        || http.method().equals("TRACE")
        || http.method().equals("TRACK")) {
      denials.add(
          Denial.of(
              ProblemCode.POLICY_ARGUMENT_DENIED,
              "http.method",
              "The HTTP method is not allowed."));
    }
    if (!http.pathAndQuery().startsWith("/")
        || http.pathAndQuery().chars().anyMatch(c -> c <= 0x20 || c >= 0x7f || c == '#')) {
      denials.add(
          Denial.of(
              ProblemCode.POLICY_ARGUMENT_DENIED, "http.path", "The request target is malformed."));
    }
    for (String name : http.headerNames()) {
      if (!HeaderNames.isField(name) || HeaderNames.isFraming(name)) {
        denials.add(
            Denial.of(
                ProblemCode.POLICY_ARGUMENT_DENIED,
                "http.header",
                "A header field of the request is not the caller's to set."));
      }
    }
    destination(http.scheme(), http.host(), http.port());
  }

  private void destination(String scheme, String host, int port) {
    Optional<Denial> malformed = malformed(host, port);
    if (malformed.isPresent()) {
      denials.add(malformed.get());
      return;
    }
    Optional<byte[]> literal = RequestHost.literal(host);
    Optional<String> address = literal.flatMap(bytes -> addresses.denied(bytes, port));
    if (address.isPresent()) {
      denials.add(
          new Denial(
              ProblemCode.POLICY_HOST_DENIED,
              address.get(),
              "The address " + host + " is not a public one.",
              "An operator may add '" + host + ":" + port + "' to egress.allow_private."));
      return;
    }
    Optional<Ceiling.Lacking> lacking = ceiling.lackingHost(host, port);
    if (lacking.isPresent()) {
      denials.add(hostCeiling(host, port, lacking.get()));
      return;
    }
    boolean granted = literal.map(bytes -> addresses.granted(bytes, port)).orElse(false);
    if (!cleartextAllowed(scheme, host, port, granted)) {
      denials.add(
          new Denial(
              ProblemCode.POLICY_HOST_DENIED,
              "host.scheme",
              "Only https is allowed to this destination.",
              "Use https; for http, grant '" + host + ":80' with its port."));
    }
  }

  private static Optional<Denial> malformed(String host, int port) {
    try {
      boolean canonical = RequestHost.canonical(host).equals(host);
      return canonical && port >= 1 && port <= 65_535
          ? Optional.empty()
          : Optional.of(notCanonical());
    } catch (ChitinException.Denied e) {
      return Optional.of(notCanonical());
    }
  }

  private static Denial notCanonical() {
    return Denial.of(
        ProblemCode.POLICY_HOST_DENIED,
        "host.not_canonical",
        "The planned host or port is not canonical.");
  }

  /** https always; http to a private address that is granted, or to port 80 granted by number. */
  private boolean cleartextAllowed(String scheme, String host, int port, boolean privateGranted) {
    return switch (scheme) {
      case "https" -> true;
      case "http" -> privateGranted || (port == 80 && ceiling.namesPort(host, port));
      default -> false;
    };
  }

  private Denial hostCeiling(String host, int port, Ceiling.Lacking side) {
    boolean nothing = side == Ceiling.Lacking.GRANT && ceiling.grantsNoHost();
    String pattern = port == 443 ? host : host + ":" + port;
    return new Denial(
        ProblemCode.POLICY_HOST_DENIED,
        rule("NetworkAccess", side),
        nothing
            ? "The tool is granted no NetworkAccess at all; its grant is empty."
            : "The destination is outside of what the tool "
                + (side == Ceiling.Lacking.GRANT ? "is granted." : "declares."),
        "Add '" + pattern + "' to " + key("NetworkAccess", side) + ".hosts.");
  }

  private String rule(String kind, Ceiling.Lacking side) {
    return side == Ceiling.Lacking.GRANT
        ? "policy.grants." + ceiling.tool() + "." + kind
        : "tool." + ceiling.tool() + ".capabilities." + kind;
  }

  private String key(String kind, Ceiling.Lacking side) {
    return side == Ceiling.Lacking.GRANT
        ? "policy.grants." + ceiling.tool() + "." + kind
        : "tools." + ceiling.tool() + ".capabilities." + kind;
  }

  private boolean isCanonical(String path) {
    try {
      return RequestPath.canonical(path, home, "/").equals(path);
    } catch (ChitinException.Denied e) {
      return false;
    }
  }

  /** A resolved path comes from the file system, so its names need not be those of a request. */
  private static boolean isAbsolute(String path) {
    return path.startsWith("/")
        && path.indexOf('\0') < 0
        && !path.contains("//")
        && !(path + "/").contains("/../")
        && !(path + "/").contains("/./");
  }
}
