package dev.chitin.gateway.tls;

import dev.chitin.bus.ChitinException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every {@value #PERIOD_MILLIS} ms whether certificate and key are others, and if so gives
 * them to the listeners: new connections use the new pair, open ones stay. A pair that is not sound
 * changes nothing; it is told once, and counted. That the certificate in use comes to its end is
 * told once, too.
 */
public final class TlsRenewal implements AutoCloseable {
  /** How often the files are looked at. */
  public static final long PERIOD_MILLIS = 2_000;

  private static final Logger LOG = LoggerFactory.getLogger(TlsRenewal.class);

  private final Vertx vertx;
  private final TlsSettings settings;
  private final Function<TlsIdentity, Future<?>> apply;
  private final InstantSource clock;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final AtomicLong failures = new AtomicLong();
  private final long timer;
  private volatile TlsIdentity current;
  private volatile String complaint = "";
  private volatile Validity told = Validity.SOUND;

  /** How near its end the certificate in use is. */
  public enum Validity {
    SOUND,
    ENDING,
    EXPIRED
  }

  /**
   * Looks until it is closed.
   *
   * @param inUse what the listeners have
   * @param apply gives an identity to all listeners
   */
  public TlsRenewal(
      Vertx vertx,
      TlsSettings settings,
      TlsIdentity inUse,
      Function<TlsIdentity, Future<?>> apply) {
    this(vertx, settings, inUse, apply, InstantSource.system());
  }

  TlsRenewal(
      Vertx vertx,
      TlsSettings settings,
      TlsIdentity inUse,
      Function<TlsIdentity, Future<?>> apply,
      InstantSource clock) {
    this.clock = clock;
    this.vertx = vertx;
    this.settings = settings;
    this.current = inUse;
    this.apply = apply;
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> look());
  }

  /** When the certificate in use expires. */
  public Instant notAfter() {
    return current.notAfter();
  }

  /** How near its end the certificate in use is. */
  public Validity validity() {
    Instant now = clock.instant();
    if (now.isAfter(current.notAfter())) {
      return Validity.EXPIRED;
    }
    return now.isAfter(current.dueAt()) ? Validity.ENDING : Validity.SOUND;
  }

  /** Why the pair in the files is not taken; empty when it is the one in use. */
  public Optional<String> refusal() {
    String now = complaint;
    return now.isEmpty() ? Optional.empty() : Optional.of(now);
  }

  /** Pairs that were refused, since the start. */
  public long failures() {
    return failures.get();
  }

  /** Looks once; fails never: what is not sound is told. */
  Future<Void> look() {
    if (!looking.compareAndSet(false, true)) {
      return Future.succeededFuture();
    }
    return vertx
        .executeBlocking(() -> TlsIdentity.read(settings), false)
        .map(Objects::requireNonNull)
        .compose(this::renew)
        .onFailure(this::complain)
        .otherwiseEmpty()
        .onComplete(
            done -> {
              tellValidity();
              looking.set(false);
            });
  }

  private void tellValidity() {
    Validity now = validity();
    if (now == told) {
      return;
    }
    told = now;
    switch (now) {
      case SOUND -> {} // That it was renewed has been said.
      case ENDING ->
          LOG.warn("the certificate in use expires at {}; renew {}", notAfter(), settings.cert());
      case EXPIRED ->
          LOG.error(
              "the certificate in use expired at {}, clients refuse it; renew {}",
              notAfter(),
              settings.cert());
    }
  }

  private Future<Void> renew(TlsIdentity read) {
    if (read.digest().equals(current.digest())) {
      if (!complaint.isEmpty()) {
        complaint = "";
        LOG.info("the certificate in the files is the one in use again");
      }
      return Future.succeededFuture();
    }
    return apply
        .apply(read)
        .map(
            applied -> {
              current = read;
              complaint = "";
              LOG.info("the certificate was renewed; it expires {}", read.notAfter());
              return null;
            });
  }

  private void complain(Throwable failure) {
    ChitinException known = ChitinException.from(failure);
    String text = known.problem().detail();
    if (text.equals(complaint)) {
      return;
    }
    failures.incrementAndGet();
    complaint = text;
    String said = "the certificate in the files is not taken, the one in use stays: {}";
    if (known instanceof ChitinException.Defect) {
      LOG.error(said, text, failure);
    } else {
      LOG.error(said, text);
    }
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
