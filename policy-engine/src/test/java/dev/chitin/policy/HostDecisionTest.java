package dev.chitin.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.policy.host.HostPattern;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostDecisionTest {
  @TempDir Path directory;
  private PolicyFixture policy;

  @BeforeEach
  void home() throws IOException {
    policy = new PolicyFixture(directory);
  }

  private static String host(String raw) {
    try {
      return RequestHost.canonical(raw);
    } catch (ChitinException.Denied e) {
      return String.valueOf(e.problem().rule());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "EXAMPLE.com., example.com",
    "xn--mnchen-3ya.de, xn--mnchen-3ya.de",
    "a_b.example.com, a_b.example.com",
    "127.0.0.1, 127.0.0.1",
    "[::1], [::1]",
    "[2001:DB8:0:0:1:0:0:1], [2001:db8::1:0:0:1]",
    "[0:0:0:0:0:0:0:0], [::]",
    "[::ffff:127.0.0.1], [::ffff:7f00:1]",
    "[1:0:2:3:4:5:6:7], [1:0:2:3:4:5:6:7]",
  })
  void aHostHasOneSpelling(String raw, String expected) {
    assertThat(host(raw)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "1.2.3.4.5",
        "256.1.1.1",
        "127.0.0.01",
        "a.0x1",
        "example.123"
      })
  void otherNumberFormsOfIpv4AreRefused(String raw) {
    assertThat(host(raw)).isEqualTo("host.ipv4_spelling");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "a..b",
        "example.com..",
        "-a.b",
        "a-.b",
        "a b",
        "a%00b",
        "good.test%00.evil.test",
        "good.test:443",
        "good.test:443:80",
        "user@host",
        "a\\b",
        "a/b",
        "①②⑦.0.0.1",
        "münchen.de",
        "[::1",
        "[::1%eth0]",
        "[1::2::3]",
        "[12345::]",
        "[::1.2.3]",
        "[1:2:3:4:5:6:7]",
        "::1",
        "[fe80::1%25lo]",
        "[:1]",
        "[1:2:3:4:5:6:7:8:9]",
        "[::1]x",
        "*.example.com",
        "a,b"
      })
  void whatIsNoHostIsRefused(String raw) {
    assertThat(host(raw)).startsWith("host.");
  }

  @Test
  void longNamesAndLabelsAreRefused() {
    assertThat(host("a".repeat(64) + ".com")).isEqualTo("host.label");
    assertThat(host("abc.".repeat(63) + "ab")).isEqualTo("host.too_long");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://good.test@evil.test/",
        "https://good.test\\@evil.test",
        "https://good.test%00.evil.test",
        "https://good.test:443:80",
        "ftp://x.test/",
        "https:///x",
        "https://x.test:0/",
        "https://x.test:70000/",
        "https://x.test/#f",
        "https://x.test/a b",
        "//x.test/",
        "x.test",
        "https://[::1",
        "https://ü.test/",
        "https://x.test\t/",
        "https://x.test:/"
      })
  void aUrlOfTwoReadingsIsRefused(String raw) {
    assertThatThrownBy(() -> RequestUrl.parse(raw))
        .isInstanceOfSatisfying(
            ChitinException.Denied.class, e -> assertThat(e.problem().rule()).startsWith("host."));
  }

  @Test
  void aUrlIsTakenApartOnce() {
    assertThat(RequestUrl.parse("HTTPS://X.test.:8443/a?b=c%20d"))
        .isEqualTo(new RequestUrl("https", "x.test", 8443, "/a?b=c%20d"));
    assertThat(RequestUrl.parse("http://[::1]:80?q"))
        .isEqualTo(new RequestUrl("http", "[::1]", 80, "/?q"));
    assertThat(RequestUrl.parse("https://a.test"))
        .isEqualTo(new RequestUrl("https", "a.test", 443, "/"));
  }

  @ParameterizedTest
  @CsvSource({
    "*.example.com, x.example.com, true",
    "*.example.com, example.com, false",
    "*.example.com, evilexample.com, false",
    "*.example.com, a.b.example.com, false",
    "*.example.com, example.com.evil.test, false",
    "**.example.com, a.b.example.com, true",
    "**.example.com, example.com, false",
    "**.example.com, evilexample.com, false",
    "example.com, example.com, true",
    "example.com, x.example.com, false",
    "10.0.0.0/8, 10.1.2.3, true",
    "10.0.0.0/8, 11.1.2.3, false",
    "10.0.0.0/8, ten.example.com, false",
    "2001:db8::/32, [2001:db8::5], true",
    "[2001:db8::5], [2001:db8::5], true",
  })
  void aPatternMatchesByLabels(String pattern, String host, boolean expected) {
    assertThat(HostPattern.compile(pattern, "k").matches(host, 443)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "**",
        "*.com",
        "a*.example.com",
        "*.*.com",
        "x.test:*",
        "x.test:0",
        "x.test:99999",
        "10.0.0.0/33",
        "10.0.0.1/8",
        "*.127.0.0.1",
        "https://x.test",
        "x.test/path",
        "user@x.test"
      })
  void aPatternThatReachesTooFarIsRefusedAtLoad(String pattern) {
    assertThatThrownBy(() -> HostPattern.compile(pattern, "k"))
        .isInstanceOf(ChitinException.Invalid.class);
  }

  @Test
  void noGrantAndNoDeclarationReachNothing() {
    assertThat(policy.rule(policy.http("https", "x.example.com", 443)))
        .isEqualTo("policy.grants.tool.NetworkAccess");
    grant(List.of("**.example.com"), List.of());
    assertThat(policy.rule(policy.http("https", "x.example.com", 443)))
        .isEqualTo("tool.tool.capabilities.NetworkAccess");
  }

  private void grant(List<String> granted, List<String> declared) {
    policy.granted = new Capabilities(List.of(), List.of(), granted, List.of());
    policy.declared = new Capabilities(List.of(), List.of(), declared, List.of());
  }

  @Test
  void bothSidesHaveToMatchHostAndPort() {
    grant(List.of("**.example.com"), List.of("*.example.com", "*.example.com:8443"));
    assertThat(policy.rule(policy.http("https", "x.example.com", 443))).isEqualTo("allow");
    assertThat(policy.rule(policy.http("https", "x.example.com", 8443)))
        .isEqualTo("policy.grants.tool.NetworkAccess");
    assertThat(policy.rule(policy.http("https", "a.b.example.com", 443)))
        .isEqualTo("tool.tool.capabilities.NetworkAccess");
    assertThat(policy.rule(policy.http("https", "X.example.com", 443)))
        .isEqualTo("host.not_canonical");
  }

  @Test
  void cleartextNeedsItsPortByNumber() {
    grant(
        List.of("x.test", "y.test:80", "z.test:8080"),
        List.of("x.test", "y.test:80", "z.test:8080"));
    assertThat(policy.rule(policy.http("http", "x.test", 443))).isEqualTo("host.scheme");
    assertThat(policy.rule(policy.http("http", "y.test", 80))).isEqualTo("allow");
    assertThat(policy.rule(policy.http("http", "z.test", 8080))).isEqualTo("host.scheme");
    assertThat(policy.rule(policy.http("https", "z.test", 8080))).isEqualTo("allow");
    assertThat(policy.rule(policy.http("gopher", "y.test", 80))).isEqualTo("host.scheme");
  }

  @Test
  void aLoopbackLiteralNeedsBothGrants() {
    grant(List.of("127.0.0.1:8080"), List.of("127.0.0.1:8080"));
    assertThat(policy.rule(policy.http("http", "127.0.0.1", 8080)))
        .isEqualTo("egress.address[loopback]");
    policy.allowPrivate = List.of("127.0.0.1:8080");
    assertThat(policy.rule(policy.http("http", "127.0.0.1", 8080))).isEqualTo("allow");
    assertThat(policy.rule(policy.http("http", "127.0.0.1", 8081)))
        .isEqualTo("egress.address[loopback]");
    grant(List.of(), List.of("127.0.0.1:8080"));
    assertThat(policy.rule(policy.http("http", "127.0.0.1", 8080)))
        .isEqualTo("policy.grants.tool.NetworkAccess");
  }

  @Test
  void metadataIsNeverReachedWhateverIsGranted() {
    grant(List.of("169.254.169.254:80"), List.of("169.254.169.254:80"));
    policy.allowPrivate = List.of("169.254.169.254:80", "169.254.0.0/16");
    assertThat(policy.rule(policy.http("http", "169.254.169.254", 80)))
        .isEqualTo("egress.address[metadata]");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1,loopback",
    "127.255.0.1,loopback",
    "0.0.0.0,unspecified",
    "10.0.0.1,private",
    "172.16.0.1,private",
    "172.31.255.255,private",
    "192.168.1.1,private",
    "100.64.0.1,shared",
    "100.100.100.200,metadata",
    "168.63.129.16,metadata",
    "169.254.1.1,link_local",
    "169.254.169.254,metadata",
    "192.0.0.1,protocol",
    "192.0.0.192,metadata",
    "192.0.2.1,documentation",
    "192.88.99.1,relay",
    "198.18.0.1,benchmark",
    "198.51.100.1,documentation",
    "203.0.113.1,documentation",
    "224.0.0.1,multicast",
    "240.0.0.1,reserved",
    "255.255.255.255,broadcast",
    "::1,loopback",
    "::,unspecified",
    "::ffff:127.0.0.1,loopback",
    "::ffff:169.254.169.254,metadata",
    "::127.0.0.1,loopback",
    "64:ff9b::127.0.0.1,loopback",
    "64:ff9b::169.254.169.254,metadata",
    "64:ff9b::8.8.8.8,translation",
    "64:ff9b:1::10.0.0.1,private",
    "2002:7f00:1::,loopback",
    "2002:808:808::,relay",
    "2001:0:1:2:3:4:80ff:fffe,loopback",
    "2001::f7f7:f7f7,teredo",
    "2001::1,reserved",
    "2600::5efe:127.0.0.1,loopback",
    "2600::200:5efe:10.0.0.1,private",
    "fc00::1,unique_local",
    "fd00:ec2::254,metadata",
    "fd20:ce::254,metadata",
    "fe80::1,link_local",
    "fec0::1,site_local",
    "ff02::1,multicast",
    "2001:db8::1,documentation",
    "4000::1,reserved",
  })
  void everySpecialAddressIsClosed(String address, String name) throws IOException {
    AddressRules rules = AddressRules.compile(List.of(), Set.of());
    assertThat(rules.denied(bytes(address), 443)).contains("egress.address[" + name + "]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:1.1.1.1"})
  void aPublicAddressIsOpen(String address) throws IOException {
    assertThat(AddressRules.compile(List.of(), Set.of()).denied(bytes(address), 443)).isEmpty();
  }

  private static byte[] bytes(String address) {
    return RequestHost.literal(address.indexOf(':') >= 0 ? "[" + address + "]" : address)
        .orElseThrow();
  }

  @Test
  void thisHostsOwnAddressIsClosed() throws IOException {
    InetAddress own = InetAddress.getByAddress(new byte[] {1, 1, 1, 1});
    AddressRules rules = AddressRules.compile(List.of(), Set.of(own));
    assertThat(rules.denied(own, 443)).contains("egress.address[own]");
  }

  @Test
  void aGrantOfATranslationPrefixOpensNothingThatItCarries() {
    AddressRules rules = AddressRules.compile(List.of("64:ff9b::/96"), Set.of());
    assertThat(rules.denied(bytes("64:ff9b::8.8.8.8"), 443)).isEmpty();
    assertThat(rules.denied(bytes("64:ff9b::127.0.0.1"), 443)).contains("egress.address[loopback]");
    assertThat(rules.denied(bytes("64:ff9b::169.254.169.254"), 443))
        .contains("egress.address[metadata]");
    AddressRules inner = AddressRules.compile(List.of("127.0.0.1:8080"), Set.of());
    assertThat(inner.denied(bytes("64:ff9b::127.0.0.1"), 8080))
        .contains("egress.address[translation]");
  }

  @Test
  void anExactGrantOpensOnePortAndABlockOpensAll() {
    AddressRules rules = AddressRules.compile(List.of("127.0.0.1:8080", "10.1.0.0/16"), Set.of());
    assertThat(rules.denied(bytes("127.0.0.1"), 8080)).isEmpty();
    assertThat(rules.denied(bytes("::ffff:127.0.0.1"), 8080)).isEmpty();
    assertThat(rules.denied(bytes("127.0.0.1"), 8081)).contains("egress.address[loopback]");
    assertThat(rules.denied(bytes("127.0.0.2"), 8080)).contains("egress.address[loopback]");
    assertThat(rules.denied(bytes("10.1.2.3"), 22)).isEmpty();
    assertThat(rules.denied(bytes("10.2.2.3"), 22)).contains("egress.address[private]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0/0", "127.0.0.1", "localhost:80", "127.0.0.1:0", "10.0.0.1/8", "::/0"})
  void aPrivateGrantOfAnotherShapeIsRefusedAtLoad(String entry) {
    assertThatThrownBy(() -> AddressRules.compile(List.of(entry), Set.of()))
        .isInstanceOf(ChitinException.Invalid.class)
        .hasMessageContaining("egress.allow_private[0]");
  }

  @Test
  void framingHeadersAndOddMethodsAreNotTheCallers() {
    grant(List.of("x.test"), List.of("x.test"));
    assertThat(policy.rule(request("GET", "host"))).isEqualTo("http.header");
    assertThat(policy.rule(request("GET", "transfer-encoding"))).isEqualTo("http.header");
    assertThat(policy.rule(request("GET", "a\r\nb"))).isEqualTo("http.header");
    assertThat(policy.rule(request("CONNECT", "accept"))).isEqualTo("http.method");
    assertThat(policy.rule(request("GET", "accept"))).isEqualTo("allow");
  }

  private ExecutionPlan request(String method, String header) {
    return policy.plan(
        "http",
        new Invocation.HttpRequest(method, "https", "x.test", 443, "/", List.of(header), null));
  }

  @Test
  void aCredentialStaysWithTheDestinationOfItsPlan() {
    grant(List.of("x.test"), List.of("x.test"));
    assertThat(credential("https", "x.test", 443, "authorization")).isEqualTo("allow");
    assertThat(credential("https", "y.test", 443, "authorization"))
        .isEqualTo("credential.destination");
    assertThat(credential("https", "x.test", 444, "authorization"))
        .isEqualTo("credential.destination");
    assertThat(credential("http", "x.test", 443, "authorization"))
        .isEqualTo("credential.destination");
    assertThat(credential("https", "x.test", 443, "host")).isEqualTo("credential.field");
    assertThat(credential("https", "x.test", 443, "proxy-authorization"))
        .isEqualTo("credential.field");
    assertThat(credential("https", "x.test", 443, "accept")).isEqualTo("credential.field");
  }

  @Test
  void aCredentialCrossesCleartextToLoopbackOnly() {
    policy.allowPrivate = List.of("127.0.0.1:8080");
    grant(List.of("y.test:80", "127.0.0.1:8080"), List.of("y.test:80", "127.0.0.1:8080"));
    assertThat(policy.rule(withCredential("http", "127.0.0.1", 8080))).isEqualTo("allow");
    assertThat(policy.rule(withCredential("http", "y.test", 80))).isEqualTo("credential.cleartext");
  }

  private ExecutionPlan withCredential(String scheme, String host, int port) {
    var ref = new CredentialRef("api", scheme, host, port, "header", "authorization", "bearer");
    return policy.plan(
        "http",
        new Invocation.HttpRequest("GET", scheme, host, port, "/", List.of(), null),
        List.of(),
        List.of(),
        List.of(ref));
  }

  private String credential(String scheme, String host, int port, String field) {
    var ref = new CredentialRef("api", scheme, host, port, "header", field, "bearer");
    return policy.rule(
        policy.plan(
            "http",
            new Invocation.HttpRequest("GET", "https", "x.test", 443, "/", List.of("accept"), null),
            List.of(),
            List.of(),
            List.of(ref)));
  }
}
