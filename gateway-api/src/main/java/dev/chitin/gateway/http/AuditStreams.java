package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Vertx;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Who reads the log live: at most {@value #MOST} at once. Looks 20 times a second whether there is
 * more that is durable and tells them; the log's writer knows nothing of it. Safe for use from any
 * thread.
 */
public final class AuditStreams implements AutoCloseable {
  /** Most subscribers of all tenants. */
  public static final int MOST = 64;

  private static final long LOOK_MILLIS = 50;
  private static final long PATIENCE_MILLIS = 10_000;

  private final Vertx vertx;
  private final AuditSearch search;
  private final long patienceMillis;
  private final long timer;
  private final Set<AuditSubscription> subscribers = ConcurrentHashMap.newKeySet();
  private final AtomicLong gaps = new AtomicLong();
  private volatile long seen;

  /** Streams that wait 10 s for a slow reader. */
  public AuditStreams(Vertx vertx, AuditSearch search) {
    this(vertx, search, PATIENCE_MILLIS);
  }

  /**
   * @param patienceMillis how long a reader may take nothing
   */
  AuditStreams(Vertx vertx, AuditSearch search, long patienceMillis) {
    this.vertx = vertx;
    this.search = search;
    this.patienceMillis = patienceMillis;
    this.timer = vertx.setPeriodic(LOOK_MILLIS, due -> look());
  }

  private void look() {
    long now = size();
    if (now > seen) {
      seen = now;
      subscribers.forEach(AuditSubscription::more);
    }
  }

  /** How many entries are durable. */
  long size() {
    return search.reads().log().publication().size();
  }

  AuditSearch search() {
    return search;
  }

  long patienceMillis() {
    return patienceMillis;
  }

  Vertx vertx() {
    return vertx;
  }

  void enter(AuditSubscription subscriber) {
    if (subscribers.size() >= MOST || !subscribers.add(subscriber)) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, MOST + " streams of the log are the most.")
          .withRule("audit.subscribers")
          .withHint("Close a stream that nobody reads, or ask GET /v1/audit/events.")
          .toException();
    }
  }

  void leave(AuditSubscription subscriber) {
    subscribers.remove(subscriber);
  }

  void countGap() {
    gaps.incrementAndGet();
  }

  /** How many read now. */
  public int subscribers() {
    return subscribers.size();
  }

  /** How often a slow reader was left, since the start. */
  public long gaps() {
    return gaps.get();
  }

  /** Ends all, because the gateway stops; they find what follows by their last index. */
  public void end() {
    subscribers.forEach(AuditSubscription::stop);
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
