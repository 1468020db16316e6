package dev.chitin.bus.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MemberOrderTest {
  private static final List<String> SIGNS =
      List.of("a", "z", "A", "Z", "0", "9", "\"", "\n", "é", "€", "\uD83D\uDE00", "\uFB33");

  private final Random random = new Random(7);

  /** Far more sequences than are remembered, each twice and more, long ones among them. */
  @Test
  void whateverNamesComeInWhateverOrderTheyAreSorted() {
    List<List<String>> sequences = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      sequences.add(names(random.nextInt(i % 100 == 0 ? 200 : 12)));
    }
    for (int round = 0; round < 5; round++) {
      Collections.shuffle(sequences, random);
      sequences.forEach(this::assertSorted);
    }
  }

  /** The same names in another order are another sequence. */
  @Test
  void eachOrderOfTheSameNamesIsItsOwn() {
    List<String> names = new ArrayList<>(List.of("a", "b", "c", "d", "e"));
    for (int i = 0; i < 1_000; i++) {
      Collections.shuffle(names, random);
      assertSorted(names);
    }
  }

  /** Names whose hashes are the same compete for one place. */
  @Test
  void namesWithTheSameHashAreNotTakenForEachOther() {
    assertThat("Aa").hasSameHashCodeAs("BB");
    for (int i = 0; i < 4; i++) {
      assertSorted(List.of("Aa", "B"));
      assertSorted(List.of("BB", "B"));
    }
  }

  private List<String> names(int count) {
    var names = new TreeMap<String, Boolean>();
    while (names.size() < count) {
      var name = new StringBuilder();
      for (int i = random.nextInt(8); i >= 0; i--) {
        name.append(SIGNS.get(random.nextInt(SIGNS.size())));
      }
      names.put(name.toString(), true);
    }
    List<String> shuffled = new ArrayList<>(names.keySet());
    Collections.shuffle(shuffled, random);
    return shuffled;
  }

  private void assertSorted(List<String> names) {
    MemberOrder order = MemberOrder.of(names.toArray(String[]::new));
    List<String> sorted = names.stream().sorted().toList();
    for (int i = 0; i < sorted.size(); i++) {
      String name = sorted.get(i);
      assertThat(names.get(order.place(i))).isEqualTo(name);
      assertThat(new String(order.head(i), UTF_8))
          .isEqualTo((i == 0 ? "" : ",") + CanonicalJson.string(new JsonValue.Str(name)) + ":");
    }
  }
}
