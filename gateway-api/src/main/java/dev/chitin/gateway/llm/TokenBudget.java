package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many tokens each principal used of one provider today (UTC). A request reserves what its
 * answer may cost at most and settles what both cost, {@link Usage#cost}. Counts are this node's
 * and begin anew with it. At most {@value #MOST} principals are told apart on one day; those that
 * come later share one count. Safe for use from any thread.
 */
final class TokenBudget {
  static final int MOST = 65_536;

  private static final long DAY_SECONDS = 86_400;
  private static final String OTHERS = "";

  private final String provider;
  private final @Nullable Long perDay;
  private final InstantSource clock;
  private final Map<String, Long> used = new HashMap<>();
  private long day;

  /**
   * @param perDay the limit, or null for none
   */
  TokenBudget(String provider, @Nullable Long perDay, InstantSource clock) {
    this.provider = provider;
    this.perDay = perDay;
    this.clock = clock;
  }

  /** What one request holds of a principal's budget; settled once. */
  final class Reservation {
    private final String account;
    private final long onDay;
    private final long tokens;
    private boolean open = true;

    private Reservation(String account, long onDay, long tokens) {
      this.account = account;
      this.onDay = onDay;
      this.tokens = tokens;
    }

    /** It cost that much. */
    void settle(long cost) {
      synchronized (TokenBudget.this) {
        if (open && onDay == day) {
          used.merge(account, cost - tokens, Long::sum);
        }
        open = false;
      }
    }
  }

  /**
   * Reserves {@code tokens} of {@code account}.
   *
   * @throws dev.chitin.bus.ChitinException {@code llm.budget_exceeded} when they are not there
   */
  synchronized Reservation reserve(String account, long tokens) {
    long today = clock.instant().getEpochSecond() / DAY_SECONDS;
    if (today != day) {
      day = today;
      used.clear();
    }
    String name = used.containsKey(account) || used.size() < MOST ? account : OTHERS;
    long before = used.getOrDefault(name, 0L);
    if (perDay != null && before + tokens > perDay) {
      throw Problem.of(
              ProblemCode.LLM_BUDGET_EXCEEDED,
              "Of "
                  + perDay
                  + " tokens a day "
                  + Math.max(0, perDay - before)
                  + " are left, and the request asks for "
                  + tokens
                  + ".")
          .withRule("providers." + provider + ".tokens_per_day")
          .withHint("Ask for fewer, or again after midnight UTC.")
          .toException();
    }
    used.put(name, before + tokens);
    return new Reservation(name, today, tokens);
  }

  /** Seconds until the next day, when all budgets are whole again. */
  long untilTomorrow() {
    return DAY_SECONDS - Math.floorMod(clock.instant().getEpochSecond(), DAY_SECONDS);
  }

  /** What {@code account} used or holds today. */
  synchronized long used(String account) {
    return used.getOrDefault(account, 0L);
  }
}
