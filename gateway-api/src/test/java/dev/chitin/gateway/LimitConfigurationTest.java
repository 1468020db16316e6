package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.Configuration;
import dev.chitin.policy.Limits;
import dev.chitin.policy.Limits.Member;
import dev.chitin.sandbox.ToolDefinition;
import dev.chitin.sandbox.bwrap.WarmBounds;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code chitin.json5} says about limits. */
class LimitConfigurationTest {
  private static final String TOOL =
      "\"tools\": [{ \"name\": \"own\", \"description\": \"d\","
          + " \"run\": { \"process\": { \"argv\": [\"/usr/bin/true\"] } },"
          + " \"limits\": { \"processes\": 9 } }]";

  private final Map<String, String> environment;

  LimitConfigurationTest(@TempDir Path home) {
    environment = Map.of("CHITIN_HOME", home.toString());
  }

  private GatewaySettings read(String text) throws ConfigException {
    return SettingsReader.read(
        Configuration.parse("chitin.json5", text, environment),
        ChitinHome.of(environment),
        environment);
  }

  private Limits limits(String tool, String text) throws ConfigException {
    return read(text).tools().stream()
        .filter(definition -> definition.name().equals(tool))
        .map(ToolDefinition::limits)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aShippedToolHasTheDefaultsOfTheSandbox() throws ConfigException {
    assertThat(limits("process_run", "{}")).isEqualTo(Limits.DEFAULT);
    assertThat(limits("process_run", "{ sandbox: { limits: { disk_files: 5 } } }"))
        .isEqualTo(Limits.DEFAULT.with(Member.DISK_FILES, 5));
  }

  @Test
  void noMoreSandboxesStandReadyThanTheOperatorSays() throws ConfigException {
    assertThat(read("{ sandbox: { warm: { total: 0 } } }").warm())
        .isEqualTo(new WarmBounds(0, 0, WarmBounds.DEFAULT.idleMillis()));
    assertThat(read("{ sandbox: { warm: { total: 2 } } }").warm())
        .isEqualTo(new WarmBounds(2, 2, WarmBounds.DEFAULT.idleMillis()));
    assertThat(read("{ sandbox: { warm: { per_profile: 20 } } }").warm())
        .isEqualTo(new WarmBounds(20, 20, WarmBounds.DEFAULT.idleMillis()));
    assertThat(read("{ sandbox: { warm: { per_profile: 1 } } }").warm())
        .isEqualTo(new WarmBounds(1, 16, WarmBounds.DEFAULT.idleMillis()));
  }

  @Test
  void anyToolCanBeTunedByItsName() throws ConfigException {
    String text =
        "{ "
            + TOOL
            + ", sandbox: { limits: { processes: 3 }, tool_limits: { process_run: { wall_ms: 5000 },"
            + " own: { cpu_percent: 50 } } } }";
    assertThat(limits("process_run", text).wallMillis()).isEqualTo(5_000);
    assertThat(limits("process_run", text).processes()).isEqualTo(3);
    assertThat(limits("own", text).processes()).isEqualTo(9);
    assertThat(limits("own", text).cpuPercent()).isEqualTo(50);
    assertThat(limits("fs_read", text).wallMillis()).isEqualTo(30_000);
  }

  @Test
  void theCeilingLowersDefaultsAndRefusesWhatIsSet() throws ConfigException {
    String ceiling = "sandbox: { ceiling: { processes: 8 } }";
    assertThat(limits("process_run", "{ " + ceiling + " }").processes()).isEqualTo(8);
    assertThatThrownBy(() -> read("{ " + TOOL + ", " + ceiling + " }"))
        .isInstanceOf(ChitinException.class)
        .hasMessageContaining("config.invalid")
        .hasMessageContaining("Tool own")
        .hasMessageContaining("processes to 9")
        .hasMessageContaining("which is 8");
  }

  @Test
  void aToolThatDoesNotExistCannotBeTuned() {
    assertThatThrownBy(() -> read("{ sandbox: { tool_limits: { proces_run: {} } } }"))
        .hasMessageContaining("config.invalid")
        .hasMessageContaining("The nearest tool is process_run.");
  }

  @Test
  void valuesOutsideOfTheirBoundsAndUnknownMembersAreRefusedWithTheirPlace() {
    assertThatThrownBy(() -> read("{ sandbox: { limits: { cpu_percent: 0 } } }"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("sandbox.limits.cpu_percent");
    assertThatThrownBy(() -> read("{ sandbox: { ceiling: { disk_byte: 1 } } }"))
        .hasMessageContaining("sandbox.ceiling.disk_bytes");
    assertThatThrownBy(() -> read("{ sandbox: { waive: [\"everything\"] } }"))
        .hasMessageContaining("aggregate_memory, aggregate_processes, cpu_rate");
  }

  @Test
  void aVariableOfTheEnvironmentSetsOneLimit() throws ConfigException {
    var with = new HashMap<>(environment);
    with.put("CHITIN_SANDBOX__LIMITS__CPU_PERCENT", "25");
    GatewaySettings settings =
        SettingsReader.read(
            Configuration.parse("chitin.json5", "{}", with), ChitinHome.of(with), with);
    assertThat(settings.tools())
        .allSatisfy(tool -> assertThat(tool.limits().cpuPercent()).isEqualTo(25));
  }

  @Test
  void theSchemaKnowsEveryMemberInEveryPlace() {
    String schema = CanonicalJson.inOrder(Configuration.schema());
    for (Member member : Member.values()) {
      // sandbox.limits, sandbox.tool_limits.*, sandbox.ceiling and tools[].limits.
      assertThat(schema.split("\"" + member.key() + "\":", -1)).as(member.key()).hasSize(5);
    }
    assertThat(schema).contains("\"aggregate_cpu_time\"");
  }
}
