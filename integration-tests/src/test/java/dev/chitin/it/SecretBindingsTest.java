package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.it.GatewayProcess.Json;
import dev.chitin.it.GatewayProcess.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A secret that is bound to one server, and tools that would take it to another. */
class SecretBindingsTest {
  private static final String A = "127.0.0.1";
  private static final String B = "127.0.0.2";

  /** A server that keeps what it is asked. */
  private record Server(HttpServer http, List<String> seen) implements AutoCloseable {
    static Server on(String address) throws IOException {
      List<String> seen = new CopyOnWriteArrayList<>();
      HttpServer http =
          HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), 0), 8);
      http.createContext(
          "/",
          exchange -> {
            seen.add(
                exchange.getRequestURI()
                    + " "
                    + exchange.getRequestHeaders().getFirst("authorization"));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
          });
      http.start();
      return new Server(http, seen);
    }

    int port() {
      return http.getAddress().getPort();
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  private static String tool(String name, String host, int port, String path) {
    String at = host + ":" + port;
    return """
        { "name": "%s", "description": "Asks.",
          "capabilities": { "NetworkAccess": { "hosts": ["%s"] } },
          "input": { "type": "object" },
          "run": { "http": { "method": "GET", "url": "http://%s%s" } },
          "credentials": [{ "name": "api", "scheme": "http", "host": "%s", "port": %d,
            "header": "authorization", "format": "bearer" }] }
        """
        .formatted(name, at, at, path, host, port);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void aSecretGoesWhereItIsBoundToAndNowhereElse() throws Exception {
    try (Server a = Server.on(A);
        Server b = Server.on(B)) {
      String members =
          "\"egress\": { \"allow_private\": [\"%s:%d\", \"%s:%d\"] }, \"tools\": [%s, %s, %s]"
              .formatted(
                  A,
                  a.port(),
                  B,
                  b.port(),
                  tool("to_a", A, a.port(), "/v1/x"),
                  tool("to_b", B, b.port(), "/v1/x"),
                  tool("beside", A, a.port(), "/v2/x"));
      Path home = GatewayProcess.home(members);
      String secret = "fake-token-" + System.nanoTime();
      String bound = A + ":" + a.port();
      Result put =
          GatewayProcess.run(
              home,
              ascii(secret),
              "secret",
              "put",
              "api",
              "--host",
              bound,
              "--scheme",
              "http",
              "--method",
              "GET",
              "--path-prefix",
              "/v1/",
              "--header",
              "authorization",
              "--format",
              "bearer");
      assertThat(put.exit()).as(put.err()).isZero();
      assertThat(put.out()).contains("bound to http://" + bound + "/v1/");
      try (var gateway = GatewayProcess.start(home);
          var agent = new Agent(gateway.url(), gateway.key("it", "admin"))) {
        Agent.Answer reached = agent.call("to_a", JsonValue.Obj.EMPTY);
        assertThat(reached.status()).as(reached.text()).isEqualTo(200);
        assertThat(a.seen()).containsExactly("/v1/x Bearer " + secret);
        refused(agent.call("to_b", JsonValue.Obj.EMPTY), "host");
        refused(agent.call("beside", JsonValue.Obj.EMPTY), "path");
        // A new value stays where the old one was bound to.
        assertThat(GatewayProcess.run(home, ascii(secret + "-2"), "secret", "rotate", "api").out())
            .contains("bound to http://" + bound + "/v1/");
        refused(agent.call("to_b", JsonValue.Obj.EMPTY), "host");
        assertThat(b.seen()).isEmpty();
        assertThat(a.seen()).hasSize(1);
        assertThat(gateway.run("audit", "tail", "-n", "60", "--json").out())
            .contains("vault.lease_refused")
            .doesNotContain(secret);
        assertThat(gateway.run("secret", "list").out()).contains(bound).contains("/v1/, GET");
        JsonValue.Obj listed =
            (JsonValue.Obj) Json.items(agent.get("/v1/secrets").body(), "secrets").getFirst();
        assertThat(Json.text(Json.object(listed, "binding"), "host")).isEqualTo(A);
        overHttp(agent, b, secret);
      }
    }
  }

  private static void refused(Agent.Answer answer, String part) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(403);
    assertThat(answer.member("code")).isEqualTo("vault.lease_refused");
    assertThat(answer.member("rule")).isEqualTo("lease.binding");
    assertThat(answer.member("detail")).contains("another " + part);
    assertThat(answer.member("hint")).contains("chitin secret rotate");
  }

  /** The route takes the same names; what it does not know is no binding that goes unseen. */
  private static void overHttp(Agent agent, Server b, String secret) throws Exception {
    String at = "?host=" + B + ":" + b.port() + "&scheme=http";
    assertThat(put(agent, "?hots=" + B, secret).member("code")).isEqualTo("request.malformed");
    assertThat(put(agent, "?method=GET", secret).member("code")).isEqualTo("request.malformed");
    assertThat(put(agent, "?host=" + B + "&host=" + A, secret).status()).isEqualTo(400);
    for (String wrong :
        List.of(
            at + "&surface=query",
            at + "&format=basic",
            at + "&header=host",
            at + "&header=x%0d%0ax",
            at + "&path_prefix=/a/../b",
            at + "&method=get",
            "?scheme=http&host=api.example",
            "?host=user%40api.example")) {
      Agent.Answer answer = put(agent, wrong, secret);
      assertThat(answer.status()).as(wrong + answer.text()).isEqualTo(422);
      assertThat(answer.member("rule")).as(wrong).startsWith("binding.");
    }
    assertThat(put(agent, at, "fake\r\nx-admin: 1").member("rule")).isEqualTo("secret.grammar");
    assertThat(agent.call("to_b", JsonValue.Obj.EMPTY).status()).isEqualTo(403);
    assertThat(b.seen()).isEmpty();
    Agent.Answer moved = put(agent, at, secret + "-3");
    assertThat(Json.text(Json.object(moved.body(), "binding"), "format")).isEqualTo("bearer");
    assertThat(agent.call("to_b", JsonValue.Obj.EMPTY).status()).isEqualTo(200);
    assertThat(b.seen()).containsExactly("/v1/x Bearer " + secret + "-3");
  }

  private static Agent.Answer put(Agent agent, String query, String value) throws Exception {
    return agent.send(
        agent
            .request("/v1/secrets/api" + query)
            .header("content-type", "application/octet-stream")
            .PUT(HttpRequest.BodyPublishers.ofString(value))
            .build());
  }
}
