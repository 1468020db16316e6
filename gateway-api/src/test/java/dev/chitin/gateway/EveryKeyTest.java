package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.Configuration;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each key of the schema changes what the gateway is started with: none is read by nobody. */
class EveryKeyTest {
  private static final String WITNESS =
      new VerifierKey("witness.example/w", VerifierKey.Type.COSIGNATURE, Bytes.adopt(new byte[32]))
          .toString();

  private static final String BASE =
      """
      { gateway: { tls: { cert: "/c", key: "/k", client_ca: "/a", client_auth: "request" } },
        auth: { issuers: [ { issuer: "https://id", audience: "a", algorithms: ["ES256"],
                             jwks_url: "https://id/k", roles: { map: { a: "agent" } } } ],
                certificates: [ { san: "DNS:a", role: "agent", name: "n" } ] },
        tools: [ { name: "t", description: "d",
                   run: { http: { method: "POST", url: "https://a.example/",
                                  headers: { h: "v" } } },
                   input: { type: "object", properties: { b: { type: "string" } } },
                   capabilities: { NetworkAccess: { hosts: ["a.example"] } },
                   credentials: [ { name: "s", host: "a.example", header: "x-a" } ] } ],
        policy: { grants: { fs_read: { FileRead: { paths: ["/srv"] } } } },
        audit: { witness: { url: "https://w.example", key: "WITNESS" },
                 alerts: { webhooks: [ { url: "https://h.example/", secret: "hook" } ] },
                 retention: { max_events: 7 } },
        providers: {
          anthropic: { credential: "one", tool_loop: { tools: ["fs_read"] } },
          openai: { credential: "one", tool_loop: { tools: ["fs_read"] } } },
        telemetry: { otlp: { endpoint: "https://c.example" } } }
      """
          .replace("WITNESS", WITNESS);

  /** What is tried for texts and what the operator names, by the end of the key. */
  private static final Map<String, List<String>> TEXTS =
      Map.ofEntries(
          Map.entry("workspace.path", List.of("'/srv/w'")),
          Map.entry("_paths", List.of("['/srv/x']")),
          Map.entry(".hosts", List.of("['gw.example']", "['b.example']")),
          Map.entry(".host", List.of("'::1'")),
          Map.entry("credentials[].host", List.of("'b.example'")),
          Map.entry(".cors_origins", List.of("['https://o.example']")),
          Map.entry(".san", List.of("'DNS:b'")),
          Map.entry(".map", List.of("{ b: 'agent' }")),
          Map.entry(".jwks_url", List.of("'https://id/other'")),
          Map.entry(".url", List.of("'https://a.example/other'", "'https://other.example/'")),
          Map.entry(".issuer", List.of("'https://other'")),
          Map.entry(".method", List.of("'PUT'")),
          Map.entry(".body", List.of("'b'")),
          Map.entry(".paths", List.of("['/srv/y']")),
          Map.entry(".input", List.of("{ type: 'object', properties: {} }")),
          Map.entry(".output", List.of("{ type: 'object' }")),
          Map.entry(".headers", List.of("{ h: 'w' }")),
          Map.entry(".grants", List.of("{ fs_read: { FileRead: { paths: ['/srv/z'] } } }")),
          Map.entry(".tool_limits", List.of("{ fs_read: { wall_ms: 7000 } }")),
          Map.entry(".tools", List.of("['fs_list']")),
          Map.entry(".search_path", List.of("['/opt/bin']")),
          Map.entry(".allow_private", List.of("['10.1.2.3:80']")),
          Map.entry(".base_url", List.of("'https://p.example'")),
          Map.entry(".endpoint", List.of("'https://d.example'")),
          Map.entry(".commands", List.of("['true']")));

  /** Members of what runs exclude each other, and two keys name files that are read here. */
  private static final List<String> ELSEWHERE =
      List.of(
          "tools[].run.process", // DeclaredOutputsTest, NativeNetworkTest
          "tools[].run.verticle", // ForgedDecisionTest
          "tools[].run.wasm",
          "tools[].run.mcp",
          "auth.issuers[].jwks_file", // TokenTest
          "audit.witness.key", // WitnessProcessTest
          "providers.anthropic.ca", // SecureProviderTest
          "providers.openai.ca",
          "policy.cedar",
          "cluster",
          "extensions");

  @TempDir private Path home = Path.of("");

  static Stream<String> keys() {
    List<String> keys = new ArrayList<>();
    collect("", Configuration.schema(), keys);
    return keys.stream().filter(key -> ELSEWHERE.stream().noneMatch(key::startsWith));
  }

