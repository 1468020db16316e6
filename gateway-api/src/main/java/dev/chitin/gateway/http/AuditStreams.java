package dev.chitin.gateway.http;

import io.vertx.core.Vertx;
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
  private final StreamPlaces<AuditSubscription> subscribers = new StreamPlaces<>(MOST);
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
      subscribers.each(AuditSubscription::more);
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
    subscribers.take(subscriber);
  }

  void leave(AuditSubscription subscriber) {
    subscribers.leave(subscriber);
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
    subscribers.each(AuditSubscription::stop);
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
