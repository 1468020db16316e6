package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.config.Configuration;
import dev.chitin.policy.PathRules;
import java.nio.file.Files;
import java.nio.file.Path;
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
                               jwks_file: "DIR/jwks.json", roles: { map: { a: "agent" } } } ] },
          audit: { alerts: { webhooks: [ { url: "https://x.example/", secret: "DIR/hook.key" } ] } } }
        """
            .replace("DIR", workspace.toString()));
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
