package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.JsonSchemas;
import dev.chitin.gateway.auth.Scope;
import dev.chitin.gateway.calls.StreamBounds;
import dev.chitin.gateway.llm.LlmService;
import dev.chitin.gateway.llm.LlmSettings;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.session.SessionBounds;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code /openapi.json} says of the table of routes what the table says itself, and is sound. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiTest {
  private final JsonSchemas schemas = new JsonSchemas();
  private Vertx vertx;
  private List<Route> routes;
  private JsonValue.Obj document;

  @BeforeAll
  void make() throws ReflectiveOperationException {
    vertx = Vertx.vertx();
    routes = HttpVerticle.routes(vertx, nothing(vertx));
    document = OpenApiRoute.document(routes);
  }

  @AfterAll
  void close() {
    vertx.close().await();
  }

  /**
   * An edge of which nothing is asked: the table is made, no request is answered. There is nothing
   * behind it but what the table itself needs, sizes of bodies.
   */
  static HttpEdge nothing(Vertx vertx) throws ReflectiveOperationException {
    RecordComponent[] parts = HttpEdge.class.getRecordComponents();
    @Nullable Object[] values = new @Nullable Object[parts.length];
    for (int i = 0; i < parts.length; i++) {
      values[i] =
          switch (parts[i].getName()) {
            case "settings" -> settings();
            case "llm" ->
                LlmService.class.getConstructors()[0].newInstance(
                    vertx,
                    new LlmSettings(List.of(), 1, 1),
                    "node",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null);
            default -> null;
          };
    }
    Class<?>[] types = Arrays.stream(parts).map(RecordComponent::getType).toArray(Class[]::new);
    return HttpEdge.class.getDeclaredConstructor(types).newInstance(values);
  }

  private static EdgeSettings settings() {
    return new EdgeSettings(
        "127.0.0.1",
        0,
        Set.of(),
        Set.of(),
        null,
        false,
        RateLimit.DEFAULT,
        SessionBounds.DEFAULT,
        new EdgeBounds(1, 1, 1, 1, 1, 1, 1, 1, 1, StreamBounds.DEFAULT));
  }

  @Test
  void everyRouteIsInTheDocumentAndTheReverse() {
    Set<String> table = new TreeSet<>();
    routes.forEach(
        route -> table.add(route.method().name() + " " + route.template().replace("*}", "}")));
    Set<String> told = new TreeSet<>();
    operations((name, operation) -> told.add(name));
    assertThat(told).isEqualTo(table).contains("GET /openapi.json").hasSizeGreaterThan(20);
  }

  @Test
  void everyRouteIsDescribed() {
    for (Route route : routes) {
      assertThat(route.operation())
          .as("%s %s has no description: add .described(…)", route.method(), route.template())
          .isNotNull();
    }
    operations(
        (name, operation) -> {
          for (JsonValue parameter : items(operation, "parameters")) {
            assertThat(text((JsonValue.Obj) parameter, "description").strip())
                .as("%s: %s", name, parameter)
                .isNotEmpty();
          }
          JsonValue.Obj responses = object(operation, "responses");
          assertThat(responses.members().keySet().stream().filter(s -> s.startsWith("2")))
              .as("%s says how it answers", name)
              .isNotEmpty();
        });
  }

  @Test
  void theOfficialSchemaTakesIt() throws IOException {
    assertThat(schemas.openApiFaults(document)).isEmpty();
  }

  @Test
  void theOfficialSchemaWouldRefuseABrokenOne() throws IOException {
    for (String member : List.of("info", "openapi")) {
      Map<String, JsonValue> less = new LinkedHashMap<>(document.members());
      less.remove(member);
      assertThat(schemas.openApiFaults(new JsonValue.Obj(less))).as(member).isNotEmpty();
    }
    String text = CanonicalJson.inOrder(document);
    assertThat(text).contains("\"in\":\"path\"");
    assertThat(schemas.openApiFaults(parse(text.replace("\"in\":\"path\"", "\"in\":\"road\""))))
        .isNotEmpty();
  }

  @Test
  void everyExampleFitsItsSchema() {
    JsonValue.Obj components = object(document, "components");
    JsonValue.Obj all = object(components, "schemas");
    all.members()
        .forEach(
            (name, schema) -> {
              assertThat(schemas.schemaFaults(schema)).as(name).isEmpty();
              List<JsonValue> examples = items((JsonValue.Obj) schema, "examples");
              assertThat(examples).as("%s has an example", name).isNotEmpty();
              for (JsonValue example : examples) {
                assertThat(schemas.faults(rooted(name, components), example)).as(name).isEmpty();
              }
            });
    JsonValue wrong = JsonValue.object().put("code", "no.such_code").build();
    assertThat(schemas.faults(rooted("Problem", components), wrong)).isNotEmpty();
  }

  /** A schema that finds the others where the document has them. */
  @Test
  void aMessageNamesItsMostTokensAndACountOfItsTokensNeedNot() {
    JsonValue.Obj all = object(object(document, "components"), "schemas");
    assertThat(items(object(all, "MessageRequest"), "required"))
        .contains(new JsonValue.Str("max_tokens"));
    assertThat(items(object(all, "CountTokensRequest"), "required"))
        .doesNotContain(new JsonValue.Str("max_tokens"));
    assertThat(taken("/v1/messages")).endsWith("/MessageRequest");
    assertThat(taken("/v1/messages/count_tokens")).endsWith("/CountTokensRequest");
  }

  private String taken(String path) {
    JsonValue.Obj operation = object(object(object(document, "paths"), path), "post");
    JsonValue.Obj content = object(object(operation, "requestBody"), "content");
    return text(object(object(content, "application/json"), "schema"), "$ref");
  }

  private static JsonValue rooted(String name, JsonValue.Obj components) {
    return JsonValue.object()
        .put("$ref", "#/components/schemas/" + name)
        .put("components", components)
        .build();
  }

  @Test
  void everyProblemCodeAppears() {
    JsonValue.Obj problem = object(object(object(document, "components"), "schemas"), "Problem");
    String text = CanonicalJson.inOrder(problem);
    for (ProblemCode code : ProblemCode.values()) {
      assertThat(text).contains("\"" + code.code() + "\"");
    }
    Set<Integer> statuses = new HashSet<>();
    operations(
        (name, operation) ->
            object(operation, "responses")
                .members()
                .keySet()
                .forEach(status -> statuses.add(Integer.parseInt(status))));
    assertThat(statuses).contains(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503, 504);
  }

  @Test
  void aScopeIsNamedWhereTheRouteHasOne() {
    for (Route route : routes) {
      JsonValue.Obj operation = operation(route);
      boolean open = route.scope() == null;
      assertThat(items(operation, "security").isEmpty()).as(route.template()).isEqualTo(open);
      assertThat(text(operation, "x-chitin-scope"))
          .isEqualTo(open ? "" : String.valueOf(route.scope()));
      boolean details = route.details();
      assertThat(object(operation, "responses").members().containsKey("401"))
          .as(route.template())
          .isEqualTo(!open || details);
    }
  }

  private JsonValue.Obj named(String wanted) {
    List<JsonValue.Obj> found = new ArrayList<>();
    operations(
        (name, operation) -> {
          if (name.equals(wanted)) {
            found.add(operation);
          }
        });
    assertThat(found).as(wanted).hasSize(1);
    return found.getFirst();
  }

  @Test
  void fieldsOfAnswersAreNamedWhereTheyStand() {
    operations(
        (name, operation) -> {
          boolean model = name.matches("\\S+ /v1/(messages|chat|responses|models).*");
          object(operation, "responses")
              .members()
              .forEach(
                  (status, response) -> {
                    Set<String> fields =
                        object((JsonValue.Obj) response, "headers").members().keySet();
                    assertThat(fields).as(name).contains("X-Request-Id");
                    assertThat(fields.contains("RateLimit"))
                        .as(name + status)
                        .isEqualTo(!model && !status.equals("401"));
                    assertThat(fields.contains("Retry-After") || !status.equals("429")).isTrue();
                    assertThat(fields.contains("WWW-Authenticate") || !status.equals("401"))
                        .as(name)
                        .isTrue();
                  });
        });
    String call = CanonicalJson.inOrder(named("POST /v1/tools/{name}/calls"));
    assertThat(call).contains("\"Preference-Applied\"", "\"Idempotency-Replayed\"");
    assertThat(fields("POST /v1/tools/{name}/calls", "409")).contains("Location", "Retry-After");
    assertThat(fields("GET /v1/calls/{id}", "200")).contains("Retry-After");
    assertThat(fields("GET /v1/calls/{id}/events", "204")).contains("X-Request-Id");
  }

  private Set<String> fields(String operation, String status) {
    JsonValue.Obj response = object(object(named(operation), "responses"), status);
    return object(response, "headers").members().keySet();
  }

  /** A look at a call that answered at once gives the refusal that the call would have given. */
  @Test
  void aLookAtACallCanGiveWhatTheCallGave() {
    String look = CanonicalJson.inOrder(named("GET /v1/calls/{id}"));
    assertThat(look).contains("call.cancelled", "deadline.exceeded", "policy.path_denied");
    assertThat(CanonicalJson.inOrder(named("GET /v1/tools"))).contains("\"415\"");
  }

  @Test
  void namesAreUniqueParametersStandAndReferencesLead() {
    Set<String> ids = new HashSet<>();
    operations(
        (name, operation) -> {
          assertThat(ids.add(text(operation, "operationId"))).as(name).isTrue();
          Set<String> parameters = new HashSet<>();
          for (JsonValue item : items(operation, "parameters")) {
            var parameter = (JsonValue.Obj) item;
            assertThat(parameters.add(text(parameter, "in") + text(parameter, "name")))
                .as("%s names %s once", name, parameter)
                .isTrue();
            if (text(parameter, "in").equals("path")) {
              assertThat(name).contains("{" + text(parameter, "name") + "}");
            }
          }
        });
    List<String> lost = new ArrayList<>();
    references(document, lost);
    assertThat(lost).isEmpty();
  }

  @Test
  void aRouteThatNamesAnUnknownSchemaHasNoDocument() {
    Route route =
        Route.of(HttpMethod.GET, "/v1/x", Scope.ADMIN, Route.Body.NONE, exchange -> {})
            .described(Operation.of("x", "x").gives(200, "x", "NoSuchShape"));
    assertThatThrownBy(() -> OpenApiRoute.document(List.of(route)))
        .hasMessageContaining("NoSuchShape");
  }

  private void references(JsonValue value, List<String> lost) {
    switch (value) {
      case JsonValue.Obj object ->
          object
              .members()
              .forEach(
                  (name, member) -> {
                    if (name.equals("$ref") && member instanceof JsonValue.Str ref && !leads(ref)) {
                      lost.add(ref.value());
                    }
                    references(member, lost);
                  });
      case JsonValue.Arr array -> array.items().forEach(item -> references(item, lost));
      default -> {}
    }
  }

  private boolean leads(JsonValue.Str ref) {
    JsonValue at = document;
    for (String step : ref.value().substring(2).split("/", -1)) {
      JsonValue next = at instanceof JsonValue.Obj object ? object.get(step) : null;
      if (next == null) {
        return false;
      }
      at = next;
    }
    return true;
  }

  private void operations(BiConsumer<String, JsonValue.Obj> each) {
    object(document, "paths")
        .members()
        .forEach(
            (path, item) ->
                ((JsonValue.Obj) item)
                    .members()
                    .forEach(
                        (method, operation) ->
                            each.accept(
                                HttpMethod.valueOf(method.toUpperCase(java.util.Locale.ROOT)).name()
                                    + " "
                                    + path,
                                (JsonValue.Obj) operation)));
  }

  private JsonValue.Obj operation(Route route) {
    JsonValue.Obj paths = object(document, "paths");
    JsonValue.Obj item = object(paths, route.template().replace("*}", "}"));
    return object(item, route.method().name().toLowerCase(java.util.Locale.ROOT));
  }

  private static JsonValue.Obj object(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Obj member ? member : JsonValue.Obj.EMPTY;
  }

  private static List<JsonValue> items(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Arr array ? array.items() : List.of();
  }

  private static String text(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Str string ? string.value() : "";
  }

  private static JsonValue parse(String text) {
    try {
      return dev.chitin.bus.json.StrictJson.parse(
          text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    } catch (dev.chitin.bus.json.JsonSyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
