package dev.chitin.gateway.config;

import dev.chitin.audit.GuardedField;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.jwt.SigningAlgorithm;
import dev.chitin.gateway.config.Spec.Choice;
import dev.chitin.gateway.config.Spec.Document;
import dev.chitin.gateway.config.Spec.Flag;
import dev.chitin.gateway.config.Spec.ListOf;
import dev.chitin.gateway.config.Spec.Named;
import dev.chitin.gateway.config.Spec.Section;
import dev.chitin.gateway.config.Spec.Text;
import dev.chitin.gateway.config.Spec.Whole;
import dev.chitin.gateway.logging.LogFormat;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.Limits;
import dev.chitin.policy.WriteProtection;
import dev.chitin.sandbox.bwrap.SandboxSettings;
import dev.chitin.vault.memory.MemoryLevel;
import dev.chitin.vault.unlock.Device;
import java.util.Arrays;
import java.util.List;

/** Every key that {@code chitin.json5} may hold, listed once. */
final class ConfigKeys {
  private static final Spec TEXT = new Text();
  private static final Spec TEXTS = new ListOf(TEXT);

  private static final Section CAPABILITIES =
      Section.of(
          Spec.Key.of("FileRead", "Paths that may be read.", paths()),
          Spec.Key.of("FileWrite", "Paths that may be written.", paths()),
          Spec.Key.of(
              "NetworkAccess",
              "Hosts that may be reached.",
              Section.of(
                  Spec.Key.of(
                      "hosts", "host[:port], *.suffix[:port] or **.suffix[:port].", TEXTS))),
          Spec.Key.of(
              "ProcessExec",
              "Programs that may be started.",
              Section.of(Spec.Key.of("commands", "Absolute paths or bare names.", TEXTS))));

  private static final Section TOOL_LIMITS =
      Section.of(
          Arrays.stream(Limits.Member.values())
              .map(
                  limit ->
                      Spec.Key.of(
                          limit.key(), limit.description(), new Whole(limit.least(), limit.most())))
              .toArray(Spec.Key[]::new));

  private static final Section OUTPUT =
      Section.of(
          Spec.Key.required("path", "Relative to $CHITIN_OUT, plain.", TEXT),
          Spec.Key.of(
              "max_bytes", "Most bytes; default 1 MiB.", new Whole(1, DeclaredOutput.MOST_BYTES)),
          Spec.Key.of(
              "required", "Whether a run without it has failed; default true.", new Flag()));

  private static final Section TOOL =
      Section.of(
          Spec.Key.required("name", "Letters, digits, dot, underscore, hyphen; at most 64.", TEXT),
          Spec.Key.required("description", "What it does, for people and models.", TEXT),
          Spec.Key.of("capabilities", "What it needs.", CAPABILITIES),
          Spec.Key.of("input", "JSON Schema 2020-12 of its arguments.", new Document()),
          Spec.Key.of("output", "JSON Schema 2020-12 of its structured output.", new Document()),
          Spec.Key.required(
              "run",
              "What runs: exactly one of the members.",
              Section.of(
                  Spec.Key.of(
                      "process",
                      "A native process in the sandbox. It starts in the workspace if its FileRead or"
                          + " FileWrite shows that, else in an empty directory of the sandbox (/tmp).",
                      Section.of(
                          Spec.Key.required(
                              "argv", "Argument template; ${input.name} fills one.", TEXTS),
                          Spec.Key.of("env", "Environment by name.", new Named(TEXT)),
                          Spec.Key.of(
                              "outputs",
                              "Files that it leaves below $CHITIN_OUT, by name; at most 16.",
                              new Named(OUTPUT)))),
                  Spec.Key.of(
                      "http",
                      "One HTTP request from the gateway.",
                      Section.of(
                          Spec.Key.required(
                              "method", "GET, HEAD, POST, PUT, PATCH or DELETE.", TEXT),
                          Spec.Key.required("url", "Template of an absolute URL.", TEXT),
                          Spec.Key.of("headers", "Header fields by name.", new Named(TEXT)),
                          Spec.Key.of("body", "The argument that is the body.", TEXT))),
                  Spec.Key.of(
                      "verticle",
                      "A verticle of an extension.",
                      Section.of(Spec.Key.required("address", "Its bus address.", TEXT))),
                  Spec.Key.notBuilt("wasm", "A WebAssembly module.", new Document()),
                  Spec.Key.notBuilt("mcp", "A tool of an MCP server.", new Document()))),
          Spec.Key.of(
              "credentials",
              "Secrets that are put into its requests.",
              new ListOf(
                  Section.of(
                      Spec.Key.required("name", "The secret's name in the vault.", TEXT),
                      Spec.Key.of(
                          "scheme",
                          "https, or http for a loopback host.",
                          new Choice(List.of("https", "http"))),
                      Spec.Key.required("host", "The one host that gets it.", TEXT),
                      Spec.Key.of("port", "Its port.", new Whole(1, 65_535)),
                      Spec.Key.required("header", "The header field that carries it.", TEXT),
                      Spec.Key.of(
                          "format", "How it is written.", new Choice(List.of("raw", "bearer")))))),
          Spec.Key.of("limits", "What one run may use.", TOOL_LIMITS));

