package dev.chitin.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.policy.DeclaredOutput;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tool's definition may declare about the files that it leaves. */
class OutputDeclarationsTest {

  private static List<DeclaredOutput> read(String outputs) {
    String definition =
        "{\"name\":\"t\",\"description\":\"d\",\"run\":{\"process\":{\"argv\":[\"true\"],\"outputs\":"
            + outputs
            + "}}}";
    try {
      ToolDefinition tool =
          ToolDefinitionReader.read(
              StrictJson.parse(definition.getBytes(StandardCharsets.UTF_8)), "/tools/0");
      return ((ToolDefinition.Run.NativeProcess) tool.run()).outputs();
    } catch (JsonSyntaxException e) {
      throw new AssertionError(definition, e);
    }
  }

  @Test
  void defaultsAreFilledInAndNamesAreSorted() {
    assertThat(
            read(
                "{\"b\":{\"path\":\"x/y.json\"},"
                    + "\"a\":{\"path\":\"z\",\"max_bytes\":5,\"required\":false}}"))
        .containsExactly(
            new DeclaredOutput("a", "z", 5, false),
            new DeclaredOutput("b", "x/y.json", 1 << 20, true));
    assertThat(read("{}")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/etc/passwd",
        "..",
        "../x",
        "a/../b",
        "a//b",
        "a/",
        "./a",
        ".",
        "${input.a}",
        "a\\u0000b",
        "a\\nb"
      })
  void aPathIsPlainAndRelative(String path) {
    assertThatThrownBy(() -> read("{\"a\":{\"path\":\"" + path + "\"}}"))
        .hasMessageContaining("/tools/0/run/process/outputs/a/path");
  }

  @Test
  void numberNamesAndSizesAreBounded() {
    assertThatThrownBy(() -> read(many(17, 1))).hasMessageContaining("at most 16 members");
    assertThat(read(many(16, 4 << 20))).hasSize(16);
    assertThatThrownBy(() -> read(many(16, (4 << 20) + 1))).hasMessageContaining("bytes together");
    assertThatThrownBy(() -> read(many(1, (16 << 20) + 1))).hasMessageContaining("max_bytes");
    assertThatThrownBy(() -> read("{\"a b\":{\"path\":\"x\"}}")).hasMessageContaining("named by");
    assertThatThrownBy(() -> read("{\"a\":{\"path\":\"x\",\"max\":1}}"))
        .hasMessageContaining("not a known member");
  }

  @Test
  void aToolDoesNotNameTheDirectoryItself() {
    assertThatThrownBy(() -> read("{},\"env\":{\"CHITIN_OUT\":\"/w\"}"))
        .hasMessageContaining("CHITIN_OUT");
  }

  private static String many(int count, int bytes) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"o" + i + "\":{\"path\":\"p" + i + "\",\"max_bytes\":" + bytes + "}")
        .collect(Collectors.joining(",", "{", "}"));
  }
}
