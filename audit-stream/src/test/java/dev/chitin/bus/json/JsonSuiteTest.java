package dev.chitin.bus.json;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The strict parser against the JSONTestSuite, and against what a stranger would try. */
class JsonSuiteTest {
  /** Valid JSON that this reader refuses on purpose: a name occurs twice. */
  private static final List<String> DUPLICATES =
      List.of("y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json");

  /** What the specification leaves open: false is refused. */
  private static final Map<String, Boolean> OPEN =
      Map.ofEntries(
          Map.entry("i_number_double_huge_neg_exp.json", true),
          Map.entry("i_number_huge_exp.json", false),
          Map.entry("i_number_neg_int_huge_exp.json", false),
          Map.entry("i_number_pos_double_huge_exp.json", false),
          Map.entry("i_number_real_neg_overflow.json", false),
          Map.entry("i_number_real_pos_overflow.json", false),
          Map.entry("i_number_real_underflow.json", true),
          Map.entry("i_number_too_big_neg_int.json", false),
          Map.entry("i_number_too_big_pos_int.json", false),
          Map.entry("i_number_very_big_negative_int.json", false),
          Map.entry("i_structure_500_nested_arrays.json", false));

  private static Path corpus() {
    Path corpus =
        Path.of(System.getProperty("chitin.root", ".."))
            .resolve("../shared/corpora/json/test_parsing");
    assumeTrue(Files.isDirectory(corpus), "the JSONTestSuite corpus is not here");
    return corpus;
  }

  private static boolean accepts(byte[] document) {
    try {
      StrictJson.parse(document);
      return true;
    } catch (JsonSyntaxException e) {
      return false;
    }
  }

  private static boolean accepts(String document) {
    return accepts(document.getBytes(UTF_8));
  }

