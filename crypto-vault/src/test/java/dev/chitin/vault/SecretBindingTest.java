package dev.chitin.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.vault.store.Manifest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a secret may go, and that nothing takes it elsewhere. */
class SecretBindingTest {
  private static final SecretBinding BOUND =
      new SecretBinding(
          "https",
          "api.example",
          443,
          "/v1/",
          List.of("POST", "GET"),
          "header",
          "authorization",
          "bearer");

  private static final LeaseBinding PLACE =
      new LeaseBinding(
          "https", "api.example", 443, "GET", "/v1/x", "header", "authorization", "bearer");

  private static final byte[] VALUE = "fake-token-0001".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path temporary;

  private static SecretBinding with(String part, String value) {
    return new SecretBinding(
        part.equals("scheme") ? value : "https",
        part.equals("host") ? value : "api.example",
        part.equals("port") ? Integer.parseInt(value) : 443,
        part.equals("path_prefix") ? value : "/",
        part.equals("methods") ? List.of(value) : List.of(),
        part.equals("surface") ? value : "header",
        part.equals("header") ? value : "authorization",
        part.equals("format") ? value : "raw");
  }

  private static void refused(Runnable work, ProblemCode code, String rule) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(
            ChitinException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.problem().rule()).isEqualTo(rule);
              assertThat(e.problem().hint()).isNotBlank();
            });
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          scheme,       http
          scheme,       ftp
          host,         API.example
          host,         api.example.
          host,         api..example
          host,         user@api.example
          host,         api.example/x
          host,         '*.example'
          host,         ''
          port,         0
          port,         65536
          path_prefix,  v1
          path_prefix,  ''
          path_prefix,  /v1/../x
          path_prefix,  /v1/./x
          path_prefix,  /v1//x
          path_prefix,  /v1/%2e
          path_prefix,  /v1?x
          path_prefix,  /v1#x
          methods,      get
          methods,      'GET POST'
          methods,      ''
          surface,      query
          surface,      nowhere
          header,       Authorization
          header,       host
          header,       transfer-encoding
          header,       x-forwarded-for
          header,       proxy-authorization
          header,       'x-a: 1'
          header,       ''
          format,       basic
          format,       prefix:token
          format,       Bearer
          """)
  void whatIsNoPlaceIsRefusedByTheNameOfItsPart(String part, String value) {
    refused(() -> with(part, value), ProblemCode.VAULT_SECRET_INVALID, "binding." + part);
  }

  @Test
  void aHeaderThatBreaksTheLineIsRefused() {
    for (String name : List.of("x\r\nx-admin", "x\n", "x\0")) {
      refused(() -> with("header", name), ProblemCode.VAULT_SECRET_INVALID, "binding.header");
    }
  }

  @Test
  void whatIsKnownAndNotBuiltIsSaidByName() {
    assertThatThrownBy(() -> with("surface", "query")).hasMessageContaining("query is not built");
    assertThatThrownBy(() -> with("format", "basic")).hasMessageContaining("basic is not built");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "[::1]", "127.8.8.8"})
  void clearTextGoesToLoopbackOnly(String host) {
    var bound =
        new SecretBinding("http", host, 8080, "/", List.of(), "header", "authorization", "raw");
    assertThat(bound.scheme()).isEqualTo("http");
    refused(
        () ->
            new SecretBinding(
                "http", "127.0.0.1.example", 80, "/", List.of(), "header", "x-a", "raw"),
        ProblemCode.VAULT_SECRET_INVALID,
        "binding.scheme");
  }

  @Test
  void itsCanonicalJsonSaysAllOfItInOneWayOnly() throws Exception {
    assertThat(BOUND.canonical())
        .isEqualTo(
            "{\"format\":\"bearer\",\"host\":\"api.example\",\"methods\":[\"GET\",\"POST\"],"
                + "\"name\":\"authorization\",\"path_prefix\":\"/v1/\",\"port\":443,"
                + "\"scheme\":\"https\",\"surface\":\"header\"}");
    assertThat(SecretBinding.parse(BOUND.canonical())).isEqualTo(BOUND);
    for (String other :
        List.of(
            BOUND.canonical().replace(":443", ": 443"),
            BOUND.canonical().replace("[\"GET\",\"POST\"]", "[\"POST\",\"GET\"]"),
            BOUND.canonical().replace("[\"GET\",\"POST\"]", "[\"GET\",\"GET\",\"POST\"]"),
            BOUND.canonical().replace("\"port\":443,", ""),
            BOUND.canonical().replace("}", ",\"z\":1}"))) {
      assertThatThrownBy(() -> SecretBinding.parse(other)).isInstanceOf(ChitinException.class);
      assertThatThrownBy(() -> SecretBinding.stored(other)).hasMessageContaining("vault.corrupt");
    }
    assertThat(SecretBinding.stored("")).isEmpty();
  }

  @Test
  void everyMemberIsInItsJson() throws Exception {
    var members =
        new TreeMap<>(
            ((JsonValue.Obj) StrictJson.parse(BOUND.canonical().getBytes(StandardCharsets.UTF_8)))
                .members());
    assertThat(members).hasSameSizeAs(SecretBinding.class.getRecordComponents());
    assertThat(CanonicalJson.string(BOUND.json())).isEqualTo(BOUND.canonical());
  }

  @Test
  void eachPartOfAnotherPlaceIsRefused() {
    BOUND.check(PLACE);
    assertThat(differs("http", "api.example", 443, "GET", "/v1/x")).contains("scheme");
    assertThat(differs("https", "api.example.evil", 443, "GET", "/v1/x")).contains("host");
    assertThat(differs("https", "api.example", 8443, "GET", "/v1/x")).contains("port");
    assertThat(differs("https", "api.example", 443, "PUT", "/v1/x")).contains("method");
    assertThat(differs("https", "api.example", 443, "", "/v1/x")).contains("method");
    for (String path :
        List.of(
            "/",
            "",
            "/v1",
            "/v2/x",
            "/v1x/",
            "/V1/x",
            "/v1/../x",
            "/v1/..",
            "/v1/%2e%2e/x",
            "/v1/%2E./x",
            "/v1/..%2fx",
            "/v1/%252e%252e/x",
            "/v1/..;a=b/x",
            "/v1//x",
            "/v1/%5c..%5cx")) {
      assertThat(differs("https", "api.example", 443, "GET", path)).as(path).contains("path");
    }
    assertThat(differs("https", "api.example", 443, "POST", "/v1/a%20b")).isEmpty();
    for (LeaseBinding other :
        List.of(
            new LeaseBinding(
                "https", "api.example", 443, "GET", "/v1/x", "query", "authorization", "bearer"),
            new LeaseBinding(
                "https", "api.example", 443, "GET", "/v1/x", "header", "x-other", "bearer"))) {
      assertThat(BOUND.differs(other)).contains("header");
    }
    var raw =
        new LeaseBinding(
            "https", "api.example", 443, "GET", "/v1/x", "header", "authorization", "raw");
    assertThat(BOUND.differs(raw)).contains("format");
    refused(() -> BOUND.check(raw), ProblemCode.VAULT_LEASE_REFUSED, "lease.binding");
  }

  private static Optional<String> differs(
      String scheme, String host, int port, String method, String path) {
    return BOUND.differs(
        new LeaseBinding(scheme, host, port, method, path, "header", "authorization", "bearer"));
  }

  @Test
  void aPrefixWithoutASlashCountsWholeSegments() {
    SecretBinding bound = with("path_prefix", "/v1");
    for (String path : List.of("/v1", "/v1/", "/v1/x")) {
      assertThat(bound.differs(raw(path))).as(path).isEmpty();
    }
    for (String path : List.of("/v1x", "/v1;x", "/v")) {
      assertThat(bound.differs(raw(path))).as(path).contains("path");
    }
    assertThat(with("path_prefix", "/").differs(raw("/a/../b"))).isEmpty();
  }

  private static LeaseBinding raw(String path) {
    return new LeaseBinding(
        "https", "api.example", 443, "GET", path, "header", "authorization", "raw");
  }

  private static PutOptions options(SecretBinding binding, boolean rotate) {
    return new PutOptions(Duration.ZERO, 0, Optional.of(binding), rotate);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fake\r\nx-admin: 1",
        "fake\n",
        "\rfake",
        "fake\0x",
        "fake\u007f",
        "fake\tx",
        "fake-sécret",
        " fake",
        "fake ",
        "fake token"
      })
  void aValueThatCannotStandThereIsNotStored(String value) throws IOException {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    try (VaultStore store = new VaultFixture(temporary).created().open()) {
      refused(
          () -> VaultFixture.put(store, "t", "a", bytes, options(BOUND, false)),
          ProblemCode.VAULT_SECRET_INVALID,
          "secret.grammar");
      assertThat(store.list("t").secrets()).isEmpty();
      VaultFixture.put(store, "t", "a", bytes);
      VaultFixture.put(store, "t", "b", VALUE, options(BOUND, false));
      refused(
          () -> VaultFixture.put(store, "t", "b", bytes, PutOptions.rotate(Duration.ZERO)),
          ProblemCode.VAULT_SECRET_INVALID,
          "secret.grammar");
      assertThat(VaultFixture.get(store, "t", "b")).isEqualTo(VALUE);
    }
  }

  @Test
  void spacesInsideMayStandInARawField() {
    MemorySegment value =
        MemorySegment.ofArray("Token fake value".getBytes(StandardCharsets.US_ASCII));
    assertThat(FieldValue.fits(value, "raw")).isTrue();
    assertThat(FieldValue.fits(value, "bearer")).isFalse();
  }

  @Test
  void aBindingIsKeptUntilAnotherIsNamed() throws IOException {
    var fixture = new VaultFixture(temporary).created();
    var name = new SecretName("a");
    SecretBinding other = with("host", "other.example");
    try (VaultStore store = fixture.open()) {
      assertThat(VaultFixture.put(store, "t", "a", VALUE).binding()).isEmpty();
      assertThat(VaultFixture.put(store, "t", "a", VALUE, options(BOUND, false)).binding())
          .contains(BOUND);
      assertThat(
              VaultFixture.put(store, "t", "a", VALUE, PutOptions.rotate(Duration.ZERO)).binding())
          .contains(BOUND);
      assertThat(VaultFixture.put(store, "t", "a", VALUE).binding()).contains(BOUND);
    }
    try (VaultStore store = fixture.open()) {
      assertThat(store.find("t", name).orElseThrow().binding()).contains(BOUND);
      assertThat(VaultFixture.put(store, "t", "a", VALUE, options(other, true)).binding())
          .contains(other);
      store.delete("t", name);
      assertThat(VaultFixture.put(store, "t", "a", VALUE).binding()).isEmpty();
    }
  }

  /** The last look, on its own: a lease that was given for the wrong place is spent for nothing. */
  @Test
  void theSpliceLooksAtTheBindingAgain() {
    var evil =
        new LeaseBinding(
            "https", "evil.example", 443, "GET", "/v1/x", "header", "authorization", "bearer");
    for (LeaseBinding place : List.of(PLACE, evil)) {
      var table = new LeaseTable(System::nanoTime, 10, ended -> {});
      Digest plan = Digest.ofUtf8("plan");
      var lease =
          new Lease(
              table.newId(),
              new SecretName("a"),
              1,
              plan,
              "p",
              place,
              System.nanoTime() + Duration.ofMinutes(1).toNanos());
      var version =
          new Manifest.Version(
              1, Manifest.State.CURRENT, 0, 0, 0, BOUND.canonical(), 1, 1, plan, new byte[0]);
      var sealed =
          new SealedSecret(
              new Manifest.Secret("t", "a", "o", 0, 1, List.of(version)), version, new byte[0]);
      table.reserve();
      table.add(
          new LeaseTable.Entry(
              lease, new AuditEvent.CallRef("c", "t", "p", null, plan, "v"), sealed));
      var use = new LeaseUse(plan, "t", "p", place);
      if (place.equals(PLACE)) {
        assertThat(table.spend(lease, use).lease()).isEqualTo(lease);
      } else {
        refused(() -> table.spend(lease, use), ProblemCode.VAULT_LEASE_REFUSED, "lease.binding");
      }
    }
  }
}
