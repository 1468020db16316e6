package dev.chitin.it.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;

/** Every case of the catalogue against the real gateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Isolated
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

  /** The other two ABIs are those of x86-64. */
  private static boolean concerns(int number) {
    return number != 28 || SystemCalls.isX86();
  }

  @Test
  void everyCaseHasANameOfItsOwn() {
    assertThat(cases.stream().map(AttackCase::name)).doesNotHaveDuplicates();
  }

  @Test
  void noNumberOfTheListIsForgotten() {
    List<Integer> covered = cases.stream().map(AttackCase::number).distinct().toList();
    assertThat(covered)
        .containsAll(IntStream.rangeClosed(1, 31).filter(AttackTest::concerns).boxed().toList())
        .contains(36, 39, 40, 42, 43);
  }
}
