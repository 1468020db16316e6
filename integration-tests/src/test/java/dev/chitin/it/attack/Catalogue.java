package dev.chitin.it.attack;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Every case, by its number in the abuse list.
 *
 * <p>Not here, because what they attack is not built: the egress proxy (32 to 35, 37, 38) and
 * WebAssembly (41).
 */
final class Catalogue {
  private Catalogue() {}

  static List<AttackCase> all() {
    return Stream.of(
            ResourceCases.all(),
            ProcessCases.all(),
            FileCases.all(),
            KernelCases.all(),
            NetworkCases.all(),
            SceneCases.all(),
            WarmCases.all(),
            NotReadyCases.all())
        .flatMap(List::stream)
        .sorted(Comparator.comparingInt(AttackCase::number))
        .toList();
  }
}
