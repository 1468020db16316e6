package dev.chitin.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.bus.json.JsonValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a terminal would obey is shown as text. */
class TextsTest {

  @ParameterizedTest
  @CsvSource({
    "7, a bell",
    "8, a backspace",
    "13, a carriage return",
    "27, an escape",
    "127, a delete",
    "155, a control sequence introducer of eight bits",
    "173, a soft hyphen",
    "8203, a space of no width",
    "8206, a mark that turns the direction",
    "8232, a line separator",
    "8238, an override of the direction",
    "8297, the end of an isolate",
    "65279, a byte order mark",
    "917505, a language tag"
  })
  void nothingThatATerminalObeysIsPrinted(int point, String what) {
    String text = "before" + Character.toString(point) + "after";
    for (boolean lines : new boolean[] {true, false}) {
      assertThat(Texts.printable(text, lines))
          .as(what)
          .isEqualTo("before" + "\\u%04x".formatted(point) + "after");
    }
  }

  @Test
  void lineEndsStayWhereTheyMay() {
    assertThat(Texts.printable("a\n\tb", true)).isEqualTo("a\n\tb");
    assertThat(Texts.printable("a\n\tb", false)).isEqualTo("a\\u000a\\u0009b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "żółw", "狐", "🦊", "\\u001b", "a b"})
  void whatIsToBeSeenIsLeftAsItIs(String text) {
    assertThat(Texts.printable(text, false)).isEqualTo(text);
  }

  @Test
  void aMemberIsShownTheSameWay() {
    JsonValue.Obj entry = JsonValue.object().put("tool", "\u001b[31mred").build();
    assertThat(Texts.of(entry, "tool")).isEqualTo("\\u001b[31mred");
    assertThat(Texts.of(entry, "none")).isEmpty();
  }
}
