package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.gateway.http.EdgeSettings;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of the edge that could never work are refused by key, before anything starts. */
class EdgeConfigurationTest {
  private static final String ISSUER =
      "issuer: 'https://id.example', audience: 'https://gw.example', algorithms: ['RS256'],"
          + " jwks_file: '/keys.json'";

  @TempDir private Path home = Path.of("");
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private GatewaySettings read(String text) throws ConfigException {
    return SettingsReader.read(
        Configuration.parse("test", text, Map.of()),
        ChitinHome.of(Map.of("CHITIN_HOME", home.toString())),
        Map.of("HOME", home.toString()));
  }

  private void refused(String text, String key) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(ProblemCode.CONFIG_INVALID);
              assertThat(refusal.problem().rule()).isEqualTo(key);
              assertThat(refusal.problem().detail()).contains(key);
              assertThat(refusal.problem().hint()).isNotBlank();
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "not a host", "http://127.0.0.1", "127.0.0.1:8787", "[::1]", "127.1", "*"})
  void aHostThatIsNoneIsRefused(String host) {
    refused("{ gateway: { host: '" + host + "' } }", "gateway.host");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost", "::1", "::", "0.0.0.0", "fe80::1%eth0", "gw.x"})
  void anAddressOrANameIsTaken(String host) throws ConfigException {
    assertThat(read("{ gateway: { host: '" + host + "' } }").edge().host()).isEqualTo(host);
  }

  @Test
  void namesAndOriginsThatNobodySendsAreRefused() {
    refused("{ gateway: { hosts: ['gw.example.com', '*'] } }", "gateway.hosts[1]");
    refused("{ gateway: { cors_origins: ['http://localhost:99999'] } }", "gateway.cors_origins[0]");
  }

  @Test
  void aSessionIsIdleForLessThanItLasts() throws ConfigException {
    refused(
        "{ gateway: { session: { idle_ms: 60000, absolute_ms: 1000 } } }",
        "gateway.session.idle_ms");
    refused("{ gateway: { session: { idle_ms: 86400000 } } }", "gateway.session.idle_ms");
    assertThat(read("{ gateway: { session: { absolute_ms: 1000 } } }").edge().sessions())
        .satisfies(bounds -> assertThat(bounds.idleMillis()).isEqualTo(1_000));
  }

  @Test
  void certificatesStandForNobodyWithoutWhoVouchesForThem() throws ConfigException {
    String certificates =
        "auth: { certificates: [{ san: 'DNS:agent.example', role: 'agent', name: 'a' }] }";
    refused("{ " + certificates + " }", "auth.certificates");
    refused(
        "{ gateway: { tls: { cert: '/c', key: '/k' } }, " + certificates + " }",
        "auth.certificates");
    String tls = "gateway: { tls: { cert: '/c', key: '/k', client_ca: '/a', client_auth: '@' } }";
    assertThat(read("{ " + tls.replace("@", "request") + ", " + certificates + " }").auth())
        .satisfies(auth -> assertThat(auth.certificates()).hasSize(1));
  }

  @ParameterizedTest
  @CsvSource({
    "'claim: \"\", map: { x: \"agent\" }', claim",
    "'claim: \"realm..roles\", map: { x: \"agent\" }', claim",
    "'claim: \"realm.\", map: { x: \"agent\" }', claim",
    "'map: { \"\": \"agent\" }', map",
  })
  void aClaimThatNoTokenHasIsRefused(String roles, String key) {
    refused(
        "{ auth: { issuers: [{ " + ISSUER + ", roles: { " + roles + " } }] } }",
        "auth.issuers[0].roles." + key);
  }

  /** Or {@code https://id.example|x} would be a subject of the one and the name of the other. */
  @Test
  void anIssuerWithABarIsRefused() {
    refused(
        "{ auth: { issuers: [{ "
            + ISSUER.replace("id.example", "id.example|x")
            + ", roles: { map: { x: 'agent' } } }] } }",
        "auth.issuers[0].issuer");
  }

  @Test
  void aPrivateDestinationThatIsNoneIsRefused() {
    refused(
        "{ egress: { allow_private: ['127.0.0.0/8', '10.0.0.0/4'] } }", "egress.allow_private[1]");
  }

  // ---- what only the network can tell ----

  private EdgeSettings edge(String host, int port) throws ConfigException {
    return read("{ gateway: { host: '"
            + host
            + "', port: "
            + port
            + ", tls: { terminated_upstream: true } } }")
        .edge();
  }

  private ChitinException explained(String host, int port) throws ConfigException {
    EdgeSettings edge = edge(host, port);
    try {
      var server =
          vertx.createHttpServer().requestHandler(r -> {}).listen(edge.port(), edge.host()).await();
      throw new AssertionError("listens on " + server.actualPort());
    } catch (Exception e) {
      return Listening.explained(e, edge);
    }
  }

  @Test
  void aNameThatLeadsNowhereIsSaidBeforeAnythingIsOpened() throws ConfigException {
    EdgeSettings edge = edge("no-such-host.invalid", 0);
    assertThatThrownBy(() -> ListenerCheck.check(edge))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining("gateway.host is no-such-host.invalid");
  }

  @Test
  void everyAddressOfLoopbackIsReachedFromHereAlone() throws ConfigException {
    for (String host : new String[] {"127.0.0.2", "::1", "0:0:0:0:0:0:0:1", "localhost"}) {
      ListenerCheck.check(read("{ gateway: { host: '" + host + "' } }").edge());
    }
    for (String host : new String[] {"0.0.0.0", "::", "10.0.0.1", "gw.example"}) {
      EdgeSettings edge = read("{ gateway: { host: '" + host + "' } }").edge();
      assertThatThrownBy(() -> ListenerCheck.check(edge)).as(host).hasMessageContaining("no TLS");
    }
  }

  @Test
  void whyNothingListensIsSaidByTheKeyThatIsToBlame() throws ConfigException {
    HttpServer taken =
        vertx.createHttpServer().requestHandler(r -> {}).listen(0, "127.0.0.1").await();
    Vertx other = Vertx.vertx();
    try {
      EdgeSettings edge = edge("127.0.0.1", taken.actualPort());
      assertThatThrownBy(
              () ->
                  other
                      .createHttpServer()
                      .requestHandler(r -> {})
                      .listen(edge.port(), edge.host())
                      .await())
          .isInstanceOfSatisfying(
              Exception.class,
              failure ->
                  assertThat(Listening.explained(failure, edge).problem().rule())
                      .isEqualTo("gateway.port"));
    } finally {
      other.close().await();
    }
    assertThat(explained("192.0.2.1", 0).problem().rule()).isEqualTo("gateway.host");
    assertThat(explained("no-such-host.invalid", 0).problem().rule()).isEqualTo("gateway.host");
  }
}
