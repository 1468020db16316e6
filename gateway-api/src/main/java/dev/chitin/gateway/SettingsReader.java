package dev.chitin.gateway;

import dev.chitin.audit.GuardedField;
import dev.chitin.audit.RetentionPolicy;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.gateway.config.RetentionKeys;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.llm.LlmSettings;
import dev.chitin.gateway.llm.LlmSettingsReader;
import dev.chitin.policy.AddressRules;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.PolicySettings;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.LimitSettings;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.sandbox.bwrap.RunBounds;
import dev.chitin.sandbox.bwrap.WarmBounds;
import dev.chitin.vault.memory.MemoryLevel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Turns a checked configuration into settings, filling in the defaults. */
public final class SettingsReader {
  private static final List<String> SEARCH_PATH = List.of("/usr/bin", "/bin");

  private final JsonValue.Obj document;
  private final ChitinHome home;

  private SettingsReader(JsonValue.Obj document, ChitinHome home) {
    this.document = document;
    this.home = home;
  }

  /**
   * Reads the settings.
   *
   * @throws ChitinException {@code config.invalid} with the place of what the table of keys cannot
   *     say, a tool's definition above all
   */
  public static GatewaySettings read(
      Configuration configuration, ChitinHome home, Map<String, String> environment) {
    try {
      return new SettingsReader(configuration.document(), home).settings(environment);
    } catch (ChitinException.Invalid e) {
      throw configuration.located(e);
    }
  }

  /**
   * The same, for who only wants to know.
   *
   * @throws ConfigException with the fault, and for tools that do not go together
   */
  public static void check(
      Configuration configuration, ChitinHome home, Map<String, String> environment)
      throws ConfigException {
    try {
      ToolRegistry.of(
          new SettingsReader(configuration.document(), home).settings(environment).tools());
    } catch (ChitinException.Invalid e) {
      throw new ConfigException(List.of(configuration.fault(e.problem())));
    }
  }

  private GatewaySettings settings(Map<String, String> environment) {
    JsonFields sandbox = section("sandbox");
    Path keyFile =
        section("vault").string("key_file").map(home::expand).orElseGet(() -> keyFile(environment));
    Path nodeKey =
        section("vault")
            .string("recipient_key")
            .map(home::expand)
            .orElseGet(() -> keyFile.resolveSibling("node.key"));
    LlmSettings llm =
        LlmSettingsReader.read(
            section("providers"), EdgeSettingsReader.limits(section("gateway")), home);
    var toolReader =
        new ToolSettingsReader(
            JsonFields.of(document, "").array("tools").orElse(List.of()),
            section("workspace"),
            section("policy"),
            home);
    Map<String, Capabilities> grants = toolReader.grants();
    llm.providers().forEach(p -> grants.putIfAbsent(p.dialect().tool(), p.capabilities()));
    List<ToolDefinition> tools = toolReader.tools(grants, LimitSettings.read(sandbox));
    EdgeSettings edge = new EdgeSettingsReader(section("gateway"), home).settings();
    llm.requireTools(tools.stream().map(ToolDefinition::name).toList());
    return new GatewaySettings(
        home,
        edge,
        new AuthSettingsReader(section("auth"), home).settings(edge),
        policy(
            grants,
            toolReader.workspacePath(),
            keyFile,
            nodeKey,
            credential(environment),
            sandbox,
            llm),
        tools,
        keyFile,
        nodeKey,
        credential(environment),
        section("vault").strings("binding").orElse(null),
        section("vault").string("memory_required").map(MemoryLevel::of).orElse(MemoryLevel.LOCKED),
        audit(),
        Set.copyOf(sandbox.strings("waive").orElse(List.of())),
        home.expand(sandbox.string("bwrap").orElse("/usr/bin/bwrap")),
        runs(sandbox),
        warm(sandbox),
        llm,
        OperationSettings.read(section("gateway"), section("telemetry")),
        "local");
  }

  private AuditOptions audit() {
    JsonFields audit = section("audit");
    long segmentBytes = audit.integer("segment_bytes", 1 << 20, 1 << 30).orElse(64L << 20);
    return new AuditOptions(
        audit.string("origin").orElse(null),
        audit.integer("append_timeout_ms", 10, 60_000).orElse(2_000L),
        segmentBytes,
        audit
            .fields("checkpoint")
            .flatMap(checkpoint -> checkpoint.integer("interval_ms", 10, 3_600_000))
            .orElse(1_000L),
        audit.strings("clear").orElse(List.of()).stream()
            .flatMap(name -> GuardedField.of(name).stream())
            .collect(Collectors.toUnmodifiableSet()),
        ConfigState.of(document),
        new AlertSettingsReader(
                audit.fields("alerts").orElseGet(() -> JsonFields.of(JsonValue.Obj.EMPTY, "")))
            .options(segmentBytes),
        audit.fields("witness").map(WitnessSettingsReader::read).orElse(null),
        retention());
  }

