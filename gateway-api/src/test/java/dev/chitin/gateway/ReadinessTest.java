package dev.chitin.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Report;
import dev.chitin.gateway.Doctor.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is in the way, and what is told beside it. */
class ReadinessTest {
  private final Readiness readiness = new Readiness(List::of);
  private List<Finding> standing = List.of();

  private void stands(Verdict verdict) {
    standing = List.of(new Finding("tls.certificate", verdict, "as it is now"));
  }

  @Test
  void whatIsWatchedIsToldAsItStandsNowAndInTheWayWhenItIsInert() {
    readiness.proven(new Report(List.of()));
    readiness.watch(() -> standing);
    stands(Verdict.PROVEN);
    assertThat(readiness.controls()).isEmpty();
    stands(Verdict.DEGRADED);
    assertThat(readiness.reasons()).isEmpty();
    assertThat(readiness.controls()).isEqualTo(standing);
    assertThat(readiness.degraded()).containsExactly("tls.certificate: as it is now");
    stands(Verdict.INERT);
    assertThat(readiness.reasons()).containsExactly("tls.certificate");
    assertThat(readiness.controls()).isEqualTo(standing);
    stands(Verdict.PROVEN);
    assertThat(readiness.reasons()).isEmpty();
    assertThat(readiness.degraded()).isEmpty();
  }
}