  /** The whole document. */
  static final Section ROOT =
      Section.of(
          Spec.Key.of(
              "workspace",
              "Which files tools may see.",
              Section.of(
                  Spec.Key.of("path", "The workspace; default $CHITIN_HOME/workspace.", TEXT),
                  Spec.Key.of("allowed_paths", "Further directories that tools may see.", TEXTS),
                  Spec.Key.of(
                      "denied_paths", "Paths that no tool may touch; wins always.", TEXTS))),
          Spec.Key.of("gateway", "The HTTP edge.", gateway()),
          Spec.Key.of("auth", "By what callers are known, besides gateway keys.", auth()),
          Spec.Key.of("tools", "The operator's own tools.", new ListOf(TOOL)),
          Spec.Key.of(
              "policy",
              "Who may do what.",
              Section.of(
                  Spec.Key.of(
                      "grants",
                      "Capabilities by tool name; a tool's own declaration is its default. A name is"
                          + " that of a tool, or llm.anthropic or llm.openai.",
                      new Named(CAPABILITIES)),
                  Spec.Key.notBuilt("cedar", "Files of Cedar policies.", TEXTS))),
          Spec.Key.of(
              "vault",
              "The store of secrets.",
              Section.of(
                  Spec.Key.of(
                      "key_file", "File of the 32 byte key, outside of $CHITIN_HOME.", TEXT),
                  Spec.Key.of(
                      "recipient_key",
                      "File of this node's own key pair, outside of $CHITIN_HOME; default node.key"
                          + " beside the key file. chitin vault node-key makes it.",
                      TEXT),
                  Spec.Key.of(
                      "binding",
                      "What a new slot of the vault is bound to; default all that there is.",
                      new ListOf(new Choice(Device.COMPONENTS))),
                  Spec.Key.of(
                      "memory_required",
                      "Least level of memory for secrets to start with; default locked.",
                      new Choice(
                          Arrays.stream(MemoryLevel.values())
                              .map(MemoryLevel::toString)
                              .toList())))),
          Spec.Key.of(
              "audit",
              "The tamper-evident log.",
              Section.of(
                  Spec.Key.of("origin", "The log's name.", TEXT),
                  Spec.Key.of(
                      "append_timeout_ms",
                      "Longest wait for a durable record.",
                      new Whole(10, 60_000)),
                  Spec.Key.of(
                      "clear",
                      "What entries name in clear, which is otherwise a keyed hash.",
                      new ListOf(new Choice(GuardedField.texts()))),
                  Spec.Key.of(
                      "segment_bytes", "Size of one segment file.", new Whole(1 << 20, 1 << 30)),
                  Spec.Key.of(
                      "checkpoint",
                      "How the log is signed.",
                      Section.of(
                          Spec.Key.of(
                              "interval_ms",
                              "Least time between two checkpoints; default 1000.",
                              new Whole(10, 3_600_000)))),
                  Spec.Key.of(
                      "witness",
                      "Who cosigns the log.",
                      Section.of(
                          Spec.Key.required("url", "Its submission prefix, http or https.", TEXT),
                          Spec.Key.required("key", "Its verifier key.", TEXT),
                          Spec.Key.of(
                              "required",
                              "How many cosignatures a proof waits for; calls never wait.",
                              new Whole(0, 1)))),
                  Spec.Key.of(
                      "alerts", "What is worth an alert, and who is told.", AlertKeys.SECTION),
                  Spec.Key.of("retention", "How long entries are kept.", RetentionKeys.SECTION))),
          Spec.Key.of(
              "sandbox",
              "How native tools are isolated.",
              Section.of(
                  Spec.Key.of(
                      "waive",
                      "Controls that may be missing here, by name.",
                      new ListOf(new Choice(SandboxSettings.WAIVABLE))),
                  Spec.Key.of(
                      "limits", "What a run of a tool that says nothing may use.", TOOL_LIMITS),
                  Spec.Key.of(
                      "tool_limits",
                      "What a run may use, by tool name; shipped tools too.",
                      new Named(TOOL_LIMITS)),
                  Spec.Key.of(
                      "ceiling",
                      "The most that any tool may be given; defaults above it are lowered.",
                      TOOL_LIMITS),
                  Spec.Key.of(
                      "unprotected",
                      "Protected paths that tools may write after all, by name.",
                      new ListOf(new Choice(WriteProtection.overridable()))),
                  Spec.Key.of("bwrap", "Path of bubblewrap; default /usr/bin/bwrap.", TEXT),
                  Spec.Key.of("max_runs", "Native runs at once.", new Whole(1, 4_096)),
                  Spec.Key.of(
                      "max_runs_per_tenant",
                      "Native runs of one tenant at once; default three quarters of max_runs.",
                      new Whole(1, 4_096)),
                  Spec.Key.of(
                      "max_waiting",
                      "Native calls that wait for a place; more are refused.",
                      new Whole(1, 65_536)),
                  Spec.Key.of(
                      "max_waiting_per_tenant",
                      "Native calls of one tenant that wait; default half of max_waiting.",
                      new Whole(1, 65_536)),
                  Spec.Key.of("max_setups", "Sandboxes being set up at once.", new Whole(1, 64)),
                  Spec.Key.of(
                      "warm",
                      "Sandboxes that stand ready before their call comes; each serves one call.",
                      Section.of(
                          Spec.Key.of(
                              "per_profile",
                              "Ready for one tenant, limits and mounts; 0 for none.",
                              new Whole(0, 64)),
                          Spec.Key.of("total", "Ready in all.", new Whole(0, 1_024)),
                          Spec.Key.of(
                              "idle_ms",
                              "How long one waits for its call.",
                              new Whole(100, 3_600_000)))),
                  Spec.Key.of(
                      "search_path", "Where bare command names are looked up, in order.", TEXTS))),
          Spec.Key.of(
              "egress",
              "Where requests may go.",
              Section.of(
                  Spec.Key.of(
                      "allow_private",
                      "Private destinations that may be reached: address:port, or a range of at least"
                          + " /8 (/7 for IPv6). What it opens of loopback and 10.0.0.1, doctor shows"
                          + " as degraded.",
                      TEXTS))),
          Spec.Key.of(
              "providers",
              "Model providers that clients reach through the gateway.",
              ProviderKeys.SECTION),
          Spec.Key.of(
              "telemetry",
              "What the gateway tells of itself to others.",
              Section.of(
                  Spec.Key.of(
                      "otlp",
                      "Where traces go (OpenTelemetry); without it none are made.",
                      Section.of(
                          Spec.Key.required(
                              "endpoint",
                              "Base URL of an OTLP/HTTP receiver: https, or http on loopback.",
                              TEXT),
                          Spec.Key.of(
                              "sample_percent",
                              "Of requests that are traced; default 100.",
                              new Whole(0, 100)))))),
          Spec.Key.notBuilt("cluster", "Several nodes.", new Document()),
          Spec.Key.notBuilt(
              "extensions", "Jars that extend the gateway.", new ListOf(new Document())));