  @Test
  void theSuiteIsAnsweredAsDocumented() throws IOException {
    var wrong = new TreeMap<String, Boolean>();
    int count = 0;
    try (Stream<Path> files = Files.list(corpus())) {
      for (Path file : files.sorted().toList()) {
        String name = String.valueOf(file.getFileName());
        boolean accepted = accepts(Files.readAllBytes(file));
        if (accepted != isExpected(name)) {
          wrong.put(name, accepted);
        }
        count++;
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(count).isGreaterThan(100);
  }

  private static boolean isExpected(String name) {
    return switch (name.charAt(0)) {
      case 'y' -> !DUPLICATES.contains(name);
      case 'n' -> false;
      default -> OPEN.getOrDefault(name, false);
    };
  }

  @Test
  void eachDocumentOfTheSuiteIsTheSameInsideAnother() throws IOException {
    try (Stream<Path> files = Files.list(corpus())) {
      for (Path file : files.sorted().toList()) {
        byte[] document = Files.readAllBytes(file);
        byte[] wrapped = new byte[document.length + 15];
        System.arraycopy("{\"arguments\":".getBytes(UTF_8), 0, wrapped, 0, 13);
        System.arraycopy(document, 0, wrapped, 13, document.length);
        wrapped[wrapped.length - 2] = '\n';
        wrapped[wrapped.length - 1] = '}';
        boolean closesItself = String.valueOf(file.getFileName()).startsWith("n_");
        if (!closesItself || accepts(document)) {
          assertThat(accepts(wrapped)).as("%s", file).isEqualTo(accepts(document));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"x\":{\"\\u00e9\":1,\"é\":2}}",
        "{\"\\ud83d\\ude00\":1,\"😀\":2}"
      })
  void aNameThatOccursTwiceAfterUnescapingIsRefused(String document) {
    assertThatThrownBy(() -> StrictJson.parse(document.getBytes(UTF_8)))
        .isInstanceOf(JsonSyntaxException.class)
        .hasMessageContaining("twice");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\ud800\\udc00\"",
        "{\"\\ud800\":1}",
        "1e400",
        "-1e400",
        "9007199254740992",
        "-9007199254740992",
        "123456789012345678901234567890",
        "NaN",
        "Infinity",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "1 2",
        "[1,]",
        "{\"a\":1,}",
        "'a'",
        "{a:1}",
        "/**/1",
        "// x\n1",
        "# x\n1",
        "\"\u0001\"",
        "\"\t\"",
        "\"\\x41\"",
        "\"\\u00g0\"",
        "nul",
        "True",
        "",
        " ",
        "\u00a01",
        "\u20281",
        "1\u0000"
      })
  void whatReadersCouldDisagreeOnIsRefused(String document) {
    assertThat(accepts(document)).isFalse();
  }

  @Test
  void theEdgesOfNumbersRead() throws JsonSyntaxException {
    assertThat(parse("9007199254740991")).isEqualTo(new JsonValue.Int(JsonValue.Int.MAX));
    assertThat(parse("-9007199254740991")).isEqualTo(new JsonValue.Int(-JsonValue.Int.MAX));
    assertThat(parse("-0")).isEqualTo(new JsonValue.Int(0));
    assertThat(parse("-0.0")).isEqualTo(new JsonValue.Int(0));
    assertThat(parse("1e2")).isEqualTo(new JsonValue.Int(100));
    assertThat(parse("1E-2")).isEqualTo(new JsonValue.Real(0.01));
    assertThat(parse("5e-324")).isEqualTo(new JsonValue.Real(Double.MIN_VALUE));
    assertThat(parse("1.7976931348623157e308")).isEqualTo(new JsonValue.Real(Double.MAX_VALUE));
    assertThat(parse("9007199254740993.0")).isEqualTo(new JsonValue.Real(9007199254740992.0));
  }

  @Test
  void numbersAreKeptAsTheyWereWrittenWhereThatIsAskedFor() throws JsonSyntaxException {
    JsonLimits kept = JsonLimits.REQUEST.withNumbersAsWritten();
    String longest = "1".repeat(64);
    String document =
        "[7,-7,0,-0,1.0,1e2,1E+2,0.10,9007199254740991,9007199254740992,-9223372036854775808,"
            + "12345678901234567890,1e-400,"
            + longest
            + "]";
    JsonValue value = StrictJson.parse(document.getBytes(UTF_8), kept);
    assertThat(CanonicalJson.inOrder(value)).isEqualTo(document);
    assertThat(((JsonValue.Arr) value).items())
        .startsWith(new JsonValue.Int(7), new JsonValue.Int(-7), new JsonValue.Int(0))
        .contains(new JsonValue.Int(JsonValue.Int.MAX), new JsonValue.Written("9007199254740992"));
    assertThat(new JsonValue.Written("1e2").value()).isEqualTo(new JsonValue.Int(100));
    assertThat(new JsonValue.Written("-0").value()).isEqualTo(new JsonValue.Int(0));
    assertThat(new JsonValue.Written("0.10").value()).isEqualTo(new JsonValue.Real(0.1));
    assertThat(new JsonValue.Written("9007199254740992").value()).isNull();
    // Nothing is decided on such a number, and no digest is taken over one.
    assertThatThrownBy(() -> CanonicalJson.bytes(value))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(value::toPlain).isInstanceOf(IllegalStateException.class);
    for (String refused : List.of(longest + "1", "1e400", "-1e400", "0." + "1".repeat(63))) {
      assertThat(accepts(refused, kept)).as(refused).isFalse();
    }
    assertThat(accepts("9007199254740992")).isFalse();
  }

  private static JsonValue parse(String document) throws JsonSyntaxException {
    return StrictJson.parse(document.getBytes(UTF_8));
  }

  @Test
  void otherEncodingsAndByteOrderMarksAreRefused() {
    assertThat(accepts("{}".getBytes(UTF_16LE))).isFalse();
    assertThat(accepts("{}".getBytes(UTF_16BE))).isFalse();
    assertThat(accepts("\uFEFF{}".getBytes(UTF_8))).isFalse();
    assertThat(accepts("\uFEFF{}".getBytes(UTF_16LE))).isFalse();
    assertThat(accepts(new byte[] {'"', (byte) 0xC0, (byte) 0x80, '"'})).isFalse();
    assertThat(accepts(new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'})).isFalse();
    assertThat(accepts(new byte[] {'"', (byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80, '"'}))
        .isFalse();
    assertThat(accepts(new byte[] {'"', (byte) 0xE2, (byte) 0x82, '"'})).isFalse();
  }

  @Test
  void depthIsBoundedWithoutAnOverflow() {
    assertThat(accepts("[".repeat(64) + "]".repeat(64))).isTrue();
    assertThat(accepts("[".repeat(65) + "]".repeat(65))).isFalse();
    assertThat(accepts("[".repeat(10_000) + "]".repeat(10_000))).isFalse();
    assertThat(accepts("{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000))).isFalse();
    assertThat(accepts("[".repeat(1_000_000))).isFalse();
  }

  @Test
  void everyBoundIsKept() {
    var limits = new JsonLimits(4, 10, 5, 3, 4);
    assertThat(accepts("\"12345\"", limits)).isTrue();
    assertThat(accepts("\"123456\"", limits)).isFalse();
    assertThat(accepts("{\"abc\":1}", limits)).isTrue();
    assertThat(accepts("{\"abcd\":1}", limits)).isFalse();
    assertThat(accepts("{\"éé\":1}", limits)).isFalse();
    assertThat(accepts("[1,2,3,4]", limits)).isTrue();
    assertThat(accepts("[1,2,3,4,5]", limits)).isFalse();
    assertThat(accepts("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1}", limits)).isFalse();
    assertThat(accepts("[[1,2,3],[1,2,3]]", limits)).isTrue();
    assertThat(accepts("[[1,2,3],[1,2,3,4]]", limits)).isTrue();
    assertThat(accepts("[[1,2,3],[1,2,3,4],1]", limits)).isFalse();
    assertThat(accepts("[[[[1]]]]", limits)).isTrue();
    assertThat(accepts("[[[[[1]]]]]", limits)).isFalse();
  }

  private static boolean accepts(String document, JsonLimits limits) {
    try {
      StrictJson.parse(document.getBytes(UTF_8), limits);
      return true;
    } catch (JsonSyntaxException e) {
      return false;
    }
  }

  @Test
  void aRefusalNamesItsPlaceAndHoldsNoPieceOfTheDocument() {
    String document = "{\"a\":{\"b/c~d\":[1,\n 2, hunter2]}}";
    assertThatThrownBy(() -> StrictJson.parse(document.getBytes(UTF_8)))
        .isInstanceOfSatisfying(
            JsonSyntaxException.class,
            e -> {
              assertThat(e.pointer()).startsWith("/a/b~1c~0d");
              assertThat(e.line()).isEqualTo(2);
              assertThat(e.column()).isBetween(4, 16);
              assertThat(e.getMessage()).doesNotContain("hunter");
            });
  }
}
