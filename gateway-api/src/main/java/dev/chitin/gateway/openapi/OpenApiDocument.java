package dev.chitin.gateway.openapi;

import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the OpenAPI 3.1 document of a table of routes. It names the version of the interface, which
 * stands in every path, and not that of the product.
 */
public final class OpenApiDocument {
  private final SchemaLibrary library = SchemaLibrary.load();

  private OpenApiDocument() {}

  /**
   * One route of the table.
   *
   * @param segments of its path; one in braces is a parameter, one with a star takes all that
   *     follow
   * @param scope what a caller needs, or null when it is open to all
   * @param body whether it takes a body, which can then be too large or of a wrong type
   * @param operation what it does, or null when nobody has said it, which a test forbids
   */
  public record Described(
      String method,
      List<String> segments,
      @Nullable String scope,
      boolean body,
      @Nullable Operation operation) {
    String id() {
      var id = new StringBuilder(method.toLowerCase(Locale.ROOT));
      for (String segment : segments) {
        for (String word : segment.replaceAll("[{}*]", "").split("[^A-Za-z0-9]+", -1)) {
          if (!word.isEmpty() && !word.equals("v1")) {
            id.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
          }
        }
      }
      return id.toString();
    }

    /** Whether it calls a tool. */
    boolean calls() {
      return method.equals("POST") && segments.getLast().equals("calls");
    }

    boolean asksModels() {
      return isUnder("messages", "chat", "responses", "models");
    }

    /** Whether one of these words follows the version. */
    boolean isUnder(String... rooms) {
      return segments.size() > 1 && List.of(rooms).contains(segments.get(1));
    }

    String path() {
      return "/" + String.join("/", segments).replace("*}", "}");
    }
  }

  /**
   * The document.
   *
   * @throws IllegalStateException when an operation names a schema that there is not
   */
  public static JsonValue.Obj of(List<Described> routes) {
    return new OpenApiDocument().document(routes);
  }

  private JsonValue.Obj document(List<Described> routes) {
    Map<String, Map<String, JsonValue>> paths = new TreeMap<>();
    for (Described route : routes) {
      paths
          .computeIfAbsent(route.path(), path -> new LinkedHashMap<>())
          .put(route.method().toLowerCase(Locale.ROOT), operation(route));
    }
    JsonValue.Builder all = JsonValue.object();
    paths.forEach((path, item) -> all.put(path, new JsonValue.Obj(item)));
    return JsonValue.object()
        .put("openapi", "3.1.0")
        .put("jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema")
        .put(
            "info",
            JsonValue.object()
                .put("title", "Chitin")
                .put("version", "1")
                .put("summary", "A gateway that runs tools for agents.")
                .put(
                    "description",
                    "Every refusal is a problem (RFC 9457) with a stable code. A tool that ran and"
                        + " failed is not one: it answers 200 with its outcome.")
                .put(
                    "license",
                    JsonValue.object()
                        .put("name", "Apache-2.0")
                        .put("identifier", "Apache-2.0")
                        .build())
                .build())
        .put(
            "servers",
            new JsonValue.Arr(
                List.of(
                    JsonValue.object()
                        .put("url", "/")
                        .put("description", "This gateway.")
                        .build())))
        .put("paths", all.build())
        .put(
            "components",
            JsonValue.object()
                .put("schemas", library.all())
                .put("securitySchemes", SecuritySchemes.all())
                .build())
        .build();
  }

  private JsonValue.Obj operation(Described route) {
    Operation told =
        route.operation() == null
            ? Operation.of("undescribed", route.method() + " " + route.path())
            : route.operation();
    JsonValue.Builder operation =
        JsonValue.object()
            .put("operationId", route.id())
            .put("summary", told.summary())
            .put("tags", List.of(told.tag()))
            .put("security", SecuritySchemes.required(route.scope()));
    if (route.scope() != null) {
      operation.put("x-chitin-scope", route.scope());
    }
    List<JsonValue> parameters = parameters(route, told);
    if (!parameters.isEmpty()) {
      operation.put("parameters", new JsonValue.Arr(parameters));
    }
    if (!told.request().isEmpty()) {
      operation.put(
          "requestBody",
          JsonValue.object().put("required", true).put("content", content(told.request())).build());
    }
    return operation.put("responses", responses(route, told)).build();
  }

  private List<JsonValue> parameters(Described route, Operation told) {
    List<JsonValue> parameters = new ArrayList<>();
    for (String segment : route.segments()) {
      if (segment.startsWith("{")) {
        String name = segment.replaceAll("[{}*]", "");
        String more = segment.endsWith("*}") ? " It may hold slashes, which are not encoded." : "";
        parameters.add(
            parameter("path", name, told.path().getOrDefault(name, "") + more, "string"));
      }
    }
    told.parameters()
        .forEach(p -> parameters.add(parameter(p.in(), p.name(), p.description(), p.schema())));
    return parameters;
  }

  private JsonValue.Obj parameter(String in, String name, String description, String schema) {
    return JsonValue.object()
        .put("name", name)
        .put("in", in)
        .put("description", description)
        .put("required", in.equals("path"))
        .put("schema", library.use(schema))
        .build();
  }

  private JsonValue.Obj content(Map<String, String> schemas) {
    JsonValue.Builder content = JsonValue.object();
    new TreeMap<>(schemas)
        .forEach(
            (type, schema) ->
                content.put(type, JsonValue.object().put("schema", library.use(schema)).build()));
    return content.build();
  }

  private JsonValue.Obj responses(Described route, Operation told) {
    Map<String, JsonValue> all = new TreeMap<>();
    told.responses()
        .forEach(
            (status, response) ->
                all.put(
                    Integer.toString(status), response(response, AnswerHeaders.of(route, status))));
    Problems.statuses(route)
        .forEach(
            (status, codes) ->
                all.putIfAbsent(
                    Integer.toString(status),
                    failure(codes, told.failure(), AnswerHeaders.of(route, status))));
    return new JsonValue.Obj(new LinkedHashMap<>(all));
  }

  private JsonValue.Obj response(Operation.Response response, Map<String, String> more) {
    JsonValue.Builder object = JsonValue.object().put("description", response.description());
    Map<String, String> all = new TreeMap<>(more);
    all.putAll(response.headers());
    if (response.content().containsKey("text/event-stream")) {
      all.put("X-Accel-Buffering", "no, on a stream: proxies pass it on as it comes.");
    }
    if (!all.isEmpty()) {
      object.put("headers", headers(all));
    }
    if (!response.content().isEmpty()) {
      object.put("content", content(response.content()));
    }
    return object.build();
  }

  private JsonValue.Obj headers(Map<String, String> fields) {
    JsonValue.Builder headers = JsonValue.object();
    fields.forEach(
        (name, description) ->
            headers.put(
                name,
                JsonValue.object()
                    .put("description", description)
                    .put("schema", library.use("string"))
                    .build()));
    return headers.build();
  }

  private JsonValue.Obj failure(
      List<ProblemCode> codes, Operation.Failure shape, Map<String, String> fields) {
    return JsonValue.object()
        .put(
            "description",
            String.join("; ", codes.stream().map(code -> code.title() + ".").distinct().toList()))
        .put("x-chitin-codes", codes.stream().map(ProblemCode::code).toList())
        .put("headers", headers(fields))
        .put("content", content(Map.of(shape.mediaType(), shape.schema())))
        .build();
  }
}
