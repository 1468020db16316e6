package dev.chitin.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.JsonSchemas;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code chitin config schema}: the schema says of a document what {@code validate} says. */
class ConfigSchemaTest {
  private final JsonSchemas schemas = new JsonSchemas();

  private static JsonValue.Obj document(String text) throws ConfigException {
    return Configuration.parse("test", text, Map.of()).document();
  }

  @Test
  void itIsASchema() {
    assertThat(schemas.schemaFaults(Configuration.schema())).isEmpty();
  }

  @Test
  void everyKeyIsDescribed() {
    Set<String> keys = new HashSet<>();
    walk("", ConfigKeys.ROOT, keys);
    assertThat(keys).hasSizeGreaterThan(100).contains("gateway.rate_limit.burst", "tools.run.http");
  }

  private static void walk(String at, Spec spec, Set<String> keys) {
    switch (spec) {
      case Spec.Section section ->
          section
              .keys()
              .forEach(
                  (name, key) -> {
                    String dotted = at.isEmpty() ? name : at + "." + name;
                    assertThat(key.description().strip()).as(dotted).endsWith(".");
                    assertThat(key.description().length()).as(dotted).isGreaterThan(8);
                    keys.add(dotted);
                    walk(dotted, key.spec(), keys);
                  });
      case Spec.Named named -> walk(at, named.value(), keys);
      case Spec.ListOf list -> walk(at, list.item(), keys);
      default -> {}
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{ workspace: { path: '~/.openclaw/workspace', allowed_paths: ['~/projects'],"
            + " denied_paths: ['~/.ssh', '~/.aws'] } }",
        "{ gateway: { cors_origins: ['http://localhost:3000', 'https://app.example.com'],"
            + " tls: { cert: '/path/to/cert.pem', key: '/path/to/key.pem' } } }",
        "{ gateway: { rate_limit: { requests_per_minute: 60, burst: 10 } } }",
        "{ gateway: { log_format: 'json', access_log: true, drain: { delay_ms: 0 } },"
            + " telemetry: { otlp: { endpoint: 'http://127.0.0.1:4318' } } }"
      })
  void whatLoadsFitsTheSchema(String text) throws ConfigException {
    assertThat(schemas.faults(Configuration.schema(), document(text))).isEmpty();
  }

  @Test
  void whatDoesNotLoadDoesNotFit() {
    JsonValue unknown =
        JsonValue.object().put("gateway", JsonValue.object().put("prt", 1).build()).build();
    JsonValue wrong =
        JsonValue.object().put("gateway", JsonValue.object().put("port", "http").build()).build();
    assertThat(schemas.faults(Configuration.schema(), unknown)).isNotEmpty();
    assertThat(schemas.faults(Configuration.schema(), wrong)).isNotEmpty();
    JsonValue partial =
        JsonValue.object()
            .put(
                "audit",
                JsonValue.object()
                    .put("witness", JsonValue.object().put("key", "k").build())
                    .build())
            .build();
    assertThat(schemas.faults(Configuration.schema(), partial)).asString().contains("url");
  }
}
