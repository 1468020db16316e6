package dev.chitin.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chitin.audit.LogReader;
import dev.chitin.audit.alert.AlertRule;
import dev.chitin.audit.export.EntryFormat;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.JsonValue.Obj;
import dev.chitin.it.GatewayProcess.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The files in docs/operations name only metrics and fields that a running gateway has. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OperationsFilesTest {
  private static final Path FILES = GatewayProcess.ROOT.resolve("docs/operations");
  private static final Pattern METRIC = Pattern.compile("\\bchitin_[a-z0-9_]+");
  private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");
  private static final Pattern FIELD = Pattern.compile("(?m)^ {4}([a-z_.]+)(?:\\|[a-z|]+)?:");

  private final Set<String> metrics = new TreeSet<>();
  private final Set<String> fields = new TreeSet<>();
  private Path directory;

  @BeforeAll
  void observe() throws Exception {
    directory = Files.createTempDirectory("chitin-operations-");
    KeyPair keys = Certificates.keys("EC", 256);
    Certificates.write(
        directory.resolve("cert.pem"),
        Certificates.certificate(keys, Instant.now().minusSeconds(60), Duration.ofDays(2)),
        "rw-r--r--");
    Certificates.write(
        directory.resolve("key.pem"), new JcaPKCS8Generator(keys.getPrivate(), null), "rw-------");
    try (GatewayProcess secure =
        GatewayProcess.start(
            GatewayProcess.home(
                "\"gateway\": { \"tls\": { \"cert\": \"%s\", \"key\": \"%s\" } }"
                    .formatted(directory.resolve("cert.pem"), directory.resolve("key.pem"))))) {
      read(secure.administration("/metrics"));
    }
    try (GatewayProcess gateway = GatewayProcess.start(GatewayProcess.home(""));
        var agent = new Agent(gateway.url(), gateway.key("agent", "admin"));
        var stranger = new Agent(gateway.url(), "chk_nobody_0123456789")) {
      assertThat(agent.run("true").status()).isEqualTo(200);
      assertThat(agent.call("fs_read", Agent.path("/etc/passwd")).status()).isEqualTo(403);
      for (int i = 0; i < 6; i++) {
        assertThat(stranger.get("/v1/tools").status()).isEqualTo(401);
      }
      Await.until(
          "an alert",
          () -> entries(gateway).stream().anyMatch(entry -> entry.contains("\"AlertRaised\"")));
      read(gateway.administration("/metrics"));
      entries(gateway).forEach(entry -> paths("", Json.object(entry)));
    }
  }

  @AfterAll
  void remove() throws IOException {
    GatewayProcess.remove(directory);
  }

  /** Names as they are scraped, with their suffixes. */
  private void read(String scrape) {
    scrape
        .lines()
        .filter(line -> line.startsWith("chitin_"))
        .forEach(line -> metrics.add(line.replaceAll("[ {].*", "")));
  }

  /** The log as OCSF. */
  private static List<String> entries(GatewayProcess gateway) {
    return new LogReader(gateway.home().resolve("audit"))
        .read(0, 1_000).stream().map(EntryFormat.OCSF::format).toList();
  }

  private void paths(String above, Obj object) {
    object
        .members()
        .forEach(
            (name, value) -> {
              fields.add(above + name);
              if (value instanceof Obj inner) {
                paths(above + name + ".", inner);
              }
            });
  }

  private static String file(String name) throws IOException {
    return Files.readString(FILES.resolve(name));
  }

  /** The metrics that {@code text} names and no gateway has. */
  private Set<String> unknownMetrics(String text) {
    return all(METRIC, text).filter(name -> !metrics.contains(name)).collect(Collectors.toSet());
  }

  private static Stream<String> all(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.results().map(found -> found.group(found.groupCount()));
  }

  @Test
  void rulesNameMetricsThatThereAre() throws IOException {
    String rules = file("chitin.rules.yml");
    assertThat(all(METRIC, rules)).hasSizeGreaterThan(15);
    assertThat(unknownMetrics(rules)).isEmpty();
    assertThat(unknownMetrics(file("chitin.rules.test.yml"))).isEmpty();
    assertThat(unknownMetrics("rate(chitin_made_up_total[5m]) / chitin_audit_size"))
        .as("the check itself")
        .containsExactly("chitin_made_up_total");
  }

  @Test
  void panelsNameMetricsThatThereAre() throws IOException {
    Obj dashboard = Json.object(file("chitin.dashboard.json"));
    List<JsonValue> panels = Json.items(dashboard, "panels");
    assertThat(panels).hasSizeGreaterThan(10);
    for (JsonValue panel : panels) {
      for (JsonValue target : Json.items((Obj) panel, "targets")) {
        String expression = Json.text((Obj) target, "expr");
        assertThat(all(METRIC, expression)).as(expression).isNotEmpty();
        assertThat(unknownMetrics(expression)).as(expression).isEmpty();
      }
    }
    assertThat(unknownMetrics(file("chitin.dashboard.json"))).isEmpty();
  }

  @Test
  void rulesOfSigmaNameFieldsOfTheExport() throws IOException {
    try (Stream<Path> rules = Files.list(FILES.resolve("sigma"))) {
      List<Path> all = rules.toList();
      assertThat(all).hasSizeGreaterThanOrEqualTo(2);
      for (Path rule : all) {
        String text = Files.readString(rule);
        assertThat(all(FIELD, text)).as(rule.toString()).isNotEmpty();
        assertThat(fields).as(rule.toString()).containsAll(all(FIELD, text).toList());
        assertThat(fields)
            .as(rule.toString())
            .containsAll(all(Pattern.compile("(?m)^  - ([a-z_.]+\\.[a-z_]+)$"), text).toList());
      }
    }
    assertThat(all(FIELD, "detection:\n  selection:\n    unmapped.made_up: 1\n"))
        .as("the check itself")
        .allMatch(name -> !fields.contains(name))
        .hasSize(1);
  }

  @Test
  void alertsThatAreNamedAreThere() throws IOException {
    String all =
        file("chitin.rules.yml")
            + file("sigma/chitin_credential_misuse.yml")
            + file("sigma/chitin_sandbox_probe.yml");
    Pattern named =
        Pattern.compile(
            "\\b(secret_found|log_gap|log_space|(?:credential|decision|sandbox)_[a-z_]+)\\b");
    assertThat(all(named, all)).isNotEmpty().allMatch(AlertRule.texts()::contains);
    String readme = file("README.md");
    assertThat(AlertRule.texts()).allMatch(rule -> readme.contains("`" + rule + "`"));
  }

  @Test
  void eachRuleHasATest() throws IOException {
    String tests = file("chitin.rules.test.yml");
    assertThat(all(ALERT, file("chitin.rules.yml")))
        .isNotEmpty()
        .allMatch(alert -> tests.contains("alertname: " + alert + "\n"));
  }

  @Test
  void prometheusPassesTheTestsOfTheRules() throws Exception {
    Optional<String> promtool =
        Optional.ofNullable(System.getenv("CHITIN_TEST_PROMTOOL"))
            .filter(path -> Files.isExecutable(Path.of(path)))
            .or(() -> Optional.of("/usr/bin/promtool").filter(p -> Files.isExecutable(Path.of(p))));
    assumeTrue(promtool.isPresent(), "there is no promtool; bin/test fetches it as root");
    for (String[] arguments :
        new String[][] {{"check", "chitin.rules.yml"}, {"test", "chitin.rules.test.yml"}}) {
      Process process =
          new ProcessBuilder(promtool.orElseThrow(), arguments[0], "rules", arguments[1])
              .directory(FILES.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
    }
  }
}
