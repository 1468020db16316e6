package dev.chitin.gateway.llm;

import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** What the routes to providers counted since the start; every label has a closed set of values. */
public final class LlmCounters {

  /** How a request ended. */
  public enum Outcome {
    /** The answer passed whole. */
    OK,
    /** The provider answered with an error, or sent one among its events. */
    PROVIDER_ERROR,
    /** There was no answer, or it broke off. */
    PROVIDER_FAILED,
    /** The caller left. */
    CANCELLED,
    /** The gateway did not send it on. */
    REFUSED;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final LongAdder[][] requests = adders(LlmRoute.values().length, Outcome.values().length);
  private final LongAdder[][] tokens = adders(Dialect.values().length, 2);

  private static LongAdder[][] adders(int rows, int columns) {
    var adders = new LongAdder[rows][columns];
    for (LongAdder[] row : adders) {
      for (int i = 0; i < columns; i++) {
        row[i] = new LongAdder();
      }
    }
    return adders;
  }

  void ended(LlmRoute route, Outcome outcome) {
    requests[route.ordinal()][outcome.ordinal()].increment();
  }

  void used(Dialect dialect, Usage usage) {
    if (usage.inputTokens() != null) {
      tokens[dialect.ordinal()][0].add(usage.inputTokens());
    }
    if (usage.outputTokens() != null) {
      tokens[dialect.ordinal()][1].add(usage.outputTokens());
    }
  }

  /** Requests on {@code route} that ended so. */
  public long requests(LlmRoute route, Outcome outcome) {
    return requests[route.ordinal()][outcome.ordinal()].sum();
  }

  /** Tokens that a provider reported. */
  public long tokens(Dialect dialect, boolean output) {
    return tokens[dialect.ordinal()][output ? 1 : 0].sum();
  }
}
