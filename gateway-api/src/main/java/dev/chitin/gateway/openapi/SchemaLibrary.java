package dev.chitin.gateway.openapi;

import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The shapes that operations name (JSON Schema 2020-12, each with an example): {@code schemas.json}
 * beside this class, and the shape of a problem, which is made from {@link ProblemCode}.
 */
final class SchemaLibrary {
  static final String PROBLEM = "Problem";

  private static final Set<String> TYPES = Set.of("string", "integer", "boolean", "object");

  private final JsonValue.Obj schemas;

  private SchemaLibrary(JsonValue.Obj schemas) {
    this.schemas = schemas;
  }

  static SchemaLibrary load() {
    try (InputStream in =
        Objects.requireNonNull(SchemaLibrary.class.getResourceAsStream("schemas.json"))) {
      Map<String, JsonValue> all =
          new LinkedHashMap<>(((JsonValue.Obj) StrictJson.parse(in.readAllBytes())).members());
      all.put(PROBLEM, problem());
      return new SchemaLibrary(new JsonValue.Obj(all));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JsonSyntaxException e) {
      throw new IllegalStateException("schemas.json is not JSON", e);
    }
  }

  JsonValue.Obj all() {
    return schemas;
  }

  /**
   * A reference to the schema of that name, or a schema of that type.
   *
   * @throws IllegalStateException when there is neither
   */
  JsonValue.Obj use(String name) {
    if (TYPES.contains(name)) {
      return type(name);
    }
    if (name.equals("octets")) {
      return JsonValue.object().put("contentMediaType", "application/octet-stream").build();
    }
    if (schemas.get(name) == null) {
      throw new IllegalStateException("schemas.json has no " + name);
    }
    return JsonValue.object().put("$ref", "#/components/schemas/" + name).build();
  }

  /** RFC 9457 with the members of ours; {@code code} is one of a closed list. */
  private static JsonValue.Obj problem() {
    ProblemCode example = ProblemCode.POLICY_PATH_DENIED;
    return JsonValue.object()
        .put("type", "object")
        .put("description", "Why a request was not done (RFC 9457). It never holds a secret.")
        .put("required", List.of("type", "title", "status", "code", "detail", "requestId"))
        .put(
            "properties",
            JsonValue.object()
                .put("type", described("string", "urn:chitin:problem:<code>."))
                .put("title", described("string", "The same for every problem of one code."))
                .put("status", described("integer", "The answer's status."))
                .put(
                    "code",
                    JsonValue.object()
                        .put("description", "Stable; dotted lower case.")
                        .put(
                            "enum",
                            Arrays.stream(ProblemCode.values()).map(ProblemCode::code).toList())
                        .build())
                .put("detail", described("string", "What was wrong this time."))
                .put("rule", described("string", "The rule or key that decided."))
                .put("hint", described("string", "The smallest change that would help."))
                .put("callId", described("string", "The call, where there is one."))
                .put("requestId", described("string", "Also in X-Request-Id."))
                .put(
                    "errors",
                    JsonValue.object()
                        .put("type", "array")
                        .put("items", JsonValue.object().put("$ref", ref("FieldError")).build())
                        .build())
                .build())
        .put(
            "examples",
            new JsonValue.Arr(
                List.of(
                    JsonValue.object()
                        .put("type", "urn:chitin:problem:" + example.code())
                        .put("title", example.title())
                        .put("status", example.status())
                        .put("code", example.code())
                        .put("detail", "The path /etc/shadow is denied.")
                        .put("rule", "workspace.denied_paths")
                        .put("hint", "Ask for a path below the workspace.")
                        .put("requestId", "req_example")
                        .build())))
        .build();
  }

  private static JsonValue.Obj described(String type, String description) {
    return JsonValue.object().put("type", type).put("description", description).build();
  }

  private static String ref(String name) {
    return "#/components/schemas/" + name;
  }

  private static JsonValue.Obj type(String name) {
    return JsonValue.object().put("type", name).build();
  }
}
