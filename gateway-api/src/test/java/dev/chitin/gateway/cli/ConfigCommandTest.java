package dev.chitin.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code chitin config validate} says where each fault is, whoever found it. */
class ConfigCommandTest {
  @TempDir private Path home = Path.of("");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String document, String... arguments) throws Exception {
    Path chitin = Files.createDirectories(home.resolve("chitin"));
    Files.writeString(chitin.resolve("chitin.json5"), document);
    return Main.run(
        new Session(
            Map.of("CHITIN_HOME", chitin.toString(), "HOME", home.toString()),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new Access()),
        arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`gateway: { hosts: ['gw.x',\n'*'] }` | 2:1 | gateway.hosts[1]",
        "gateway: { tls: { cert: '/c' } } | 1:18 | gateway.tls",
        "gateway: { tls: { client_ca: '/c' } } | 1:18 | gateway.tls",
        "`gateway: { session: {\nidle_ms: 60000, absolute_ms: 1000 } }` | 2:10 |"
            + " gateway.session.idle_ms",
        "`auth: { issuers: [\n{ issuer: 'https://id', audience: 'a', algorithms: [],"
            + " roles: { map: { a: 'agent' } } } ] }` | 2:52 | auth.issuers[0].algorithms",
        "egress: { allow_private: ['10.0.0.0/4'] } | 1:28 | egress.allow_private[0]",
        "audit: { origin: 'two words' } | 1:19 | audit.origin",
        "sandbox: { search_path: ['/usr/bin', 'bin'] } | 1:39 | sandbox.search_path[1]",
        "sandbox: { warm: { per_profile: 3, total: 2 } } | 1:34 | sandbox.warm.per_profile",
        "audit: { alerts: { webhooks: [{ url: 'https://x.example/', secret: 'A b' }] } } | 1:69 |"
            + " audit.alerts.webhooks[0].secret",
      })
  void aFaultOfAReaderHasItsPlaceAndItsKey(String members, String place, String key)
      throws Exception {
    String document = "{" + members + "}";
    assertThat(run(document, "config", "validate", "--json")).isEqualTo(2);
    JsonValue.Obj answer = (JsonValue.Obj) StrictJson.parse(out.toByteArray());
    assertThat(answer.get("valid")).isEqualTo(new JsonValue.Bool(false));
    var faults = (JsonValue.Arr) Objects.requireNonNull(answer.get("faults"));
    var fault = (JsonValue.Obj) faults.items().getFirst();
    assertThat(Texts.of(fault, "place")).isEqualTo("chitin.json5:" + place);
    assertThat(Texts.of(fault, "key")).isEqualTo(key);
    assertThat(Texts.of(fault, "detail")).isNotBlank().doesNotStartWith(key);
    err.reset();
    assertThat(run(document, "serve")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("chitin.json5:" + place + ": ", "rule: " + key, "hint: ")
        .doesNotContain("\tat ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gateway: { host: '0.0.0.0' } | 1:19 | gateway.host",
        "workspace: { path: 'relative' } | 1:21 | workspace.path",
        "workspace: { allowed_paths: ['/srv/a', 'b'] } | 1:41 | workspace.allowed_paths[1]",
        "workspace: { denied_paths: ['*/b'] } | 1:30 | workspace.denied_paths[0]",
        "policy: { grants: { fs_read: { FileRead: { paths: ['x'] } } } } | 1:53 |"
            + " policy.grants.fs_read.FileRead.paths[0]",
        "policy: { grants: { http_fetch: { NetworkAccess: { hosts: ['a b'] } } } } | 1:61 |"
            + " policy.grants.http_fetch.NetworkAccess.hosts[0]",
      })
  void whatAStartRefusesByTheConfigurationAloneIsAFault(String members, String place, String key)
      throws Exception {
    assertThat(run("{" + members + "}", "config", "validate", "--json")).isEqualTo(2);
    JsonValue.Obj answer = (JsonValue.Obj) StrictJson.parse(out.toByteArray());
    var faults = (JsonValue.Arr) Objects.requireNonNull(answer.get("faults"));
    var fault = (JsonValue.Obj) faults.items().getFirst();
    assertThat(Texts.of(fault, "place")).isEqualTo("chitin.json5:" + place);
    assertThat(Texts.of(fault, "key")).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "vault: { key_file: '~/chitin/vault.key' } | 1:21 | vault.key_file | lies in Chitin's home",
        "vault: { key_file: '~/chitin/new/k' } | 1:21 | vault.key_file | lies in Chitin's home",
        "vault: { recipient_key: '~/chitin/node.key' } | 1:26 | vault.recipient_key | lies in"
            + " Chitin's home",
        "vault: { key_file: '~/open.key' } | 1:21 | vault.key_file | open to others",
        "gateway: { tls: { cert: '~/open.key', key: '~/open.key' } } | 1:45 | gateway.tls.key |"
            + " may be read or written by others",
        "`auth: { issuers: [{ issuer: 'https://id', audience: 'a', algorithms: ['ES256'],\n"
            + "jwks_file: '~/open.key', roles: { map: { a: 'agent' } } }] }` | 2:12 |"
            + " auth.issuers[0].jwks_file | is not JSON",
        "`auth: { issuers: [{ issuer: 'https://id', audience: 'a', algorithms: ['ES256'],\n"
            + "jwks_file: '~/empty.json', roles: { map: { a: 'agent' } } }] }` | 2:12 |"
            + " auth.issuers[0].jwks_file | holds no key",
        "audit: { alerts: { webhooks: [{ url: 'https://x.example/', secret: '~/open.key' }] } } |"
            + " 1:69 | audit.alerts.webhooks[0].secret | open to others",
        "sandbox: { bwrap: '~/open.key' } | 1:20 | sandbox.bwrap | is no program",
        "cluster: {} | 1:2 | cluster | is not built yet",
        "policy: { cedar: ['a'] } | 1:12 | policy.cedar | is not built yet",
      })
  void whatAStartRefusesOfTheFilesThatAreNamedIsAFault(
      String members, String place, String key, String said) throws Exception {
    Path open = Files.writeString(home.resolve("open.key"), "nothing of the kind");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    Files.writeString(home.resolve("empty.json"), "{\"keys\":[]}");
    String document = "{" + members + "}";
    assertThat(run(document, "config", "validate", "--json")).isEqualTo(2);
    expect("faults", place, key, said);
    assertThat(run(document, "serve")).as("and serve").isIn(2, 5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gateway: { tls: { cert: '~/no.pem', key: '~/no.key' } } | 1:26 | gateway.tls.cert |"
            + " cannot be read",
        "`auth: { issuers: [{ issuer: 'https://id', audience: 'a', algorithms: ['ES256'],\n"
            + "jwks_file: '~/no.json', roles: { map: { a: 'agent' } } }] }` | 2:12 |"
            + " auth.issuers[0].jwks_file | does not exist",
        "`auth: { issuers: [{ issuer: 'https://id', audience: 'a', algorithms: ['ES256'],\n"
            + "jwks_url: 'https://127.0.0.1:9/', jwks_ca: '~/no.pem', roles: { map: { a: 'agent' }"
            + " } }] }` | 2:44 | auth.issuers[0].jwks_ca | cannot be read",
        "audit: { alerts: { webhooks: [{ url: 'https://x.example/', secret: '/no/key' }] } } |"
            + " 1:69 | audit.alerts.webhooks[0].secret | The file: /no/key",
        "sandbox: { bwrap: '~/no-bwrap' } | 1:20 | sandbox.bwrap | is no program",
        "gateway: { host: 'no-such-name.invalid', tls: { terminated_upstream: true } } | 1:19 |"
            + " gateway.host | no address is known",
      })
  void whatIsNotOnThisMachineIsToldThoughItMayBeOnAnother(
      String members, String place, String key, String said) throws Exception {
    String document = "{" + members + "}";
    assertThat(run(document, "config", "validate", "--json")).isZero();
    expect("absent", place, key, said);
    out.reset();
    assertThat(run(document, "config", "validate")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("serve would refuse here: chitin.json5:" + place + ": " + key);
    assertThat(run(document, "serve")).as("and serve").isIn(2, 5);
  }

  private void expect(String list, String place, String key, String said) throws Exception {
    JsonValue.Obj answer = (JsonValue.Obj) StrictJson.parse(out.toByteArray());
    var faults = (JsonValue.Arr) Objects.requireNonNull(answer.get(list));
    assertThat(faults.items()).hasSize(1);
    var fault = (JsonValue.Obj) faults.items().getFirst();
    assertThat(Texts.of(fault, "place")).isEqualTo("chitin.json5:" + place);
    assertThat(Texts.of(fault, "key")).isEqualTo(key);
    assertThat(Texts.of(fault, "detail")).contains(said);
  }

  @Test
  void aToolThatIsNotRightIsAFaultToo() throws Exception {
    String tool =
        "{ tools: [{ name: 'a b', description: 'x', run: { process: { argv: ['x'] } } }] }";
    assertThat(run(tool, "config", "validate", "--json")).isEqualTo(2);
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("{\"valid\":false,\"faults\":[{");
  }

  @Test
  void aSoundOneIsValid() throws Exception {
    assertThat(run("{ gateway: { hosts: ['gw.x'] } }", "config", "validate")).isZero();
  }
}