  private RetentionPolicy retention() {
    return section("audit")
        .fields("retention")
        .map(
            retention ->
                new RetentionPolicy(
                    retention
                        .integer("max_age_hours", 1, RetentionKeys.MOST_HOURS)
                        .map(Duration::ofHours)
                        .orElse(null),
                    retention.integer("max_events", 1, RetentionKeys.MOST_EVENTS).orElse(0L),
                    retention.string("archive").map(home::expand).orElse(null)))
        .orElse(RetentionPolicy.KEEP_ALL);
  }

  /** A bound of one tenant that is not given lies at three quarters of the whole. */
  private static RunBounds runs(JsonFields sandbox) {
    RunBounds d = RunBounds.DEFAULT;
    int runs = bound(sandbox, "max_runs", d.runs());
    int waiting = bound(sandbox, "max_waiting", d.waiting());
    return new RunBounds(
        runs,
        bound(sandbox, "max_runs_per_tenant", Math.max(1, runs * 3 / 4)),
        waiting,
        bound(sandbox, "max_waiting_per_tenant", Math.max(1, waiting / 2)),
        bound(sandbox, "max_setups", d.setUps()));
  }

  private static WarmBounds warm(JsonFields sandbox) {
    WarmBounds d = WarmBounds.DEFAULT;
    return sandbox
        .fields("warm")
        .map(
            warm -> {
              int perProfile = bound(warm, "per_profile", d.perProfile());
              return new WarmBounds(
                  perProfile,
                  Math.max(perProfile, bound(warm, "total", d.total())),
                  bound(warm, "idle_ms", Math.toIntExact(d.idleMillis())));
            })
        .orElse(d);
  }

  /** A key that systemd hands over, unless the operator names a file. */
  private Optional<Path> credential(Map<String, String> environment) {
    String directory = environment.get("CREDENTIALS_DIRECTORY");
    if (directory == null
        || !directory.startsWith("/")
        || section("vault").string("key_file").isPresent()) {
      return Optional.empty();
    }
    return Optional.of(Path.of(directory, "vault.key")).filter(Files::exists);
  }

  private Path keyFile(Map<String, String> environment) {
    String named = environment.get("XDG_CONFIG_HOME");
    Path base =
        named == null || !named.startsWith("/")
            ? home.userHome().resolve(".config")
            : Path.of(named);
    return base.resolve("chitin").resolve("vault.key");
  }

  private static int bound(JsonFields limits, String name, int byDefault) {
    return Math.toIntExact(limits.integer(name, 0, Integer.MAX_VALUE).orElse((long) byDefault));
  }

  private PolicySettings policy(
      Map<String, Capabilities> grants,
      String workspacePath,
      Path keyFile,
      Path nodeKey,
      Optional<Path> credential,
      JsonFields sandbox,
      LlmSettings llm) {
    JsonFields workspace = section("workspace");
    return new PolicySettings(
        home.userHome().toString(),
        home.root().toString(),
        workspacePath,
        workspace.strings("allowed_paths").orElse(List.of()),
        workspace.strings("denied_paths").orElse(List.of()),
        protectedPaths(credential.orElse(keyFile), keyFile, nodeKey),
        grants,
        allowPrivate(),
        sandbox.strings("search_path").orElse(SEARCH_PATH),
        WriteProtection.without(sandbox.strings("unprotected").orElse(List.of())),
        llm.namedAddresses());
  }

  /** Compiled once here for its faults: policy adds this machine's own addresses. */
  private List<String> allowPrivate() {
    List<String> entries = section("egress").strings("allow_private").orElse(List.of());
    var _ = AddressRules.compile(entries, Set.of());
    return entries;
  }

  /** What no tool sees, wherever it lies. */
  private List<String> protectedPaths(Path vaultKey, Path keyFile, Path nodeKey) {
    return Stream.of(
            Stream.of(vaultKey, nodeKey, home.audit(), home.run(), home.vault()),
            LogKeyFiles.places(keyFile).stream(),
            Stream.ofNullable(retention().archive()))
        .flatMap(paths -> paths)
        .map(Path::toString)
        .toList();
  }

  private JsonFields section(String name) {
    return JsonFields.of(document, "")
        .fields(name)
        .orElseGet(() -> JsonFields.of(JsonValue.Obj.EMPTY, "/" + name));
  }
}
