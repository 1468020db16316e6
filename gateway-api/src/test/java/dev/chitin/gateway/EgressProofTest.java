package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Verdict;
import dev.chitin.policy.AddressRules;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EgressProofTest {
  private static List<Finding> of(List<String> rules, List<String> said) {
    return EgressProof.of(AddressRules.compile(rules, Set.of()), said);
  }

  @Test
  void closedAddressesAreProven() {
    for (List<String> opened : List.of(List.<String>of(), List.of("127.0.0.1:8080"))) {
      assertThat(of(opened, opened)).extracting(Finding::verdict).containsExactly(Verdict.PROVEN);
    }
  }

  /** What the operator opened does not stop the start, and is shown by the entry he wrote. */
  @Test
  void whatTheOperatorOpenedIsShownWithItsEntry() {
    List<String> opened = List.of("127.0.0.1:8080", "127.0.0.0/8", "[::1]:443", "169.254.0.0/16");
    assertThat(of(opened, opened))
        .extracting(Finding::verdict)
        .containsExactly(Verdict.DEGRADED, Verdict.DEGRADED);
    assertThat(of(opened, opened))
        .extracting(Finding::detail)
        .containsExactly(
            "egress.allow_private[1] (127.0.0.0/8) opens 127.0.0.1 to tools",
            "egress.allow_private[2] ([::1]:443) opens ::1 to tools");
  }

  @Test
  void whatIsOpenAndNobodySaidSoIsInert() {
    assertThat(of(List.of("10.0.0.0/8"), List.of("127.0.0.0/8")))
        .extracting(Finding::verdict)
        .containsExactly(Verdict.INERT);
  }
}
