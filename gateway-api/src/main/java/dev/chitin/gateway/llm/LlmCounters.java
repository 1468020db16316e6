package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.ProblemCode;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the routes to providers counted since the start; every label has a closed set of values.
 * Each turn of a tool loop counts as a request, and once more the loop's own end where that is not
 * the end of a turn.
 */
public final class LlmCounters {

  /** How a request ended. */
  public enum Outcome {
    /** The answer passed whole. */
    OK,
    /** The provider answered with an error, or sent one among its events. */
    PROVIDER_ERROR,
    /** There was no answer, or it broke off. */
    PROVIDER_FAILED,
    /** The caller left, its credential ended, or the gateway stops or has no room. */
    CANCELLED,
    /** A tool loop came to one of its bounds. */
    LOOP_BOUND,
    /** The gateway did not send it on. */
    REFUSED;

    /** What a request came to that ended with {@code failure} after it was sent. */
    static Outcome of(ChitinException failure) {
      return failure.code() == ProblemCode.GATEWAY_OVERLOADED
          ? CANCELLED
          : of(failure, PROVIDER_FAILED);
    }

    /** What a request came to that ended with {@code failure} before it was sent. */
    static Outcome ofUnsent(ChitinException failure) {
      return of(failure, REFUSED);
    }

    private static Outcome of(ChitinException failure, Outcome other) {
      return switch (failure.code()) {
        case CALL_CANCELLED, AUTH_INVALID, GATEWAY_DRAINING -> CANCELLED;
        case LLM_TOOL_LOOP_BOUND -> LOOP_BOUND;
        default -> other;
      };
    }

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Map<LlmRoute, Map<Outcome, LongAdder>> requests = new EnumMap<>(LlmRoute.class);
  private final Map<Dialect, LongAdder> read = adders(Dialect.class, Dialect.values());
  private final Map<Dialect, LongAdder> written = adders(Dialect.class, Dialect.values());

  LlmCounters() {
    for (LlmRoute route : LlmRoute.values()) {
      requests.put(route, adders(Outcome.class, Outcome.values()));
    }
  }

  private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type, E[] values) {
    Map<E, LongAdder> adders = new EnumMap<>(type);
    for (E value : values) {
      adders.put(value, new LongAdder());
    }
    return adders;
  }

  private static <E extends Enum<E>> LongAdder of(Map<E, LongAdder> adders, E value) {
    return Objects.requireNonNull(adders.get(value));
  }

  void ended(LlmRoute route, Outcome outcome) {
    of(Objects.requireNonNull(requests.get(route)), outcome).increment();
  }

  void used(Dialect dialect, Usage usage) {
    if (usage.inputTokens() != null) {
      of(read, dialect).add(usage.inputTokens());
    }
    if (usage.outputTokens() != null) {
      of(written, dialect).add(usage.outputTokens());
    }
  }

  /** Requests on {@code route} that ended so. */
  public long requests(LlmRoute route, Outcome outcome) {
    return of(Objects.requireNonNull(requests.get(route)), outcome).sum();
  }

  /** Tokens that a provider reported. */
  public long tokens(Dialect dialect, boolean output) {
    return of(output ? written : read, dialect).sum();
  }
}
