package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.Configuration;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code policy.grants} may name. */
class GrantConfigurationTest {
  private static final String OWN =
      "tools: [{ name: \"own\", description: \"d\", run: { process: { argv: [\"true\"] } } }]";

  private final Map<String, String> environment;

  GrantConfigurationTest(@TempDir Path home) {
    environment = Map.of("CHITIN_HOME", home.toString());
  }

  private GatewaySettings grants(String members) throws ConfigException {
    return SettingsReader.read(
        Configuration.parse(
            "chitin.json5",
            "{ " + OWN + ", policy: { grants: { " + members + " } } }",
            environment),
        ChitinHome.of(environment),
        environment);
  }

  @Test
  void aGrantThatNamesNoToolIsRefusedWithTheNearest() {
    assertThatThrownBy(() -> grants("proces_run: { ProcessExec: { commands: [\"true\"] } }"))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining("policy.grants names proces_run")
        .hasMessageContaining("The nearest tool is process_run.");
    assertThatThrownBy(() -> grants("nope: {}")).hasMessageContaining("no such tool");
  }

  @Test
  void shippedToolsOwnOnesAndModelProvidersCanBeGranted() throws ConfigException {
    String all = "fs_read: {}, own: {}, \"llm.anthropic\": {}, \"llm.openai\": {}";
    assertThat(grants(all).policy().grants().keySet())
        .containsAll(List.of("fs_read", "own", "llm.anthropic", "llm.openai"));
  }
}
