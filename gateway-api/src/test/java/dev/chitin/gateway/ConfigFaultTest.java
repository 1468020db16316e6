package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.chitin.gateway.config.ConfigException;
import dev.chitin.gateway.config.ConfigFault;
import dev.chitin.gateway.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code chitin config validate} says of a faulty document: where, which key, what. */
class ConfigFaultTest {
  private final Map<String, String> environment;
  private final Path file;

  ConfigFaultTest(@TempDir Path home) {
    environment = Map.of("CHITIN_HOME", home.toString());
    file = home.resolve("chitin.json5");
  }

  private List<String> faults() {
    var refused =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                SettingsReader.check(
                    Configuration.load(file, environment),
                    ChitinHome.of(environment),
                    environment));
    assertThat(refused).as("the refusal").isNotNull();
    return refused.faults().stream().map(ConfigFault::toString).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          description: "x", run: {process: {argv: ["a"]}} | 2:6  | tools[0].name is missing: Letters
          name: "t", description: "x"     | 2:6  | tools[0].run is missing
          name: "t", description: "x", run: {process: {argv: ["a"]}, verticle: {address: "b"}} \
                                          | 2:42 | tools[0].run must have exactly one of
          name: "t", description: "x", run: {wasm: {}} | 2:49 | tools[0].run.wasm is not built yet
          name: "t", description: "x", run: {mcp: {}}  | 2:48 | tools[0].run.mcp is not built yet
          name: "a.b", description: "x", run: {process: {argv: ["a"]}}, input: {type: "string"} \
                                          | 2:6  | tools[0] Tool a.b: its input schema must have
          name: "t", description: "x", run: {process: {argv: ["a"]}}, input: {type: "string"} \
                                          | 2:6  | tools[0] Tool t: its input schema must have
          name: "t", description: "x", run: {process: {argv: ["a"]}}, \
          input: {type: "object", properties: {a: {type: "string", pattern: "("}}} \
                                          | 2:75 | tools[0].input Tool t: a pattern in its input
          name: "t", description: "x", run: {process: {argv: ["a"]}}, \
          capabilities: {NetworkAccess: {hosts: ["a.example"]}} \
                                          | 2:98 | tools[0].capabilities.NetworkAccess The tool t
          """)
  void aFaultInAToolIsNamedByItsPlaceAndItsKey(String tool, String place, String said)
      throws IOException {
    Files.writeString(file, "{ tools: [\n     { " + tool + " } ] }");
    assertThat(faults())
        .singleElement()
        .asString()
        .startsWith("chitin.json5:" + place + ": " + said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gateway: { port: 0x50 }         | 1:21: hexadecimal numbers are not read
          gateway: { port: /**/0X5f }     | 1:25: hexadecimal numbers are not read
          gateway: { port: 8#0 }          | 1:21: not well-formed JSON5: Unexpected character ('#'
          gateway: { port: 80             | 2:1: the document ends before everything
          telemetry: { otlp: {} }         | 1:22: telemetry.otlp.endpoint is missing
          audit: { witness: { url: "http://127.0.0.1:9", key: "wrong" } } \
                                          | 1:55: audit.witness.key is not the verifier key
          audit: { witness: { url: "ftp://127.0.0.1:9", key: "wrong" } } \
                                          | 1:28: audit.witness.url is not an HTTP URL
          """)
  void aFaultIsSaidInTheWordsOfWhoWritesTheDocument(String members, String said)
      throws IOException {
    Files.writeString(file, "{ " + members + (members.endsWith("80") ? "\n" : " }"));
    assertThat(faults()).singleElement().asString().startsWith("chitin.json5:" + said);
  }

  @Test
  void allThatIsMissingIsNamedAtOnceAndAsTheSchemaNamesIt() throws IOException {
    Files.writeString(
        file,
        """
        { tools: [ { run: { http: {} }, credentials: [ {} ] } ],
          auth: { issuers: [ {} ], certificates: [ {} ] },
          audit: { witness: {}, alerts: { webhooks: [ {} ] } },
          providers: { openai: {} } }
        """);
    List<String> missing =
        List.of(
            "1:12: tools[0].name",
            "1:12: tools[0].description",
            "1:27: tools[0].run.http.method",
            "1:27: tools[0].run.http.url",
            "1:48: tools[0].credentials[0].name",
            "1:48: tools[0].credentials[0].host",
            "1:48: tools[0].credentials[0].header",
            "2:22: auth.issuers[0].issuer",
            "2:22: auth.issuers[0].audience",
            "2:22: auth.issuers[0].algorithms",
            "2:22: auth.issuers[0].roles",
            "2:44: auth.certificates[0].san",
            "2:44: auth.certificates[0].role",
            "2:44: auth.certificates[0].name",
            "3:21: audit.witness.url",
            "3:21: audit.witness.key",
            "3:47: audit.alerts.webhooks[0].url",
            "3:47: audit.alerts.webhooks[0].secret",
            "4:24: providers.openai.credential");
    assertThat(faults())
        .map(fault -> fault.replaceFirst(" is missing: .*", ""))
        .containsExactlyInAnyOrderElementsOf(
            missing.stream().map(fault -> "chitin.json5:" + fault).toList());
  }

  @Test
  void aNumberThatBeginsItsLineIsHexadecimalToo() throws IOException {
    Files.writeString(file, "{ gateway: { port:\n0x50 } }");
    assertThat(faults()).singleElement().asString().contains("hexadecimal numbers are not read");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "// only a remark\n", "/* { } */"})
  void aFileWithNothingInItIsSaidToBeThat(String text) throws IOException {
    Files.writeString(file, text);
    assertThat(faults())
        .containsExactly("chitin.json5:1:1: holds no value; a configuration of defaults is {}");
  }

  @Test
  void aByteOrderMarkIsNamed() throws IOException {
    Files.writeString(file, "\ufeff{}");
    assertThat(faults()).singleElement().asString().contains("1:1: begins with a byte order mark");
  }

  @Test
  void aFileThatEverybodyMayWriteIsRefused() throws IOException {
    Files.writeString(file, "{}");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(faults())
        .singleElement()
        .asString()
        .startsWith(file + ": may be written by everybody")
        .contains("chmod o-w");
  }

  @Test
  void aFileThatCannotBeReadIsSaidForWhatItIs() throws IOException {
    Files.write(file, new byte[] {(byte) 0xff});
    assertThat(faults()).containsExactly(file + ": is not UTF-8 text");
    Files.setPosixFilePermissions(file, Set.of());
    assertThat(faults()).containsExactly(file + ": may not be read by this user");
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(faults()).containsExactly(file + ": is a directory");
  }
}
