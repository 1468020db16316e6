package dev.chitin.bus.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An object is a map in the order of its members, however many they are and whatever their names.
 */
class JsonObjectTest {
  private static JsonValue.Int number(long value) {
    return new JsonValue.Int(value);
  }

  /** Names of which many share a hash. */
  private static String name(int number) {
    return IntStream.range(0, 7)
        .mapToObj(bit -> (number >> bit & 1) == 0 ? "Aa" : "BB")
        .reduce("", String::concat);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 63, 64, 65, 128})
  void itAgreesWithALinkedMapAlsoWhereAllNamesCollide(int distinct) {
    var random = new Random(distinct);
    for (int round = 0; round < 50; round++) {
      JsonValue.Builder builder = JsonValue.object();
      Map<String, JsonValue> expected = new LinkedHashMap<>();
      for (int i = 0; i < 3 * distinct; i++) {
        String name = name(random.nextInt(distinct));
        builder.put(name, number(i));
        expected.put(name, number(i));
      }
      JsonValue.Obj object = builder.build();
      assertThat(object.members()).isEqualTo(expected).hasSameHashCodeAs(expected);
      assertThat(expected).isEqualTo(object.members());
      assertThat(object).isEqualTo(new JsonValue.Obj(expected));
      assertThat(new ArrayList<>(object.members().keySet()))
          .isEqualTo(new ArrayList<>(expected.keySet()));
      assertThat(new ArrayList<>(object.members().values()))
          .isEqualTo(new ArrayList<>(expected.values()));
      List<String> visited = new ArrayList<>();
      object.members().forEach((name, value) -> visited.add(name));
      assertThat(visited).isEqualTo(new ArrayList<>(expected.keySet()));
      for (int i = 0; i < 128; i++) {
        assertThat(object.get(name(i))).isEqualTo(expected.get(name(i)));
      }
      assertThat(CanonicalJson.string(object))
          .isEqualTo(CanonicalJson.string(new JsonValue.Obj(expected)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 64, 70})
  void whatWasBuiltStaysAsItIs(int count) {
    JsonValue.Builder builder = JsonValue.object();
    IntStream.range(0, count).forEach(i -> builder.put("n" + i, number(i)));
    JsonValue.Obj first = builder.build();
    String before = CanonicalJson.inOrder(first);
    JsonValue.Obj second = builder.put("n0", "changed").put("more", true).build();
    assertThat(CanonicalJson.inOrder(first)).isEqualTo(before);
    assertThat(second.get("n0")).isEqualTo(new JsonValue.Str("changed"));
    assertThat(second.get("more")).isEqualTo(new JsonValue.Bool(true));
    assertThat(second.members()).hasSize(count + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 65})
  void nobodyChangesIt(int count) {
    JsonValue.Builder builder = JsonValue.object();
    IntStream.range(0, count).forEach(i -> builder.put("n" + i, number(i)));
    Map<String, JsonValue> members = builder.build().members();
    assertThatThrownBy(() -> members.put("x", number(1)))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> members.put("n0", number(1)))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> members.remove("n0"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(members::clear).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> members.entrySet().iterator().next().setValue(number(1)))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> members.keySet().remove("n0"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(members).hasSize(count);
  }

  @Test
  void wholeNumbersAreWrittenInFull() {
    var values = new ArrayList<>(List.of(0L, JsonValue.Int.MAX, -JsonValue.Int.MAX));
    for (long power = 1; power <= JsonValue.Int.MAX; power *= 10) {
      values.addAll(List.of(power, power - 1, -power, 1 - power));
    }
    new Random(3)
        .longs(10_000, -JsonValue.Int.MAX, JsonValue.Int.MAX)
        .map(value -> value >> (value & 31))
        .forEach(values::add);
    for (long value : values) {
      assertThat(CanonicalJson.string(number(value))).isEqualTo(Long.toString(value));
    }
  }
}
