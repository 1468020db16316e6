package dev.chitin.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Callers who are known by a certificate of theirs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientCertificatesTest {
  private static final String AGENT = "spiffe://example/agent";
  private static final String LEAVER = "spiffe://example/leaver";

  private final Path directory;
  private final Authority authority;
  private final Tokens tokens;
  private final KeyPair server;
  private final X509CertificateHolder serverCertificate;
  private GatewayProcess gateway;
  private String key;

  ClientCertificatesTest() throws Exception {
    directory = Files.createTempDirectory("chitin-mtls-");
    authority = new Authority("CN=clients");
    tokens = new Tokens("first");
    server = Certificates.keys("EC", 256);
    serverCertificate =
        Certificates.certificate(server, Instant.now().minusSeconds(60), Duration.ofDays(2));
  }

  @BeforeAll
  void start() throws Exception {
    Certificates.write(directory.resolve("cert.pem"), serverCertificate, "rw-r--r--");
    Certificates.write(
        directory.resolve("key.pem"),
        new JcaPKCS8Generator(server.getPrivate(), null),
        "rw-------");
    Certificates.write(directory.resolve("ca.pem"), authority.certificate(), "rw-r--r--");
    tokens.write(directory.resolve("keys.json"));
    revoke("crl.pem", authority);
    gateway = GatewayProcess.start(home("request", "crl.pem"));
    key = gateway.key("keyholder", "agent");
  }

  private Path home(String clientAuth, String crl) throws IOException {
    return GatewayProcess.home(
        "\"gateway\": { \"tls\": { \"cert\": \"@/cert.pem\", \"key\": \"@/key.pem\", \"client_ca\": \"@/ca.pem\","
                .replace("@", directory.toString())
            + " \"client_auth\": \""
            + clientAuth
            + "\", \"client_crl\": \""
            + directory.resolve(crl)
            + "\" } }, \"auth\": { \"issuers\": ["
            + Tokens.configuration("\"jwks_file\": \"" + directory.resolve("keys.json") + "\"")
            + "], \"certificates\": [{ \"san\": \"URI:"
            + AGENT
            + "\", \"role\": \"agent\", \"tenant\": \"acme\", \"name\": \"by-certificate\" },"
            + " { \"san\": \"URI:"
            + LEAVER
            + "\", \"role\": \"agent\", \"name\": \"leaver\" }, { \"san\": \"DNS:host.example\","
            + " \"role\": \"auditor\", \"name\": \"host\" }] }");
  }

  /** Puts another list in place, in one step. */
  private void revoke(String name, Authority by, X509Certificate... revoked) throws Exception {
    Path next = directory.resolve(name + ".next");
    Certificates.write(next, by.revocations(revoked), "rw-r--r--");
    Files.move(next, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  @AfterAll
  void stop() throws IOException {
    gateway.close();
    GatewayProcess.remove(directory);
  }

  /** A client with the certificate, or with none. */
  private HttpClient client(Authority.@Nullable Client of) throws Exception {
    return with(context(of));
  }

  private static HttpClient with(SSLContext context) {
    return HttpClient.newBuilder().sslContext(context).version(HttpClient.Version.HTTP_1_1).build();
  }

  private SSLContext context(Authority.@Nullable Client of) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry(
        "server", new JcaX509CertificateConverter().getCertificate(serverCertificate));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    KeyManager[] keys = null;
    if (of != null) {
      KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
      own.load(null, null);
      char[] none = {};
      own.setKeyEntry("own", of.keys().getPrivate(), none, new Certificate[] {of.certificate()});
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(own, none);
      keys = factory.getKeyManagers();
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, trust.getTrustManagers(), null);
    return context;
  }

  private static HttpRequest.Builder request(GatewayProcess to, String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + to.url().getPort() + path))
        .timeout(Duration.ofMinutes(2));
  }

  private static Agent.Answer send(HttpClient http, HttpRequest request)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    return new Agent.Answer(answer.statusCode(), "", Set.of(), answer.body());
  }

  private Agent.Answer tools(HttpClient http, @Nullable String credential)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(gateway, "/v1/tools");
    if (credential != null) {
      request.header("authorization", "Bearer " + credential);
    }
    return send(http, request.build());
  }

  private static void isRefused(Agent.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.member("code")).isEqualTo(code);
  }

  private static HttpRequest run(GatewayProcess to, String... argv) {
    return request(to, "/v1/tools/process_run/calls")
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(Agent.body(Agent.argv(argv))))
        .build();
  }

  @Test
  void aNameOfTheCertificateIsThePrincipal() throws Exception {
    try (HttpClient http = client(authority.client("CN=anything", "URI:" + AGENT))) {
      Agent.Answer ran = send(http, run(gateway, "true"));
      assertThat(ran.status()).as(ran.text()).isEqualTo(200);
    }
    assertThat(gateway.run("audit", "tail", "-n", "1000").out().lines())
        .anyMatch(
            line ->
                line.contains("\"principal\":\"by-certificate\"")
                    && line.contains("\"tenant\":\"acme\""));
  }

  @Test
  void aResumedConnectionHasTheSamePrincipal() throws Exception {
    Authority.Client of = authority.client("CN=again", "URI:" + AGENT);
    // One context remembers TLS sessions; each client makes a connection of its own.
    SSLContext remembering = context(of);
    for (int i = 0; i < 5; i++) {
      try (HttpClient http = with(remembering)) {
        assertThat(send(http, request(gateway, "/v1/tools").build()).status()).isEqualTo(200);
      }
    }
  }

  @Test
  void theSubjectsFreeTextNamesNobody() throws Exception {
    try (HttpClient http = client(authority.client("CN=" + AGENT + ", O=by-certificate"))) {
      isRefused(tools(http, null), 401, "auth.invalid");
      assertThat(tools(http, key).status())
          .as("it is a transport's, the key counts")
          .isEqualTo(200);
    }
    try (HttpClient http = client(authority.client("CN=x", "DNS:" + AGENT.substring(9)))) {
      isRefused(tools(http, null), 401, "auth.invalid");
    }
  }

  @Test
  void aCertificateForTwoPrincipalsIsForNone() throws Exception {
    try (HttpClient http = client(authority.client("CN=x", "URI:" + AGENT, "DNS:host.example"))) {
      isRefused(tools(http, null), 401, "auth.invalid");
    }
  }

  @Test
  void aCertificateAndAKeyAreTwoCredentials() throws Exception {
    try (HttpClient http = client(authority.client("CN=x", "URI:" + AGENT))) {
      isRefused(tools(http, key), 400, "auth.ambiguous");
      isRefused(tools(http, tokens.token(Tokens.claims("a", "u"))), 400, "auth.ambiguous");
    }
  }

  @Test
  void whatAnotherAuthoritySignedDoesNotConnect() throws Exception {
    var other = new Authority("CN=clients");
    try (HttpClient http = client(other.client("CN=x", "URI:" + AGENT))) {
      assertThatThrownBy(() -> tools(http, key)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void howOldTheListOfRevokedCertificatesIsIsAMetric() throws Exception {
    assertThat(gateway.administration("/metrics"))
        .containsPattern("(?m)^chitin_client_crl_age_seconds [0-9]");
  }

  /** No request tells of it, so the log, the metrics and the record have to. */
  @Test
  void aCertificateThatTheHandshakeRefusesIsCountedRecordedAndExplained() throws Exception {
    String counter = "chitin_auth_failures_total{kind=\"certificate\"}";
    double before = gateway.metric(counter);
    var stranger = new Authority("CN=clients");
    try (HttpClient http = client(stranger.client("CN=x", "URI:" + AGENT))) {
      assertThatThrownBy(() -> tools(http, key)).isInstanceOf(IOException.class);
    }
    Await.until("the failure's count", () -> gateway.metric(counter) > before);
    Await.until(
        "why, in the log",
        () -> gateway.errors().contains("refused in the handshake; gateway.tls.client_ca"));
    GatewayProcess.Result found = gateway.run("audit", "events", "--kind", "AuthFailure", "--json");
    assertThat(found.out()).contains("\"certificate\"");
  }

  @Test
  void aBoundTokenIsGoodOverItsOwnCertificateOnly() throws Exception {
    Authority.Client bound = authority.client("CN=bound");
    String thumbprint =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                MessageDigest.getInstance("SHA-256").digest(bound.certificate().getEncoded()));
    String token =
        tokens.token(
            Tokens.claims("bound", "b1")
                .put("cnf", JsonValue.object().put("x5t#S256", thumbprint).build()));
    try (HttpClient own = client(bound);
        HttpClient other = client(authority.client("CN=other"));
        HttpClient none = client(null)) {
      assertThat(tools(own, token).status()).isEqualTo(200);
      isRefused(tools(other, token), 401, "auth.invalid");
      isRefused(tools(none, token), 401, "auth.invalid");
      assertThat(tools(own, token).status()).isEqualTo(200);
    }
  }

  @Test
  void aRevokedCertificateEndsWithItsCallsAndAnUnreadableListEndsAll() throws Exception {
    Path home = home("request", "other-crl.pem");
    revoke("other-crl.pem", authority);
    Authority.Client leaving = authority.client("CN=x", "URI:" + LEAVER);
    Authority.Client staying = authority.client("CN=x", "URI:" + AGENT);
    try (GatewayProcess other = GatewayProcess.start(home);
        HttpClient a = client(leaving);
        HttpClient b = client(staying)) {
      CompletableFuture<Agent.Answer> call =
          CompletableFuture.supplyAsync(
              () -> KeyLifeTest.unchecked(() -> send(a, run(other, "sleep", "120"))));
      Await.until("the call", () -> other.metric("chitin_calls_running") >= 1);
      revoke("other-crl.pem", authority, leaving.certificate());
      isRefused(call.get(60, TimeUnit.SECONDS), 401, "auth.invalid");
      HttpRequest list = request(other, "/v1/tools").build();
      isRefused(send(a, list), 401, "auth.invalid");
      assertThat(send(b, list).status()).isEqualTo(200);
      revoke("other-crl.pem", new Authority("CN=clients"));
      Await.until("another signer's list to be refused", () -> send(b, list).status() == 503);
      isRefused(send(b, list), 503, "auth.unavailable");
      revoke("other-crl.pem", authority);
      Await.until("the list to be taken again", () -> send(b, list).status() == 200);
      Files.delete(directory.resolve("other-crl.pem"));
      Await.until("the missing list to be refused", () -> send(b, list).status() == 503);
    }
  }

  @Test
  void whereOneIsRequiredNobodyConnectsWithout() throws Exception {
    try (GatewayProcess strict = GatewayProcess.start(home("required", "crl.pem"));
        HttpClient none = client(null);
        HttpClient known = client(authority.client("CN=x", "URI:" + AGENT))) {
      HttpRequest live = request(strict, "/health/live").build();
      assertThatThrownBy(() -> send(none, live)).isInstanceOf(IOException.class);
      assertThat(send(known, live).status()).isEqualTo(200);
    }
  }

  @Test
  void aPartOfTheConfigurationIsRefusedWithItsPlace() throws Exception {
    Path home = GatewayProcess.home("\"gateway\": { \"tls\": { \"client_ca\": \"/x\" } }");
    GatewayProcess.Result refused = GatewayProcess.run(home, new byte[0], "serve", "--port", "0");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err()).contains("client_auth");
    GatewayProcess.removeHome(home);
  }
}
