package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.auth.mtls.TestAuthority;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.policy.PathRules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gateway is known and led by is out of every tool's reach, also in a workspace. */
class OwnFilesTest {
  private PathRules rules;
  private Path workspace;

  @BeforeEach
  void compile(@TempDir Path base) throws Exception {
    workspace = Files.createDirectory(base.resolve("project")).toRealPath();
    Path file = workspace.resolve("gateway.json5");
    Files.writeString(
        file,
        """
        { workspace: { path: "DIR" },
          gateway: { tls: { cert: "DIR/cert.pem", key: "DIR/key.pem", client_ca: "DIR/ca.pem",
                            client_auth: "request", client_crl: "DIR/crl.pem" } },
          auth: { issuers: [ { issuer: "https://id", audience: "a", algorithms: ["ES256"],
                               jwks_file: "DIR/jwks.json", roles: { map: { a: "agent" } } },
                             { issuer: "https://other", audience: "a", algorithms: ["ES256"],
                               jwks_url: "https://other/keys", jwks_ca: "DIR/jwks-ca.pem",
                               roles: { map: { a: "agent" } } } ] },
          providers: { openai: { credential: "one", ca: "DIR/provider-ca.pem" } },
          audit: { alerts: { webhooks: [ { url: "https://x.example/", secret: "DIR/hook.key" } ] } } }
        """
            .replace("DIR", workspace.toString()));
    var authority = new TestAuthority("CN=providers", Instant.now());
    Files.writeString(
        workspace.resolve("provider-ca.pem"),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(authority.certificate().getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    Map<String, String> environment =
        Map.of("CHITIN_HOME", base.resolve("home").toString(), "HOME", base.toString());
    GatewaySettings settings =
        SettingsReader.read(
            Configuration.load(file, environment), ChitinHome.of(environment), environment);
    rules = PathRules.compile(settings.policy());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gateway.json5",
        "cert.pem",
        "key.pem",
        "ca.pem",
        "crl.pem",
        "jwks.json",
        "jwks-ca.pem",
        "provider-ca.pem",
        "hook.key"
      })
  void noToolReadsOrWritesThem(String name) {
    String path = workspace.resolve(name).toString();
    assertThat(rules.denied(path, path, PathRules.Access.READ)).isPresent();
    assertThat(rules.denied(path, path, PathRules.Access.WRITE)).isPresent();
  }

  @Test
  void whatLiesBesideThemIsFree() {
    String path = workspace.resolve("notes.txt").toString();
    assertThat(rules.denied(path, path, PathRules.Access.WRITE)).isEmpty();
  }
}
