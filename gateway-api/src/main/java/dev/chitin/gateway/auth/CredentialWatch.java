package dev.chitin.gateway.auth;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * What hangs on a credential ends with it: running calls, open streams, sessions. Whoever lets
 * something hang registers how to end it; whoever knows that credentials may have ended calls
 * {@link #check}, which asks once for each credential in use. Safe for use by several threads.
 */
public final class CredentialWatch {
  private final int most;
  private final Predicate<Credential> holds;
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicLong next = new AtomicLong();
  private final ConcurrentHashMap<Long, Hold> held = new ConcurrentHashMap<>();

  /**
   * @param most things that may hang at once; more are refused
   * @param holds whether a credential would still be taken
   */
  public CredentialWatch(int most, Predicate<Credential> holds) {
    this.most = most;
    this.holds = holds;
  }

  /** One thing that hangs; closed when it is over. */
  public final class Hold implements AutoCloseable {
    private final long number;
    private final Credential credential;
    private final Runnable end;

    private Hold(long number, Credential credential, Runnable end) {
      this.number = number;
      this.credential = credential;
      this.end = end;
    }

    /** It is over. */
    @Override
    public void close() {
      if (held.remove(number) != null) {
        size.decrementAndGet();
      }
    }
  }

  /**
   * Lets something hang.
   *
   * @param end ends it; called at most once, on the thread that found out
   * @throws dev.chitin.bus.ChitinException {@code gateway.overloaded} at the bound, {@code
   *     auth.invalid} when the credential has ended meanwhile
   */
  public Hold hold(Credential credential, Runnable end) {
    if (size.incrementAndGet() > most) {
      size.decrementAndGet();
      throw Problem.of(
              ProblemCode.GATEWAY_OVERLOADED,
              "The gateway already holds " + most + " calls and streams for credentials.")
          .withHint("Try again when some have ended.")
          .toException();
    }
    var hold = new Hold(next.getAndIncrement(), credential, end);
    held.put(hold.number, hold);
    // A check that came between the caller's authentication and this place has not seen it.
    if (!holds.test(credential)) {
      hold.close();
      throw ended().toException();
    }
    return hold;
  }

  /** What a caller is told whose credential ended under a call. */
  public static Problem ended() {
    return Problem.of(
            ProblemCode.AUTH_INVALID, "The credential has expired or was revoked meanwhile.")
        .withHint("Send the request again with a credential that holds.");
  }

  /** Ends what hangs on credentials that hold no longer. */
  public void check() {
    Map<Credential, Boolean> asked = new HashMap<>();
    for (Hold hold : held.values()) {
      boolean stands = asked.computeIfAbsent(hold.credential, holds::test);
      if (!stands && held.remove(hold.number) != null) {
        size.decrementAndGet();
        hold.end.run();
      }
    }
  }

  /** How many things hang now. */
  public int size() {
    return size.get();
  }
}