  private static void collect(String at, JsonValue.Obj schema, List<String> keys) {
    if (schema.get("properties") instanceof JsonValue.Obj properties) {
      properties
          .members()
          .forEach(
              (name, spec) ->
                  collect(at.isEmpty() ? name : at + "." + name, (JsonValue.Obj) spec, keys));
    } else if (schema.get("items") instanceof JsonValue.Obj items
        && items.get("properties") != null) {
      collect(at + "[]", items, keys);
    } else {
      keys.add(at);
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  void changesTheSettings(String key) throws Exception {
    List<Object> before = settings(document(BASE));
    assertThat(settings(document(BASE))).as("what is compared").isEqualTo(before);
    List<String> refusals = new ArrayList<>();
    for (JsonValue value : candidates(key)) {
      try {
        if (!settings((JsonValue.Obj) with(document(BASE), key, value)).equals(before)) {
          return;
        }
      } catch (ConfigException | ChitinException refused) {
        refusals.add(value.toPlain() + ": " + refused.getMessage());
      }
    }
    throw new AssertionError(key + " changes nothing; refused was " + refusals);
  }

  private static JsonValue.Obj document(String text) throws ConfigException {
    return Configuration.parse("test", text, Map.of()).document();
  }

  /** All but the digests over the document, which change with every key. */
  private List<Object> settings(JsonValue.Obj document) throws Exception {
    Map<String, String> environment =
        Map.of("CHITIN_HOME", home.resolve("chitin").toString(), "HOME", home.toString());
    GatewaySettings read =
        SettingsReader.read(
            Configuration.parse("test", CanonicalJson.string(document), Map.of()),
            ChitinHome.of(environment),
            environment);
    List<Object> parts = new ArrayList<>();
    for (Object part : components(read)) {
      if (part instanceof AuditOptions audit) {
        components(audit).stream()
            .filter(each -> !(each instanceof ConfigState))
            .forEach(parts::add);
      } else {
        parts.add(part);
      }
    }
    return parts;
  }

  private static List<Object> components(Record holder)
      throws InvocationTargetException, IllegalAccessException {
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : holder.getClass().getRecordComponents()) {
      component.getAccessor().setAccessible(true);
      values.add(Objects.requireNonNullElse(component.getAccessor().invoke(holder), "none"));
    }
    return values;
  }

  private static List<JsonValue> candidates(String key) {
    JsonValue.Obj spec = spec(key);
    if (spec.get("enum") instanceof JsonValue.Arr choices) {
      return choices.items();
    }
    if (spec.get("items") instanceof JsonValue.Obj items
        && items.get("enum") instanceof JsonValue.Arr choices) {
      return choices.items().stream()
          .<JsonValue>map(choice -> new JsonValue.Arr(List.of(choice)))
          .toList();
    }
    if (spec.get("minimum") instanceof JsonValue.Int least
        && spec.get("maximum") instanceof JsonValue.Int most) {
      return List.of(least, most, new JsonValue.Int(least.value() + 1));
    }
    if (new JsonValue.Str("boolean").equals(spec.get("type"))) {
      return List.of(new JsonValue.Bool(true), new JsonValue.Bool(false));
    }
    List<JsonValue> values = new ArrayList<>();
    List<String> texts =
        TEXTS.entrySet().stream()
            .filter(known -> key.endsWith(known.getKey()))
            .flatMap(known -> known.getValue().stream())
            .toList();
    for (String text : texts.isEmpty() ? List.of("'other'", "['other']", "{}") : texts) {
      values.add(parse(text));
    }
    return values;
  }

  private static JsonValue parse(String text) {
    try {
      return StrictJson.parse(
          text.replaceAll("([{,] ?)(\\w+):", "$1\"$2\":")
              .replace('\'', '"')
              .getBytes(StandardCharsets.UTF_8));
    } catch (JsonSyntaxException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private static JsonValue.Obj spec(String key) {
    JsonValue.Obj spec = Configuration.schema();
    for (String name : key.split("\\.", -1)) {
      var properties = (JsonValue.Obj) Objects.requireNonNull(spec.get("properties"));
      spec = (JsonValue.Obj) Objects.requireNonNull(properties.get(name.replace("[]", "")));
      if (name.endsWith("[]")) {
        spec = (JsonValue.Obj) Objects.requireNonNull(spec.get("items"));
      }
    }
    return spec;
  }

  /** The document with {@code value} there, in the first of each list. */
  private static JsonValue with(JsonValue holder, String key, JsonValue value) {
    int dot = key.indexOf('.');
    String name = dot < 0 ? key : key.substring(0, dot);
    String rest = dot < 0 ? "" : key.substring(dot + 1);
    boolean list = name.endsWith("[]");
    String member = name.replace("[]", "");
    var members = new LinkedHashMap<>(((JsonValue.Obj) holder).members());
    JsonValue present = members.getOrDefault(member, JsonValue.Obj.EMPTY);
    if (rest.isEmpty()) {
      members.put(member, value);
    } else if (list) {
      var items = new ArrayList<>(((JsonValue.Arr) present).items());
      items.set(0, with(items.getFirst(), rest, value));
      members.put(member, new JsonValue.Arr(items));
    } else {
      members.put(member, with(present, rest, value));
    }
    return new JsonValue.Obj(members);
  }
}
