package dev.chitin.gateway.session;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.Caller;
import dev.chitin.gateway.auth.Credential;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The open sessions of this node. They end when they were not used for a while, when they are old,
 * and with their credential; all on a monotonic clock. At a bound the one of the same principal
 * that was not used for longest gives way, never another's. Safe for use by several threads.
 */
public final class SessionTable {
  private static final int ID_BYTES = 32;

  private final SessionBounds bounds;
  private final LongSupplier nanos;
  private final Change told;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Session> sessions = new HashMap<>();

  /** The sessions of each principal, that which was not used for longest first. */
  private final Map<String, LinkedHashMap<String, Session>> byAccount = new HashMap<>();

  /** Told of each session's beginning and end; must not call back. */
  @FunctionalInterface
  public interface Change {
    /**
     * A session began or ended.
     *
     * @param action {@code open}, {@code close} or {@code expire}
     * @param reason why it ended, or empty
     */
    void changed(Session session, String action, String reason);
  }

  /**
   * @param nanos a monotonic clock
   */
  public SessionTable(SessionBounds bounds, LongSupplier nanos, Change told) {
    this.bounds = bounds;
    this.nanos = nanos;
    this.told = told;
  }

  /**
   * Opens one for a caller.
   *
   * @throws dev.chitin.bus.ChitinException {@code gateway.overloaded} when there are too many in
   *     all and none of them is the caller's
   */
  public synchronized Session open(Caller caller) {
    sweep();
    LinkedHashMap<String, Session> own =
        byAccount.getOrDefault(caller.account(), new LinkedHashMap<>());
    boolean isFull = own.size() >= bounds.perPrincipal() || sessions.size() >= bounds.total();
    if (isFull && own.isEmpty()) {
      throw Problem.of(
              ProblemCode.GATEWAY_OVERLOADED,
              "There are " + bounds.total() + " sessions open already.")
          .withHint("Try again later; call without a session meanwhile.")
          .toException();
    }
    if (isFull) {
      end(own.firstEntry().getValue(), "close", "displaced");
    }
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    long now = nanos.getAsLong();
    var session =
        new Session(
            Base64.getUrlEncoder().withoutPadding().encodeToString(bytes),
            caller.principal(),
            caller.credential(),
            System.currentTimeMillis(),
            now,
            now);
    sessions.put(session.id(), session);
    byAccount
        .computeIfAbsent(session.account(), name -> new LinkedHashMap<>())
        .put(session.id(), session);
    told.changed(session, "open", "");
    return session;
  }

  /**
   * Uses a session for one request.
   *
   * @throws dev.chitin.bus.ChitinException {@code session.unknown} when there is none of that id
   *     for this caller and this credential; it is not said whether somebody else has it
   */
  public synchronized Session use(String id, Caller caller) {
    Session session = sessions.get(id);
    if (session != null && isOver(session)) {
      end(session, "expire", reason(session));
      session = null;
    }
    if (session == null
        || !session.account().equals(caller.account())
        || !session.credential().equals(caller.credential())) {
      throw unknown();
    }
    Session used = session.usedAt(nanos.getAsLong());
    sessions.put(id, used);
    LinkedHashMap<String, Session> own = byAccount.get(used.account());
    if (own != null) {
      own.putLast(id, used);
    }
    return used;
  }

  private static RuntimeException unknown() {
    return Problem.of(
            ProblemCode.SESSION_UNKNOWN,
            "There is no such session for this credential, or it ended.")
        .withHint("POST /v1/sessions opens one.")
        .toException();
  }

  /** The sessions that {@code seen} lets through, oldest first. */
  public synchronized List<Session> list(Predicate<Session> seen) {
    sweep();
    return sessions.values().stream()
        .filter(seen)
        .sorted(Comparator.comparingLong(Session::openedNanos).thenComparing(Session::id))
        .toList();
  }

  /**
   * Closes one.
   *
   * @throws dev.chitin.bus.ChitinException {@code session.unknown} when there is none that {@code
   *     seen} lets through
   */
  public synchronized void close(String id, Predicate<Session> seen) {
    sweep();
    Session session =
        Optional.ofNullable(sessions.get(id)).filter(seen).orElseThrow(SessionTable::unknown);
    end(session, "close", "");
  }

  /** Ends what is over. */
  public synchronized void sweep() {
    for (Session session : new ArrayList<>(sessions.values())) {
      if (isOver(session)) {
        end(session, "expire", reason(session));
      }
    }
  }

  /** Ends the sessions whose credential holds no longer; asks once for each credential. */
  public void check(Predicate<Credential> holds) {
    Map<Credential, Boolean> asked = new HashMap<>();
    for (Session session : list(all -> true)) {
      if (!asked.computeIfAbsent(session.credential(), holds::test)) {
        endIfOpen(session.id());
      }
    }
  }

  private synchronized void endIfOpen(String id) {
    Session session = sessions.get(id);
    if (session != null) {
      end(session, "close", "credential");
    }
  }

  private boolean isOver(Session session) {
    return !reason(session).isEmpty();
  }

  private String reason(Session session) {
    long now = nanos.getAsLong();
    if (now - session.openedNanos() >= TimeUnit.MILLISECONDS.toNanos(bounds.absoluteMillis())) {
      return "absolute";
    }
    return now - session.usedNanos() >= TimeUnit.MILLISECONDS.toNanos(bounds.idleMillis())
        ? "idle"
        : "";
  }

  private void end(Session session, String action, String reason) {
    sessions.remove(session.id());
    LinkedHashMap<String, Session> own = byAccount.get(session.account());
    if (own != null) {
      own.remove(session.id());
      if (own.isEmpty()) {
        byAccount.remove(session.account());
      }
    }
    told.changed(session, action, reason);
  }

  /** How long until a session ends if it is not used, in milliseconds. */
  public long remainingMillis(Session session) {
    long now = nanos.getAsLong();
    long idle = bounds.idleMillis() - TimeUnit.NANOSECONDS.toMillis(now - session.usedNanos());
    long whole =
        bounds.absoluteMillis() - TimeUnit.NANOSECONDS.toMillis(now - session.openedNanos());
    return Math.max(0, Math.min(idle, whole));
  }

  /** How many are open. */
  public synchronized int size() {
    return sessions.size();
  }
}
