package dev.chitin.sandbox;

import dev.chitin.bus.Digest;
import dev.chitin.bus.HeaderNames;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Capabilities;
import dev.chitin.policy.CredentialRef;
import dev.chitin.policy.DeclaredOutput;
import dev.chitin.policy.Limits;
import dev.chitin.policy.RequestHost;
import dev.chitin.sandbox.plan.Environment;
import dev.chitin.sandbox.plan.Template;
import dev.chitin.sandbox.plan.UrlTemplate;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads a tool's definition from the shape in which the operator declares it. */
public final class ToolDefinitionReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
  private static final Pattern ENV_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,63}");
  private static final Pattern HEADER_NAME = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,64}");
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");

  private ToolDefinitionReader() {}

  /**
   * Reads one definition.
   *
   * @param value as declared
   * @param pointer where it stands, for messages
   * @throws dev.chitin.bus.ChitinException with the place of what is wrong
   */
  public static ToolDefinition read(JsonValue value, String pointer) {
    JsonFields fields = JsonFields.of(value, pointer);
    String name = fields.required("name", fields.string("name"));
    if (!NAME.matcher(name).matches()) {
      throw fields.invalid("name", "must be 1 to 64 letters, digits, dots, underscores, hyphens");
    }
    String description = fields.required("description", fields.string("description"));
    Capabilities capabilities =
        fields
            .fields("capabilities")
            .map(ToolDefinitionReader::capabilities)
            .orElse(Capabilities.NONE);
    JsonValue.Obj input = fields.object("input").orElse(InputSchema.NO_ARGUMENTS);
    Optional<JsonValue.Obj> output = fields.object("output");
    ToolDefinition.Run run = run(fields.required("run", fields.fields("run")));
    List<CredentialRef> credentials = credentials(fields, pointer);
    Limits limits =
        fields
            .fields("limits")
            .map(LimitValues::read)
            .map(LimitSettings.NONE::of)
            .orElse(Limits.DEFAULT);
    fields.end();
    if (!credentials.isEmpty() && !(run instanceof ToolDefinition.Run.HttpRequest)) {
      throw fields.invalid(
          "credentials", "are put into requests by the gateway; only an http tool may name them");
    }
    return new ToolDefinition(
        name,
        description,
        capabilities,
        input,
        output.orElse(null),
        run,
        credentials,
        limits,
        Digest.of(CanonicalJson.bytes(value)));
  }

  /** Reads the four capabilities in the shape of the security model. */
  public static Capabilities capabilities(JsonFields fields) {
    var capabilities =
        new Capabilities(
            patterns(fields, "FileRead", "paths"),
            patterns(fields, "FileWrite", "paths"),
            patterns(fields, "NetworkAccess", "hosts"),
            patterns(fields, "ProcessExec", "commands"));
    fields.end();
    return capabilities;
  }

  private static List<String> patterns(JsonFields fields, String capability, String member) {
    Optional<JsonFields> inner = fields.fields(capability);
    List<String> patterns = inner.flatMap(f -> f.strings(member)).orElse(List.of());
    inner.ifPresent(JsonFields::end);
    return patterns;
  }

  private static ToolDefinition.Run run(JsonFields fields) {
    Optional<JsonFields> process = fields.fields("process");
    Optional<JsonFields> http = fields.fields("http");
    Optional<JsonFields> verticle = fields.fields("verticle");
    refuseNotBuilt(fields);
    fields.end();
    if (List.of(process, http, verticle).stream().filter(Optional::isPresent).count() != 1) {
      throw fields.invalid("", "must have exactly one of process, http, verticle");
    }
    if (process.isPresent()) {
      return process(process.get());
    }
    if (http.isPresent()) {
      return http(http.get());
    }
    JsonFields member = verticle.orElseThrow();
    String address = member.required("address", member.string("address"));
    if (address.startsWith("chitin.") && !address.startsWith("chitin.tool.")) {
      throw member.invalid("address", "is one of the gateway's own services");
    }
    member.end();
    return new ToolDefinition.Run.VerticleCall(address);
  }

  private static void refuseNotBuilt(JsonFields fields) {
    for (String kind : List.of("wasm", "mcp")) {
      if (fields.value(kind).isPresent()) {
        throw fields.invalid(kind, "is not built yet; a tool runs by process, http or verticle");
      }
    }
  }

  private static ToolDefinition.Run process(JsonFields fields) {
    List<String> argv = fields.required("argv", fields.strings("argv"));
    if (argv.isEmpty() || argv.getFirst().isEmpty() || argv.getFirst().contains("${")) {
      throw fields.invalid("argv", "must begin with the program, without a placeholder");
    }
    argv.forEach(element -> Template.check(element, fields, "argv"));
    Map<String, String> env = stringMap(fields, "env");
    env.keySet()
        .forEach(
            name -> {
              if (!ENV_NAME.matcher(name).matches() || Environment.refused(name)) {
                throw fields.invalid("env", "may not set " + name);
              }
            });
    List<DeclaredOutput> outputs =
        fields.fields("outputs").map(OutputDeclarations::read).orElse(List.of());
    fields.end();
    return new ToolDefinition.Run.NativeProcess(argv, env, outputs);
  }

  private static ToolDefinition.Run http(JsonFields fields) {
    String method = fields.required("method", fields.string("method")).toUpperCase(Locale.ROOT);
    if (!METHODS.contains(method)) {
      throw fields.invalid("method", "must be one of " + String.join(", ", METHODS));
    }
    String url = fields.required("url", fields.string("url"));
    Template.check(url, fields, "url");
    UrlTemplate.check(url, fields);
    Map<String, String> headers = new HashMap<>();
    stringMap(fields, "headers")
        .forEach(
            (name, value) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              if (!HEADER_NAME.matcher(lower).matches() || HeaderNames.isFraming(lower)) {
                throw fields.invalid("headers", "may not set " + name);
              }
              Template.check(value, fields, "headers");
              headers.put(lower, value);
            });
    Optional<String> body = fields.string("body");
    fields.end();
    return new ToolDefinition.Run.HttpRequest(method, url, headers, body.orElse(null));
  }

  private static Map<String, String> stringMap(JsonFields fields, String name) {
    Map<String, String> map = new HashMap<>();
    fields
        .object(name)
        .ifPresent(
            object ->
                object
                    .members()
                    .forEach(
                        (key, value) -> {
                          if (!(value instanceof JsonValue.Str string)) {
                            throw fields.invalid(name, "must hold strings only");
                          }
                          map.put(key, string.value());
                        }));
    return map;
  }

  private static List<CredentialRef> credentials(JsonFields fields, String pointer) {
    List<JsonValue> items = fields.array("credentials").orElse(List.of());
    return java.util.stream.IntStream.range(0, items.size())
        .mapToObj(i -> credential(JsonFields.of(items.get(i), pointer + "/credentials/" + i)))
        .toList();
  }

  private static CredentialRef credential(JsonFields fields) {
    String scheme = fields.string("scheme").orElse("https");
    String header = fields.required("header", fields.string("header")).toLowerCase(Locale.ROOT);
    if (!HEADER_NAME.matcher(header).matches() || HeaderNames.isFraming(header)) {
      throw fields.invalid("header", "may not be " + header);
    }
    var credential =
        new CredentialRef(
            fields.required("name", fields.string("name")),
            scheme,
            RequestHost.canonical(fields.required("host", fields.string("host"))),
            Math.toIntExact(
                fields.integer("port", 1, 65_535).orElse(scheme.equals("https") ? 443L : 80L)),
            "header",
            header,
            fields.string("format").orElse("raw"));
    fields.end();
    return credential;
  }

  /** A refusal of a definition that names the tool. */
  static RuntimeException invalid(String tool, String detail) {
    return Problem.of(ProblemCode.CONFIG_INVALID, "Tool " + tool + ": " + detail)
        .withRule("tools." + tool)
        .toException();
  }
}
