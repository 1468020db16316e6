package dev.chitin.gateway;

import dev.chitin.audit.GuardedField;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.AuditOptions.WitnessOptions;
import dev.chitin.gateway.calls.StreamBounds;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.gateway.http.CorsOrigin;
import dev.chitin.gateway.http.EdgeBounds;
import dev.chitin.gateway.http.EdgeSettings;
import dev.chitin.gateway.llm.LlmSettings;
import dev.chitin.gateway.llm.LlmSettingsReader;
import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.session.SessionBounds;
import dev.chitin.gateway.tls.ClientAuthSettings;
import dev.chitin.gateway.tls.TlsSettings;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.PolicySettings;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.LimitSettings;
import dev.chitin.sandbox.LimitValues;
import dev.chitin.sandbox.ShippedTools;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.ToolDefinitionReader;
import dev.chitin.sandbox.bwrap.RunBounds;
import dev.chitin.sandbox.bwrap.WarmBounds;
import dev.chitin.vault.memory.MemoryLevel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Turns a checked configuration into settings, filling in the defaults. */
public final class SettingsReader {
  private static final int DEFAULT_PORT = 8787;
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
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} for what the table of keys cannot
   *     say, a tool's definition above all
   */
  public static GatewaySettings read(
      Configuration configuration, ChitinHome home, Map<String, String> environment) {
    return new SettingsReader(configuration.document(), home).settings(environment);
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
    LlmSettings llm = LlmSettingsReader.read(section("providers"), limits(section("gateway")));
    Map<String, Capabilities> grants = grants();
    llm.providers().forEach(p -> grants.putIfAbsent(p.dialect().tool(), p.capabilities()));
    List<ToolDefinition> tools = tools(grants, LimitSettings.read(sandbox));
    return new GatewaySettings(
        home,
        edge(),
        new AuthSettingsReader(section("auth"), home).settings(),
        policy(grants, keyFile, nodeKey, credential(environment), sandbox, llm),
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
        audit.fields("witness").map(SettingsReader::witness).orElse(null));
  }

  private static WitnessOptions witness(JsonFields witness) {
    return new WitnessOptions(
        witness.required("url", witness.string("url")),
        witness.required("key", witness.string("key")),
        witness.integer("required", 0, 1).orElse(0L) == 1);
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

  private EdgeSettings edge() {
    JsonFields gateway = section("gateway");
    JsonFields limits = limits(gateway);
    return new EdgeSettings(
        gateway.string("host").orElse("127.0.0.1"),
        Math.toIntExact(gateway.integer("port", 0, 65_535).orElse((long) DEFAULT_PORT)),
        Set.copyOf(gateway.strings("hosts").orElse(List.of())),
        origins(gateway),
        gateway.fields("tls").flatMap(this::tls).orElse(null),
        gateway.fields("tls").flatMap(tls -> tls.bool("terminated_upstream")).orElse(false),
        rateLimit(gateway),
        sessions(gateway),
        new EdgeBounds(
            bound(limits, "connections", 10_000),
            bound(limits, "connections_per_address", 256),
            bound(limits, "header_bytes", 16 * 1024),
            bound(limits, "header_timeout_ms", 10_000),
            bound(limits, "body_bytes", 1 << 20),
            bound(limits, "body_timeout_ms", 30_000),
            bound(limits, "calls", 1_024),
            bound(limits, "calls_per_principal", 128),
            bound(limits, "call_timeout_ms", 120_000),
            streams(limits)));
  }

  private static StreamBounds streams(JsonFields limits) {
    StreamBounds d = StreamBounds.DEFAULT;
    return new StreamBounds(
        bound(limits, "event_streams", d.total()),
        bound(limits, "event_streams_per_principal", d.perPrincipal()),
        bound(limits, "event_streams_per_call", d.perCall()));
  }

  private static JsonFields limits(JsonFields gateway) {
    return gateway.fields("limits").orElseGet(() -> JsonFields.of(JsonValue.Obj.EMPTY, ""));
  }

  private static Set<String> origins(JsonFields gateway) {
    List<String> origins = gateway.strings("cors_origins").orElse(List.of());
    return origins.stream().map(CorsOrigin::checked).collect(Collectors.toUnmodifiableSet());
  }

  /** Certificate and key go together; a proxy in front has both. */
  private Optional<TlsSettings> tls(JsonFields tls) {
    Optional<String> cert = tls.string("cert");
    Optional<String> key = tls.string("key");
    if (cert.isPresent() != key.isPresent()) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, "gateway.tls has only one of cert and key.")
          .withRule("gateway.tls")
          .withHint("Name both, or neither.")
          .toException();
    }
    Optional<ClientAuthSettings> clients = clients(tls);
    if (clients.isPresent() && cert.isEmpty()) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID, "gateway.tls asks clients for certificates without TLS.")
          .withRule("gateway.tls.client_ca")
          .withHint("Name cert and key: a proxy in front cannot vouch for a client's certificate.")
          .toException();
    }
    return cert.map(
        file ->
            new TlsSettings(
                home.expand(file), home.expand(key.orElseThrow()), clients.orElse(null)));
  }

  private Optional<ClientAuthSettings> clients(JsonFields tls) {
    Optional<String> ca = tls.string("client_ca");
    Optional<String> asked = tls.string("client_auth");
    Optional<String> crl = tls.string("client_crl");
    if (ca.isPresent() != asked.isPresent() || (crl.isPresent() && ca.isEmpty())) {
      throw Problem.of(
              ProblemCode.CONFIG_INVALID,
              "gateway.tls has only a part of client_ca, client_auth and client_crl.")
          .withRule("gateway.tls.client_ca")
          .withHint("Name client_ca, and say client_auth: request or required; client_crl may be.")
          .toException();
    }
    return ca.map(
        file ->
            new ClientAuthSettings(
                home.expand(file),
                asked.orElseThrow().equals("required"),
                crl.map(home::expand).orElse(null)));
  }

  private static SessionBounds sessions(JsonFields gateway) {
    SessionBounds d = SessionBounds.DEFAULT;
    return gateway
        .fields("session")
        .map(
            session ->
                new SessionBounds(
                    session.integer("idle_ms", 1_000, 86_400_000).orElse(d.idleMillis()),
                    session
                        .integer("absolute_ms", 1_000, 30L * 86_400_000)
                        .orElse(d.absoluteMillis()),
                    d.perPrincipal(),
                    d.total()))
        .orElse(d);
  }

  private static RateLimit rateLimit(JsonFields gateway) {
    RateLimit d = RateLimit.DEFAULT;
    return gateway
        .fields("rate_limit")
        .map(
            limit ->
                new RateLimit(
                    limit
                        .integer("requests_per_minute", 1, 10_000_000)
                        .orElse(d.requestsPerMinute()),
                    limit.integer("burst", 1, 1_000_000).orElse(d.burst())))
        .orElse(d);
  }

  private static int bound(JsonFields limits, String name, int byDefault) {
    return Math.toIntExact(limits.integer(name, 0, Integer.MAX_VALUE).orElse((long) byDefault));
  }

  private PolicySettings policy(
      Map<String, Capabilities> grants,
      Path keyFile,
      Path nodeKey,
      Optional<Path> credential,
      JsonFields sandbox,
      LlmSettings llm) {
    JsonFields workspace = section("workspace");
    return new PolicySettings(
        home.userHome().toString(),
        home.root().toString(),
        workspacePath(),
        workspace.strings("allowed_paths").orElse(List.of()),
        workspace.strings("denied_paths").orElse(List.of()),
        List.of(
            credential.orElse(keyFile).toString(),
            nodeKey.toString(),
            LogKey.file(keyFile).toString(),
            home.audit().toString(),
            home.run().toString(),
            home.vault().toString()),
        grants,
        section("egress").strings("allow_private").orElse(List.of()),
        sandbox.strings("search_path").orElse(SEARCH_PATH),
        WriteProtection.without(sandbox.strings("unprotected").orElse(List.of())),
        llm.namedAddresses());
  }

  private String workspacePath() {
    return section("workspace").string("path").orElse(home.workspace().toString());
  }

  /** What each tool is granted: the operator's word, else what suits a shipped tool. */
  private Map<String, Capabilities> grants() {
    List<String> roots = new ArrayList<>();
    roots.add(workspacePath());
    roots.addAll(section("workspace").strings("allowed_paths").orElse(List.of()));
    var read = new Capabilities(roots, List.of(), List.of(), List.of());
    Map<String, Capabilities> grants = new HashMap<>();
    grants.put("fs_read", read);
    grants.put("fs_list", read);
    grants.put("fs_search", read);
    grants.put("fs_write", new Capabilities(List.of(), roots, List.of(), List.of()));
    grants.put("http_fetch", Capabilities.NONE);
    grants.put(
        "process_run",
        new Capabilities(roots, List.of(), List.of(), ShippedTools.DEFAULT_COMMANDS));
    section("policy")
        .object("grants")
        .ifPresent(
            named ->
                named
                    .members()
                    .forEach(
                        (tool, value) ->
                            grants.put(
                                tool,
                                ToolDefinitionReader.capabilities(
                                    JsonFields.of(value, "/policy/grants/" + tool)))));
    return grants;
  }

  private List<ToolDefinition> tools(Map<String, Capabilities> grants, LimitSettings limits) {
    List<ToolDefinition> tools = new ArrayList<>();
    Map<String, Function<Capabilities, ToolDefinition>> shipped =
        Map.of(
            "fs_read", ShippedTools::fsRead,
            "fs_write", ShippedTools::fsWrite,
            "fs_list", ShippedTools::fsList,
            "fs_search", ShippedTools::fsSearch,
            "http_fetch", ShippedTools::httpFetch,
            "process_run", ShippedTools::processRun);
    shipped.forEach(
        (name, make) ->
            tools.add(
                make.apply(granted(grants, name)).withLimits(limits.of(name, LimitValues.NONE))));
    List<JsonValue> declared = JsonFields.of(document, "").array("tools").orElse(List.of());
    for (int i = 0; i < declared.size(); i++) {
      ToolDefinition tool = ToolDefinitionReader.read(declared.get(i), "/tools/" + i);
      LlmSettings.refuseName(tool.name());
      tools.add(tool.withLimits(limits.of(tool.name(), ownLimits(declared.get(i), "/tools/" + i))));
      // The operator's own declaration grants what it declares, unless policy.grants says
      // otherwise.
      grants.putIfAbsent(tool.name(), tool.capabilities());
    }
    limits.check(new TreeSet<>(tools.stream().map(ToolDefinition::name).toList()));
    tools.forEach(SettingsReader::refuseNetwork);
    return tools;
  }

  /** A native tool would run without the network that it is shown with. */
  private static void refuseNetwork(ToolDefinition tool) {
    boolean isNative =
        tool.run() instanceof ToolDefinition.Run.NativeProcess
            || tool.run() instanceof ToolDefinition.Run.Argv;
    if (isNative && !tool.capabilities().networkAccess().isEmpty()) {
      throw Problem.of(
              ProblemCode.CONFIG_NOT_BUILT,
              "The tool " + tool.name() + " has NetworkAccess, and a native tool has no network.")
          .withRule("tool." + tool.name() + ".capabilities.NetworkAccess")
          .withHint("Drop NetworkAccess, or make the request with run.http or http_fetch.")
          .toException();
    }
  }

  private static LimitValues ownLimits(JsonValue declared, String pointer) {
    return JsonFields.of(declared, pointer)
        .fields("limits")
        .map(LimitValues::read)
        .orElse(LimitValues.NONE);
  }

  private static Capabilities granted(Map<String, Capabilities> grants, String tool) {
    return Optional.ofNullable(grants.get(tool)).orElse(Capabilities.NONE);
  }

  private JsonFields section(String name) {
    return JsonFields.of(document, "")
        .fields(name)
        .orElseGet(() -> JsonFields.of(JsonValue.Obj.EMPTY, "/" + name));
  }
}
