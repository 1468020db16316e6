package dev.chitin.policy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.command.CommandRules;
import dev.chitin.policy.host.HostPattern;
import dev.chitin.policy.path.PathPattern;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One version of all rules, compiled from the operator's settings. A call reads one snapshot once
 * and is decided by it whole. Immutable but for a bounded memory of ceilings; safe for use from any
 * thread.
 */
public final class PolicySnapshot {
  /** Most ceilings remembered; beyond, a ceiling is compiled for each call. */
  public static final int MAX_CEILINGS = 16_384;

  private static final byte[] DOMAIN = "chitin.policy.v1\0".getBytes(StandardCharsets.UTF_8);

  private record Subject(String tool, Capabilities declared) {}

  private final PolicySettings settings;
  private final PathRules paths;
  private final AddressRules addresses;
  private final Map<String, AddressRules> addressesOf = new HashMap<>();
  private final CommandRules commands;
  private final Executables executables;
  private final Judgement judgement;
  private final Map<String, Granted> granted;
  private final String version;
  private final Map<Subject, Ceiling> ceilings = new ConcurrentHashMap<>();

  /** The compiled grants of one tool. */
  private record Granted(List<PathPattern> read, List<PathPattern> write, List<HostPattern> hosts) {
    static final Granted NOTHING = new Granted(List.of(), List.of(), List.of());
  }

  private PolicySnapshot(PolicySettings settings, Executables executables, Judgement judgement) {
    this.settings = settings;
    this.executables = executables;
    this.judgement = judgement;
    paths = PathRules.compile(settings);
    Set<InetAddress> own = ownAddresses();
    addresses = AddressRules.compile(settings.allowPrivate(), own);
    settings
        .allowPrivateOf()
        .forEach((tool, more) -> addressesOf.put(tool, widened(settings, more, own)));
    commands = CommandRules.compile(settings.grants(), executables);
    granted = new HashMap<>();
    settings.grants().forEach((tool, grant) -> granted.put(tool, granted(tool, grant)));
    version = Digest.of(DOMAIN, CanonicalJson.bytes(sources())).toString();
  }

  /**
   * Compiles {@code settings}. Reads files (links, digests of commands): not for event loops.
   *
   * @param executables the same that the planner resolves commands with
   * @param judgement what decides within the ceiling
   * @throws ChitinException {@code config.invalid} with the key that is wrong
   */
  public static PolicySnapshot compile(
      PolicySettings settings, Executables executables, Judgement judgement) {
    return new PolicySnapshot(settings, executables, judgement);
  }

  private static AddressRules widened(
      PolicySettings settings, List<String> more, Set<InetAddress> own) {
    List<String> all = new ArrayList<>(settings.allowPrivate());
    all.addAll(more);
    return AddressRules.compile(all, own);
  }

  private Granted granted(String tool, Capabilities grant) {
    String key = "policy.grants." + tool;
    return new Granted(
        patterns(grant.fileRead(), key + ".FileRead.paths"),
        patterns(grant.fileWrite(), key + ".FileWrite.paths"),
        hosts(grant.networkAccess(), key + ".NetworkAccess.hosts"));
  }

  private List<PathPattern> patterns(List<String> written, String key) {
    return IntStream.range(0, written.size())
        .mapToObj(i -> PathPattern.compile(written.get(i), settings.home(), key + "[" + i + "]"))
        .toList();
  }

  private static List<HostPattern> hosts(List<String> written, String key) {
    return IntStream.range(0, written.size())
        .mapToObj(i -> HostPattern.compile(written.get(i), key + "[" + i + "]"))
        .toList();
  }

  /** The digest of the rules' sources and of what they resolved to. */
  public String version() {
    return version;
  }

  public PathRules paths() {
    return paths;
  }

  public AddressRules addresses() {
    return addresses;
  }

  /** The addresses that {@code tool} may reach. */
  public AddressRules addresses(String tool) {
    return addressesOf.getOrDefault(tool, addresses);
  }

  /**
   * What {@code tool} may touch at most. The first call for a pair looks at the file system.
   *
   * @throws ChitinException {@code config.invalid} when a declared pattern is none
   */
  public Ceiling ceiling(String tool, Capabilities declared) {
    var subject = new Subject(tool, declared);
    Ceiling known = ceilings.get(subject);
    if (known != null) {
      return known;
    }
    Ceiling compiled = compileCeiling(tool, declared);
    if (ceilings.size() < MAX_CEILINGS) {
      ceilings.put(subject, compiled);
    }
    return compiled;
  }

  /** Whether {@link #evaluate} needs no look at the file system for this plan. */
  public boolean isPrepared(ExecutionPlan plan) {
    return ceilings.containsKey(new Subject(plan.tool(), plan.declared()));
  }

  private Ceiling compileCeiling(String tool, Capabilities declared) {
    String key = "tools." + tool + ".capabilities";
    Granted grant = granted.getOrDefault(tool, Granted.NOTHING);
    Map<String, String> located = new HashMap<>();
    for (String command : declared.processExec()) {
      executables.locateReal(command).ifPresent(path -> located.put(command, path));
    }
    return new Ceiling(
        tool,
        new Ceiling.Paths(patterns(declared.fileRead(), key + ".FileRead.paths"), grant.read()),
        new Ceiling.Paths(patterns(declared.fileWrite(), key + ".FileWrite.paths"), grant.write()),
        hosts(declared.networkAccess(), key + ".NetworkAccess.hosts"),
        grant.hosts(),
        commands.tool(tool, declared, located));
  }

  /** Decides {@code plan}: first the ceiling, then, within it, the judgement. */
  public Verdict evaluate(ExecutionPlan plan) {
    Ceiling ceiling = ceiling(plan.tool(), plan.declared());
    List<Denial> denials =
        PlanChecks.of(settings.home(), paths, addresses(plan.tool()), plan, ceiling);
    return denials.isEmpty() ? judgement.judge(plan) : Verdict.deny(denials);
  }

  private static Set<InetAddress> ownAddresses() {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .collect(Collectors.toUnmodifiableSet());
    } catch (SocketException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private JsonValue.Obj sources() {
    JsonValue.Builder grants = JsonValue.object();
    settings.grants().forEach((tool, grant) -> grants.put(tool, PlanJson.capabilities(grant)));
    JsonValue.Builder privateOf = JsonValue.object();
    settings.allowPrivateOf().forEach(privateOf::put);
    JsonValue.Builder files = JsonValue.object();
    commands.fingerprint().forEach(files::put);
    return JsonValue.object()
        .put("home", settings.home())
        .put("chitinHome", settings.chitinHome())
        .put("workspace", settings.workspace())
        .put("allowedPaths", settings.allowedPaths())
        .put("deniedPaths", settings.deniedPaths())
        .put("protectedPaths", settings.protectedPaths())
        .put("grants", grants.build())
        .put("allowPrivate", settings.allowPrivate())
        .put("allowPrivateOf", privateOf.build())
        .put("searchPath", settings.searchPath())
        .put("roots", paths.roots().stream().map(PathRules.Root::path).toList())
        .put("commands", files.build())
        .put("builtIn", ProtectedPaths.DENIED)
        .put("builtInNames", ProtectedPaths.DENIED_NAMES)
        .put("builtInWrite", settings.writeProtection().paths())
        .build();
  }
}
