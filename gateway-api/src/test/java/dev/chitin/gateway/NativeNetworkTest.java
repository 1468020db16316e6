package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.config.Configuration;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A native tool that is shown with a network it does not have would be a control in reverse. */
class NativeNetworkTest {
  private final Map<String, String> environment;

  NativeNetworkTest(@TempDir Path home) {
    environment = Map.of("CHITIN_HOME", home.toString());
  }

  private GatewaySettings read(String text) throws Exception {
    return SettingsReader.read(
        Configuration.parse("chitin.json5", text, environment),
        ChitinHome.of(environment),
        environment);
  }

  private void assertRefused(String text, String tool) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOfSatisfying(
            ChitinException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(ProblemCode.CONFIG_NOT_BUILT);
              assertThat(refusal.problem().detail()).contains(tool);
              assertThat(refusal.problem().hint()).contains("run.http");
            });
  }

  @Test
  void aNativeToolWithNetworkAccessIsRefused() {
    assertRefused(
        "{ tools: [{ name: 'fetcher', description: 'd', capabilities: { NetworkAccess: { hosts:"
            + " ['example.com'] } }, run: { process: { argv: ['/usr/bin/true'] } } }] }",
        "fetcher");
  }

  @Test
  void soIsAGrantOfItToTheShippedOne() {
    assertRefused(
        "{ policy: { grants: { process_run: { NetworkAccess: { hosts: ['example.com'] } } } } }",
        "process_run");
  }

  @Test
  void toolsThatMakeRequestsHaveIt() throws Exception {
    GatewaySettings settings =
        read(
            "{ policy: { grants: { http_fetch: { NetworkAccess: { hosts: ['example.com'] } } } } }");
    assertThat(settings.tools()).anyMatch(tool -> tool.name().equals("http_fetch"));
  }
}
