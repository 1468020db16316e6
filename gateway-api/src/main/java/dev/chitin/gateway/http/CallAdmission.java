package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the running calls of this node, in all and for each principal. Holds an entry only for a
 * principal with a running call, so it is bounded by the calls themselves.
 */
public final class CallAdmission {
  private final int most;
  private volatile int mostPerPrincipal;
  private final AtomicInteger running = new AtomicInteger();
  private final ConcurrentHashMap<String, Integer> byPrincipal = new ConcurrentHashMap<>();

  public CallAdmission(int most, int mostPerPrincipal) {
    this.most = most;
    this.mostPerPrincipal = mostPerPrincipal;
  }

  /**
   * Takes a place for one call of {@code principal}.
   *
   * @throws dev.chitin.bus.ChitinException {@code call.limit} at the principal's bound, {@code
   *     gateway.overloaded} at the gateway's
   */
  void enter(String principal) {
    if (running.incrementAndGet() > most) {
      running.decrementAndGet();
      throw Problem.of(
              ProblemCode.GATEWAY_OVERLOADED, "The gateway already runs " + most + " calls.")
          .withRule("gateway.limits.calls")
          .withHint("Try again when calls have ended.")
          .toException();
    }
    int own = byPrincipal.merge(principal, 1, Integer::sum);
    if (own > mostPerPrincipal) {
      leave(principal);
      throw Problem.of(
              ProblemCode.CALL_LIMIT, "You already have " + mostPerPrincipal + " running calls.")
          .withRule("gateway.limits.calls_per_principal")
          .withHint("Try again when calls have ended.")
          .toException();
    }
  }

  /** Gives the place back. */
  void leave(String principal) {
    running.decrementAndGet();
    byPrincipal.computeIfPresent(principal, (id, count) -> count == 1 ? null : count - 1);
  }

  /** Holds each principal to {@code most} calls from now on; what runs stays. */
  public void boundPerPrincipal(int most) {
    mostPerPrincipal = most;
  }

  /** How many calls run now. */
  public int running() {
    return running.get();
  }
}
