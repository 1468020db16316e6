package dev.chitin.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputSchemaTest {
  private static final String SCHEMA =
      """
      {"type":"object","required":["argv"],"additionalProperties":false,"properties":{
        "argv":{"type":"array","minItems":1,"items":{"type":"string","maxLength":4}},
        "n":{"type":"integer","minimum":1},
        "v":{"anyOf":[{"type":"string"},{"type":"object","required":["k"]}]},
        "o":{"type":"object","required":["x"],"additionalProperties":false,
             "properties":{"x":{"enum":["a","b"]}}}}}
      """;

  private static JsonValue.Obj parse(String json) throws Exception {
    return (JsonValue.Obj) StrictJson.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private static Problem refusal(String arguments) throws Exception {
    InputSchema schema = InputSchema.compile("tool", parse(SCHEMA));
    JsonValue.Obj parsed = parse(arguments);
    return catchThrowableOfType(ChitinException.class, () -> schema.check(parsed)).problem();
  }

  private static List<String> faults(String arguments) throws Exception {
    return refusal(arguments).errors().stream()
        .map(error -> error.pointer() + ": " + error.detail())
        .toList();
  }

  @Test
  void theRefusalSaysWhatIsWrongAndWhere() throws Exception {
    assertThat(refusal("{\"argv\":[]}").detail())
        .isEqualTo(
            "The arguments do not fit the tool's input schema: /arguments/argv: Array has too few"
                + " items (0 < 1).");
    assertThat(refusal("{}").detail()).contains("/arguments: Instance does not have required");
  }

  @Test
  void onlyFaultsThatAreSomeThemselvesAreTold() throws Exception {
    assertThat(faults("{\"argv\":[]}"))
        .containsExactly("/arguments/argv: Array has too few items (0 < 1)");
    assertThat(faults("{\"argv\":[\"a\",\"toolong\"],\"n\":0}"))
        .containsExactly(
            "/arguments/argv/1: String is too long (7 > 4)", "/arguments/n: 0 is less than 1");
    assertThat(faults("{\"argv\":[\"a\"],\"zz\":1}"))
        .containsExactly("/arguments/zz: the schema has no such member");
    assertThat(faults("{\"argv\":[\"a\"],\"o\":{\"x\":\"c\",\"y\":1}}"))
        .containsExactly(
            "/arguments/o/x: Instance does not match any of [\"a\",\"b\"]",
            "/arguments/o/y: the schema has no such member");
    assertThat(faults("{\"argv\":[\"a\"],\"v\":{}}"))
        .hasSize(3)
        .first()
        .isEqualTo("/arguments/v: Instance does not match any subschemas");
  }
}
