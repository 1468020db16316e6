package dev.chitin.gateway.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chitin.bus.ChitinException;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TokenBudgetTest {
  private Instant now = Instant.parse("2026-03-01T23:59:00Z");
  private final TokenBudget budget = new TokenBudget("anthropic", 100L, () -> now);

  @Test
  void whatIsReservedIsSettledOnce() {
    TokenBudget.Reservation first = budget.reserve("a", 60);
    assertThatThrownBy(() -> budget.reserve("a", 41))
        .isInstanceOf(ChitinException.class)
        .hasMessageContaining("40 are left");
    budget.reserve("b", 100);
    first.settle(10);
    first.settle(0);
    assertThat(budget.used("a")).isEqualTo(10);
    budget.reserve("a", 90).settle(90);
    assertThatThrownBy(() -> budget.reserve("a", 1)).isInstanceOf(ChitinException.class);
  }

  @Test
  void theNextDayBeginsAnewAndYesterdaysRequestsDoNotCount() {
    TokenBudget.Reservation yesterday = budget.reserve("a", 100);
    assertThat(budget.untilTomorrow()).isEqualTo(60);
    now = now.plusSeconds(60);
    budget.reserve("a", 100);
    yesterday.settle(0);
    assertThat(budget.used("a")).isEqualTo(100);
  }

  @Test
  void morePrincipalsThanAreToldApartShareOneBudget() {
    for (int i = 0; i < TokenBudget.MOST; i++) {
      budget.reserve("p" + i, 1);
    }
    budget.reserve("x", 60);
    assertThatThrownBy(() -> budget.reserve("y", 60)).isInstanceOf(ChitinException.class);
    budget.reserve("p1", 99);
  }
}