  private ConfigKeys() {}

  private static Section gateway() {
    return Section.of(
        Spec.Key.of(
            "host",
            "Address or name to listen on, without port; beyond loopback only with tls.",
            TEXT),
        Spec.Key.of("port", "Port to listen on; 0 picks a free one.", new Whole(0, 65_535)),
        Spec.Key.of(
            "hosts",
            "Further names under which clients reach the gateway: host stands for it with the"
                + " gateway's own port and with the scheme's (443, or 80 without TLS), host:port for"
                + " that port alone.",
            TEXTS),
        Spec.Key.of(
            "limits",
            "Bounds of the edge.",
            Section.of(
                Spec.Key.of("connections", "Connections at once.", new Whole(1, 100_000)),
                Spec.Key.of(
                    "connections_per_address",
                    "Connections of one peer address at once.",
                    new Whole(1, 100_000)),
                Spec.Key.of(
                    "header_timeout_ms",
                    "Time in which a new connection's first request header must be whole.",
                    new Whole(100, 600_000)),
                Spec.Key.of(
                    "header_bytes", "Size of all header fields.", new Whole(1_024, 1 << 20)),
                Spec.Key.of("body_bytes", "Size of a call's body.", new Whole(1_024, 64 << 20)),
                Spec.Key.of(
                    "llm_body_bytes",
                    "Size of the body of a request to a model provider; default 32 MiB.",
                    new Whole(1_024, 256 << 20)),
                Spec.Key.of(
                    "llm_bodies_bytes",
                    "Size of all such bodies at once; default 256 MiB.",
                    new Whole(1_024, 1L << 40)),
                Spec.Key.of("body_timeout_ms", "Time to send a body.", new Whole(100, 600_000)),
                Spec.Key.of("calls", "Running calls in all.", new Whole(1, 100_000)),
                Spec.Key.of(
                    "calls_per_principal",
                    "Running calls of one principal.",
                    new Whole(1, 100_000)),
                Spec.Key.of("call_timeout_ms", "Longest call.", new Whole(100, 3_600_000)),
                Spec.Key.of(
                    "event_streams",
                    "Open streams of calls' events in all; default 2048. Each is a connection, and"
                        + " some 13 KiB of memory.",
                    new Whole(1, 50_000)),
                Spec.Key.of(
                    "event_streams_per_principal",
                    "Streams of calls' events of one principal; default 32.",
                    new Whole(1, 50_000)),
                Spec.Key.of(
                    "event_streams_per_call",
                    "Streams of one call's events; default 8.",
                    new Whole(1, 50_000)))),
        Spec.Key.of(
            "drain",
            "How the gateway ends its service when it is told to stop.",
            Section.of(
                Spec.Key.of(
                    "delay_ms",
                    "How long it still serves while /health/ready says draining; default 5000.",
                    new Whole(0, 3_600_000)),
                Spec.Key.of(
                    "timeout_ms",
                    "How long running calls and requests to providers then have before they are"
                        + " cancelled; default 30000.",
                    new Whole(0, 3_600_000)))),
        Spec.Key.of(
            "log_format",
            "How lines of the log are written; default text.",
            new Choice(LogFormat.texts())),
        Spec.Key.of("access_log", "A log line for each answer; default false.", new Flag()),
        Spec.Key.of("cors_origins", "Origins of web pages that may call.", TEXTS),
        Spec.Key.of(
            "tls",
            "Certificate and key.",
            Section.of(
                Spec.Key.of("cert", "PEM file of the certificate chain.", TEXT),
                Spec.Key.of(
                    "key",
                    "PEM file of the private key: RSA from 2048 bits on, or EC on P-256, P-384 or"
                        + " P-521.",
                    TEXT),
                Spec.Key.of("terminated_upstream", "A proxy in front does TLS.", new Flag()),
                Spec.Key.of(
                    "client_ca", "PEM file of the authorities that vouch for clients.", TEXT),
                Spec.Key.of(
                    "client_auth",
                    "Whether clients may or must have a certificate of theirs.",
                    new Choice(List.of("request", "required"))),
                Spec.Key.of(
                    "client_crl",
                    "File of the authorities' lists of revoked certificates; without a current one"
                        + " no certificate is taken.",
                    TEXT))),
        Spec.Key.of(
            "rate_limit",
            "Requests of one principal.",
            Section.of(
                Spec.Key.of("requests_per_minute", "Sustained rate.", new Whole(1, 10_000_000)),
                Spec.Key.of("burst", "Requests at once.", new Whole(1, 1_000_000)))),
        Spec.Key.of(
            "session",
            "How long sessions last.",
            Section.of(
                Spec.Key.of(
                    "idle_ms",
                    "After how long without use one ends; default half an hour.",
                    new Whole(1_000, 86_400_000)),
                Spec.Key.of(
                    "absolute_ms",
                    "After how long one ends in any case, not before idle_ms; default twelve hours.",
                    new Whole(1_000, 30L * 86_400_000)))));
  }

