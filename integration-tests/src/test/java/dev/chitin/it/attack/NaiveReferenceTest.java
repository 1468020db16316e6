package dev.chitin.it.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The attacks bite: on the naive line each of these has its effect. A probe that succeeds nowhere
 * would prove nothing of the gateway.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Isolated
class NaiveReferenceTest {
  /** What has to be said of each, for the right reason. */
  private static final Map<String, String> BREACHES =
      Map.ofEntries(
          Map.entry("fork-bomb", "processes"),
          Map.entry("oom", "memory"),
          Map.entry("fill-tmp", "only the fence|size \\d{8}"),
          Map.entry("fill-root", "only the fence|a file of \\d{8}"),
          Map.entry("fill-inodes", "memory"),
          Map.entry("spin", "time"),
          Map.entry("escape-sequences", "control byte"),
          Map.entry("double-fork", "survivor"),
          Map.entry("environment", "the secret was read"),
          Map.entry("descriptors", "the flag was read"),
          Map.entry("own-stdout", "kind"),
          Map.entry("pinned-ancestor", "= done"),
          Map.entry("denies-existing", "host: "),
          Map.entry("denies-absent", "host: "),
          Map.entry("read-denies", "a credential was read"),
          Map.entry("namespaces", "= done"),
          Map.entry("tracing", "= done"),
          Map.entry("io-uring", "setup = done"),
          Map.entry("families", "= done"));

  private NaiveTarget naive;

  @BeforeAll
  void open() throws IOException {
    naive = NaiveTarget.open();
  }

  @AfterAll
  void close() throws IOException {
    naive.close();
  }

  @TestFactory
  Stream<DynamicTest> isBroken() {
    Map<String, AttackCase> byName =
        Catalogue.all().stream().collect(Collectors.toMap(AttackCase::name, Function.identity()));
    List<String> names = BREACHES.keySet().stream().sorted().toList();
    return names.stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      Verdict verdict =
                          naive.attack(Objects.requireNonNull(byName.get(name), "no case " + name));
                      assertThat(verdict).isInstanceOf(Verdict.Broken.class);
                      assertThat(verdict.why()).containsPattern(BREACHES.get(name));
                    }));
  }
}
