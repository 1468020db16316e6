package dev.chitin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.gateway.calls.StreamBounds;
import dev.chitin.gateway.rate.RateLimit;
import dev.chitin.gateway.session.SessionBounds;
import dev.chitin.gateway.tls.TlsSettings;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnHostsTest {
  private static final TlsSettings TLS = new TlsSettings(Path.of("cert"), Path.of("key"));

  private static EdgeSettings edge(
      String host, @Nullable TlsSettings tls, boolean upstream, String... hosts) {
    return new EdgeSettings(
        host,
        18_787,
        Set.of(hosts),
        Set.of(),
        tls,
        upstream,
        RateLimit.DEFAULT,
        SessionBounds.DEFAULT,
        new EdgeBounds(1, 1, 1, 1, 1, 1, 1, 1, 1, StreamBounds.DEFAULT));
  }

  private static Set<String> of(EdgeSettings edge) {
    return OwnHosts.of(edge, 18_787);
  }

  @Test
  void aNameWithoutAPortStandsForTheOwnPortAndForTheSchemes() {
    assertThat(of(edge("127.0.0.1", null, false, "GW.example.com")))
        .contains("gw.example.com", "gw.example.com:80", "gw.example.com:18787")
        .contains("127.0.0.1:18787", "localhost:18787", "[::1]:18787")
        .doesNotContain("gw.example.com:443", "127.0.0.1", "localhost");
    assertThat(of(edge("127.0.0.1", TLS, false, "gw.example.com")))
        .contains("gw.example.com", "gw.example.com:443", "gw.example.com:18787")
        .doesNotContain("gw.example.com:80");
  }

  @Test
  void aNameWithAPortStandsForThatAlone() {
    assertThat(of(edge("127.0.0.1", null, false, "gw.example.com:9000", "[2001:db8::1]:9001")))
        .contains("gw.example.com:9000", "[2001:db8::1]:9001")
        .doesNotContain("gw.example.com", "gw.example.com:18787", "[2001:db8::1]:18787");
    assertThat(of(edge("127.0.0.1", TLS, false, "gw.example.com:443")))
        .contains("gw.example.com:443", "gw.example.com")
        .doesNotContain("gw.example.com:18787");
  }

  @Test
  void behindAProxyThatDoesTlsClientsSpeakHttps() {
    EdgeSettings edge = edge("127.0.0.1", null, true, "gw.example.com");
    assertThat(edge.scheme()).isEqualTo("http");
    assertThat(edge.clientScheme()).isEqualTo("https");
    assertThat(of(edge)).contains("gw.example.com", "gw.example.com:443").doesNotContain(":80");
  }

  @Test
  void anAddressOfVersionSixStandsInBrackets() {
    assertThat(of(edge("2001:DB8::1", TLS, false))).contains("[2001:db8::1]:18787");
    assertThat(of(edge("fe80::1%eth0", TLS, false))).contains("[fe80::1]:18787");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"gw.example.com", "gw_1:9000", "10.1.2.3", "[::1]:8080", "[2001:db8::1]", "GW"})
  void whatAHostFieldCanBe(String entry) {
    assertThat(OwnHosts.checked(entry, "gateway.hosts[3]")).isEqualTo(entry);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "*.example.com",
        "a b",
        "http://gw.example.com",
        "gw.example.com/x",
        "gw.example.com:",
        "gw.example.com:0",
        "gw.example.com:99999",
        "gw.example.com:http",
        "user@gw.example.com",
        "::1",
        "[::1",
        "[::g]",
        "127.1",
        "gw..example.com"
      })
  void whatNoHostFieldCanBeIsRefusedWithItsKey(String entry) {
    assertThatThrownBy(() -> OwnHosts.checked(entry, "gateway.hosts[3]"))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining("gateway.hosts[3]");
  }
}
