package dev.chitin.gateway;

import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.GuardedField;
import dev.chitin.audit.RetentionPolicy;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.AuthSettings;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.ConfigFault;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.llm.LlmSettings;
import dev.chitin.gateway.llm.LlmSettingsReader;
import dev.chitin.policy.AddressRules;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.Executables;
import dev.chitin.policy.Judgement;
import dev.chitin.policy.PolicySettings;
import dev.chitin.policy.PolicySnapshot;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.LimitSettings;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolRegistry;
import dev.chitin.vault.memory.MemoryLevel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns a checked configuration into settings, filling in the defaults. */
public final class SettingsReader {
  private static final String NODE = "local";

  private final JsonValue.Obj document;
  private final @Nullable Path file;
  private final ChitinHome home;

  private SettingsReader(Configuration configuration, ChitinHome home) {
    this.document = configuration.document();
    this.file = configuration.file();
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
      return new SettingsReader(configuration, home).settings(environment);
    } catch (ChitinException.Invalid e) {
      throw configuration.located(e);
    }
  }

  /**
   * The same, for who only wants to know.
   *
   * @return what a start on this machine would still miss: files that are not there
   * @throws ConfigException with the fault, and for what a start would refuse: keys whose control
   *     is not built, tools that do not go together, a listener in clear, rules that are none, and
   *     files, named by the configuration, that are there and cannot be used
   */
  public static List<ConfigFault> check(
      Configuration configuration, ChitinHome home, Map<String, String> environment)
      throws ConfigException {
    try {
      var reader = new SettingsReader(configuration, home);
      GatewaySettings settings = reader.settings(environment);
      if (!configuration.notBuilt().isEmpty()) {
        throw new ConfigException(configuration.notBuilt());
      }
      ToolRegistry.of(settings.tools());
      ListenerCheck.refuseCleartext(settings.edge());
      PolicySnapshot.compile(
          settings.policy(),
          new Executables(settings.policy().searchPath()),
          Judgement.PERMIT_WITHIN_CEILING);
      NamedFiles files = NamedFiles.of(settings, reader.section("sandbox"));
      if (!files.faults().isEmpty()) {
        throw new ConfigException(files.faults().stream().map(configuration::fault).toList());
      }
      return files.absent().stream().map(configuration::fault).toList();
    } catch (ChitinException.Invalid e) {
      throw new ConfigException(List.of(configuration.fault(e.problem())));
    }
  }

  private GatewaySettings settings(Map<String, String> environment) {
    JsonFields sandbox = section("sandbox");
    var runs = new RunSettingsReader(sandbox);
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
    AuthSettings auth = new AuthSettingsReader(section("auth"), home).settings(edge);
    AuditOptions audit = audit();
    llm.requireTools(tools.stream().map(ToolDefinition::name).toList());
    return new GatewaySettings(
        home,
        edge,
        auth,
        policy(
            grants,
            toolReader.workspacePath(),
            protectedPaths(
                Stream.of(credential(environment).orElse(keyFile), nodeKey),
                keyFile,
                Stream.concat(
                        OwnFiles.of(edge, auth, audit.alerts(), home).stream(),
                        LlmSettingsReader.authorities(section("providers"), home).stream())
                    .toList()),
            sandbox,
            llm),
        tools,
        keyFile,
        nodeKey,
        credential(environment),
        section("vault").strings("binding").orElse(null),
        section("vault").string("memory_required").map(MemoryLevel::of).orElse(MemoryLevel.LOCKED),
        audit,
        Set.copyOf(sandbox.strings("waive").orElse(List.of())),
        home.expand(sandbox.string("bwrap").orElse("/usr/bin/bwrap")),
        runs.bounds(),
        runs.warm(),
        llm,
        OperationSettings.read(section("gateway"), section("telemetry")),
        NODE);
  }

  private AuditOptions audit() {
    JsonFields audit = section("audit");
    long segmentBytes = audit.integer("segment_bytes", 1 << 20, 1 << 30).orElse(64L << 20);
    return new AuditOptions(
        audit.string("origin").map(this::checkedOrigin).orElse(null),
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

  /** As the log itself takes it. */
  private String checkedOrigin(String origin) {
    return AuditSettings.of(home.audit(), NODE, Version.CURRENT).withOrigin(origin).origin();
  }

  private RetentionPolicy retention() {
    return section("audit")
        .fields("retention")
        .map(retention -> RetentionSettingsReader.read(retention, home))
        .orElse(RetentionPolicy.KEEP_ALL);
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

  private PolicySettings policy(
      Map<String, Capabilities> grants,
      String workspacePath,
      List<String> protectedPaths,
      JsonFields sandbox,
      LlmSettings llm) {
    JsonFields workspace = section("workspace");
    return new PolicySettings(
        home.userHome().toString(),
        home.root().toString(),
        workspacePath,
        workspace.strings("allowed_paths").orElse(List.of()),
        workspace.strings("denied_paths").orElse(List.of()),
        protectedPaths,
        grants,
        allowPrivate(),
        new RunSettingsReader(sandbox).searchPath(),
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
  private List<String> protectedPaths(Stream<Path> vaultKeys, Path keyFile, List<Path> own) {
    return Stream.of(
            vaultKeys,
            Stream.of(home.audit(), home.run(), home.vault()),
            LogKeyFiles.places(keyFile).stream(),
            Stream.ofNullable(retention().archive()),
            Stream.ofNullable(file).map(named -> named.toAbsolutePath().normalize()),
            own.stream())
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
