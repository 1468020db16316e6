package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.http.EdgeRoutes;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Every route, asked by nobody and by each role: the table of routes itself is walked. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AccessMatrixTest {
  private static final Set<String> OPEN =
      Set.of(
          "GET /health/live",
          "HEAD /health/live",
          "HEAD /health/ready",
          "GET /health/ready",
          "GET /openapi.json");

  /** Fields of the message itself, and those that forbid things to browsers. */
  private static final Set<String> STANDING =
      Set.of(
          "content-type",
          "content-length",
          "cache-control",
          "vary",
          "x-content-type-options",
          "content-security-policy",
          "referrer-policy");

  private final Map<Role, Agent> agents = new EnumMap<>(Role.class);
  private final Map<Role, String> keys = new EnumMap<>(Role.class);
  private GatewayProcess gateway;
  private Agent nobody;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway = GatewayProcess.start(GatewayProcess.home(GatewayProcess.HIGH_RATE));
    nobody = new Agent(gateway.url(), "none");
    for (Role role : Role.values()) {
      String key = gateway.key("a-" + role.text(), role.text());
      keys.put(role, key);
      agents.put(role, new Agent(gateway.url(), key));
    }
  }

  @AfterAll
  void stop() {
    agents.values().forEach(Agent::close);
    nobody.close();
    gateway.close();
  }

  private static String name(EdgeRoutes.Entry route) {
    return route.method() + " " + route.path();
  }

  /** An instance of the route that names nothing that there is. */
  private HttpRequest.Builder to(HttpRequest.Builder request, EdgeRoutes.Entry route) {
    return request
        .uri(gateway.url().resolve(route.path().replaceAll("\\{[^}]*}", "nothing")))
        .header("content-type", "application/json")
        .method(route.method(), HttpRequest.BodyPublishers.ofString("{}"));
  }

  private HttpRequest.Builder without(EdgeRoutes.Entry route) {
    return to(HttpRequest.newBuilder(), route);
  }

  @Test
  void whoeverIsNobodyReachesOnlyWhatIsOpenToAll() throws Exception {
    List<EdgeRoutes.Entry> routes = EdgeRoutes.listener();
    assertThat(routes).hasSizeGreaterThan(15);
    for (EdgeRoutes.Entry route : routes) {
      Agent.Answer answer = nobody.send(without(route).build());
      if (route.scope().isEmpty()) {
        assertThat(OPEN).as("the open routes are few and named here").contains(name(route));
      } else {
        assertThat(answer.status()).as(name(route)).isEqualTo(401);
        assertThat(answer.text()).as(name(route)).contains("\"auth.missing\"");
      }
    }
  }

  @Test
  void everyRouteAboveARoleIsForbiddenToIt() throws Exception {
    int refused = 0;
    for (EdgeRoutes.Entry route : EdgeRoutes.listener()) {
      for (Role role : Role.values()) {
        boolean may =
            route.scope().isEmpty()
                || role.scopes().stream().anyMatch(scope -> scope.toString().equals(route.scope()));
        Agent agent = agents.get(role);
        if (!may && agent != null) {
          Agent.Answer answer = agent.send(to(agent.request("/"), route).build());
          assertThat(answer.status()).as("%s, %s", name(route), role).isEqualTo(403);
          assertThat(answer.text())
              .as("%s, %s", name(route), role)
              .contains("\"auth.scope_insufficient\"", "scope." + route.scope());
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(20);
  }

  @Test
  void aRoleReachesEveryRouteThatItsScopesName() throws Exception {
    for (EdgeRoutes.Entry route : EdgeRoutes.listener()) {
      for (Role role : Role.values()) {
        boolean may =
            role.scopes().stream().anyMatch(scope -> scope.toString().equals(route.scope()));
        Agent agent = agents.get(role);
        boolean endless = route.path().endsWith("/events") || route.path().endsWith("/stream");
        if (may && agent != null && !endless) {
          Agent.Answer answer = agent.send(to(agent.request("/"), route).build());
          assertThat(answer.text()).as(name(route)).doesNotContain("\"code\":\"auth.");
        }
      }
    }
  }

  @Test
  void everyFieldOfAnAnswerIsInTheDescription() throws Exception {
    JsonValue.Obj paths = Json.object(Json.object(nobody.get("/openapi.json").text()), "paths");
    List<Agent> askers = Stream.concat(Stream.of(nobody), agents.values().stream()).toList();
    int answers = 0;
    for (EdgeRoutes.Entry route : EdgeRoutes.listener()) {
      JsonValue.Obj told =
          Json.object(
              Json.object(
                  Json.object(paths, route.path().replace("*}", "}")),
                  route.method().toLowerCase(Locale.ROOT)),
              "responses");
      for (Agent asker : askers) {
        if (!route.path().endsWith("/stream")) {
          Agent.Answer answer = asker.send(to(asker.request("/"), route).build());
          JsonValue.Obj response = Json.object(told, Integer.toString(answer.status()));
          assertThat(answer.fields())
              .as("%s: %d", name(route), answer.status())
              .isSubsetOf(described(response));
          answers++;
        }
      }
    }
    assertThat(answers).isGreaterThan(100);
  }

  private static Set<String> described(JsonValue.Obj response) {
    Set<String> names = new HashSet<>(STANDING);
    Json.object(response, "headers")
        .members()
        .keySet()
        .forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    return names;
  }

  /**
   * Keys, vault and doctor are the socket's: on the network nobody finds them, not even an admin.
   */
  @Test
  void administrationIsNotOnTheNetwork() throws Exception {
    Set<String> listener =
        EdgeRoutes.listener().stream().map(AccessMatrixTest::name).collect(Collectors.toSet());
    List<EdgeRoutes.Entry> ours =
        EdgeRoutes.socket().stream().filter(route -> !listener.contains(name(route))).toList();
    assertThat(ours).hasSizeGreaterThan(8);
    for (EdgeRoutes.Entry route : ours) {
      assertThat(nobody.send(without(route).build()).status()).as(name(route)).isEqualTo(401);
      for (Role role : Role.values()) {
        Agent agent = agents.get(role);
        if (agent != null) {
          assertThat(agent.send(to(agent.request("/"), route).build()).status())
              .as("%s, %s", name(route), role)
              .isIn(404, 405);
        }
      }
    }
  }

  @Test
  void nothingThatIsOpenToAllTellsAKeyAVersionOrAPlace() throws Exception {
    String version = gateway.run("version").out().strip();
    for (String path :
        List.of(
            "/health/live",
            "/health/ready",
            "/",
            "/v1/tools",
            "/openapi.json",
            "/ui",
            "/mcp",
            "/metrics",
            "/.well-known/oauth-protected-resource",
            "/favicon.ico")) {
      HttpRequest request = HttpRequest.newBuilder(gateway.url().resolve(path)).GET().build();
      try (var http = java.net.http.HttpClient.newHttpClient()) {
        var response = http.send(request, java.net.http.HttpResponse.BodyHandlers.ofString());
        String all = response.headers().map() + response.body();
        assertThat(all)
            .as(path)
            .doesNotContainPattern("(?<![A-Za-z])ck_[0-9A-Za-z]{8}")
            .doesNotContain(gateway.home().toString())
            .doesNotContain(System.getProperty("user.name") + "@")
            .doesNotContainIgnoringCase("vert.x")
            .doesNotContainIgnoringCase("netty");
        Arrays.stream(version.split("\\s+"))
            .filter(word -> word.matches("[0-9]+\\.[0-9]+.*"))
            .forEach(number -> assertThat(all).as(path).doesNotContain(number));
        keys.values().forEach(key -> assertThat(all).doesNotContain(key.substring(3, 20)));
      }
    }
  }
}