  private static Section auth() {
    Spec role = new Choice(Role.texts());
    return Section.of(
        Spec.Key.of(
            "issuers",
            "Whose signed tokens (JWT) are taken.",
            new ListOf(
                Section.of(
                    Spec.Key.required("issuer", "The token's iss, exactly.", TEXT),
                    Spec.Key.required(
                        "audience", "What its aud must hold: this gateway's URI.", TEXT),
                    Spec.Key.required(
                        "algorithms",
                        "By which it may be signed.",
                        new ListOf(new Choice(SigningAlgorithm.texts()))),
                    Spec.Key.of(
                        "jwks_file",
                        "File of the issuer's open keys (RFC 7517), or jwks_url.",
                        TEXT),
                    Spec.Key.of("jwks_url", "Where they are fetched from; https only.", TEXT),
                    Spec.Key.of(
                        "jwks_ca",
                        "PEM file of who vouches for that server; default the platform's.",
                        TEXT),
                    Spec.Key.required(
                        "roles",
                        "What the token's claim of roles stands for here.",
                        Section.of(
                            Spec.Key.of(
                                "claim", "Its name; dots lead into objects; default roles.", TEXT),
                            Spec.Key.required(
                                "map",
                                "Roles by the claim's values: an array's texts as they are, or one"
                                    + " text that is split at spaces. Where a name here holds a"
                                    + " space, a text with spaces stands for no role.",
                                new Named(role)))),
                    Spec.Key.of("tenant", "Whose principals its subjects are.", TEXT)))),
        Spec.Key.of(
            "certificates",
            "For whom client certificates under gateway.tls.client_ca, which must be set, stand.",
            new ListOf(
                Section.of(
                    Spec.Key.required(
                        "san",
                        "Subject alternative name, exactly: URI:spiffe://… or DNS:host.",
                        TEXT),
                    Spec.Key.required("role", "What it may do.", role),
                    Spec.Key.of("tenant", "Whose principal.", TEXT),
                    Spec.Key.required("name", "The principal.", TEXT)))));
  }

  private static Section paths() {
    return Section.of(Spec.Key.of("paths", "A file, a directory, dir/* or dir/**.", TEXTS));
  }
}
