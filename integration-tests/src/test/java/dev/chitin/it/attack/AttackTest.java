package dev.chitin.it.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** Every case of the catalogue against the real gateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttackTest {
  private final List<AttackCase> cases = Catalogue.all();
  private ChitinTarget gateway;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    gateway = ChitinTarget.open(cases);
  }

  @AfterAll
  void stop() throws IOException {
    gateway.close();
  }

  @TestFactory
  Stream<DynamicTest> holds() {
    return cases.stream()
        .map(
            one ->
                DynamicTest.dynamicTest(
                    one.number() + " " + one.name() + ": " + one.attacks(),
                    () ->
                        assertThat(gateway.attack(one))
                            .as(one.name())
                            .isEqualTo(new Verdict.Held())));
  }

  @Test
  void everyCaseHasANameOfItsOwn() {
    assertThat(cases.stream().map(AttackCase::name)).doesNotHaveDuplicates();
  }

  @Test
  void noNumberOfTheListIsForgotten() {
    List<Integer> covered = cases.stream().map(AttackCase::number).distinct().toList();
    assertThat(covered)
        .containsAll(Stream.iterate(1, n -> n + 1).limit(31).toList())
        .contains(36, 39, 43);
  }
}
