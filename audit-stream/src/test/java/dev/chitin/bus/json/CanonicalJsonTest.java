package dev.chitin.bus.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The canonical form against RFC 8785 and ECMA-262. */
class CanonicalJsonTest {
  private static String canonical(String document) throws JsonSyntaxException {
    return CanonicalJson.string(StrictJson.parse(document.getBytes(UTF_8)));
  }

  @Test
  void membersAreSortedByUtf16Units() throws JsonSyntaxException {
    assertThat(
            canonical(
                "{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,"
                    + "\"\\u0080\":6,\"\\u00f6\":7}"))
        .isEqualTo(
            "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"\uD83D\uDE00\":5,\"\uFB33\":3}");
    assertThat(canonical("{\"\\uffff\":1,\"\\ud800\\udc00\":2}"))
        .isEqualTo("{\"\uD800\uDC00\":2,\"\uFFFF\":1}");
  }

  @Test
  void theExampleOfTheRfcIsReproduced() throws JsonSyntaxException {
    assertThat(
            canonical(
                """
                {
                  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                  "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
                  "literals": [null, true, false]
                }
                """))
        .isEqualTo(
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
                + "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  }

  @Test
  void controlCharactersAreEscapedAndNothingElseIs() {
    var all = new StringBuilder();
    for (char c = 0; c < 0x20; c++) {
      all.append(c);
    }
    all.append("\"\\/\u007f\u0085\u2028\u202e\ufeff");
    String text = CanonicalJson.string(new JsonValue.Str(all.toString()));
    assertThat(text)
        .isEqualTo(
            "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r"
                + "\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018"
                + "\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\\\"\\\\/"
                + "\u007f\u0085\u2028\u202e\ufeff\"");
  }

  @Test
  void aLoneSurrogateIsRefusedInValuesAndNames() {
    for (String bad : List.of("\uD800", "\uDC00", "a\uD800b", "\uDC00\uD800")) {
      assertThatThrownBy(() -> CanonicalJson.bytes(new JsonValue.Str(bad)))
          .isInstanceOf(IllegalArgumentException.class);
      JsonValue named = JsonValue.object().put(bad, 1).build();
      assertThatThrownBy(() -> CanonicalJson.bytes(named))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void bytesAndTextAreTheSame() throws JsonSyntaxException {
    String document = "{\"z\":\"é€\uD83D\uDE00\\n\",\"a\":[1,-1.5e-9,{\"b\":null}],\"\":true}";
    JsonValue value = StrictJson.parse(document.getBytes(UTF_8));
    assertThat(CanonicalJson.bytes(value)).isEqualTo(CanonicalJson.string(value).getBytes(UTF_8));
    assertThat(StrictJson.parse(CanonicalJson.bytes(value))).isEqualTo(value);
    assertThat(CanonicalJson.inOrder(value)).startsWith("{\"z\":");
  }

  /** Room is made piece by piece, so lengths around a piece and characters of every size matter. */
  @Test
  void textOfAnyLengthAndAnyPlaneIsTheUtf8OfTheJdk() {
    var random = new Random(8259);
    int[] kinds = {'a', '~', 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF, '\n', '"', 0x1};
    for (int round = 0; round < 20_000; round++) {
      var text = new StringBuilder();
      for (int left = random.nextInt(200); left > 0; left--) {
        text.appendCodePoint(kinds[random.nextInt(kinds.length)]);
      }
      String expected =
          "\""
              + text.toString()
                  .replace("\"", "\\\"")
                  .replace("\n", "\\n")
                  .replace("\u0001", "\\u0001")
              + "\"";
      assertThat(CanonicalJson.bytes(new JsonValue.Str(text.toString())))
          .isEqualTo(expected.getBytes(UTF_8));
    }
  }

  /** Longer texts are looked at eight units at a time. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '`',
      value = {"? ?", "\\ \\\\", "\" \\\"", "/ /", "~ ~", "! !", "# #", "[ [", "] ]", "@ @", "> >"})
  void oneOddUnitInALongTextIsSeenWhereverItStands(String unit, String written) {
    for (int length = 1; length < 90; length++) {
      for (int at = 0; at < length; at++) {
        String before = "x".repeat(at);
        String behind = "y".repeat(length - at - 1);
        assertThat(CanonicalJson.string(new JsonValue.Str(before + unit + behind)))
            .isEqualTo("\"" + before + written + behind + "\"");
      }
    }
  }

  @Test
  void everyUnitOfALongTextIsAsInAShortOne() {
    for (char unit = 0; unit < Character.MIN_SURROGATE; unit++) {
      String alone = CanonicalJson.string(new JsonValue.Str(String.valueOf(unit)));
      String within = alone.substring(1, alone.length() - 1);
      for (int at : new int[] {0, 13, 29}) {
        String text = "x".repeat(at) + unit + "y".repeat(29 - at);
        assertThat(CanonicalJson.string(new JsonValue.Str(text)))
            .isEqualTo("\"" + "x".repeat(at) + within + "y".repeat(29 - at) + "\"");
      }
    }
    assertThatThrownBy(
            () -> CanonicalJson.bytes(new JsonValue.Str("x".repeat(40) + '\uD800' + "y")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
