package dev.chitin.gateway.auth.mtls;

import dev.chitin.bus.Digest;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lists of revoked certificates (RFC 5280) in one file, PEM or DER, signed by the authorities
 * of clients. Looked at every {@value #PERIOD_MILLIS} ms. A file that is missing, broken, not
 * signed by them or out of date answers nothing, and then no certificate is taken. One that cannot
 * be read for the moment is taken as it was last read, for {@link #PATIENCE} at most. A list that
 * is older than one that was read since the start does not take its place.
 */
public final class RevocationList implements AutoCloseable {
  /** How often the file is looked at. */
  public static final long PERIOD_MILLIS = 2_000;

  /** How long lists serve after they were last read. */
  static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(RevocationList.class);

  private final Vertx vertx;
  private final CrlSource source;
  private final List<X509Certificate> authorities;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Runnable changed;
  private final long begun;
  private final AtomicBoolean reading = new AtomicBoolean();
  private final long timer;
  private volatile @Nullable Read read;
  private @Nullable RevocationLists newest;
  private volatile String complaint = "";

  private record Read(Digest digest, RevocationLists lists, long readAt) {}

  /**
   * Reads the file. Blocks.
   *
   * @param changed told when the file is another
   */
  public RevocationList(
      Vertx vertx,
      Path file,
      List<X509Certificate> authorities,
      InstantSource clock,
      Runnable changed) {
    this(vertx, new CrlFile(file), authorities, clock, System::nanoTime, changed);
  }

  /**
   * @param nanos a monotonic clock
   */
  RevocationList(
      Vertx vertx,
      CrlSource source,
      List<X509Certificate> authorities,
      InstantSource clock,
      LongSupplier nanos,
      Runnable changed) {
    this.vertx = vertx;
    this.source = source;
    this.authorities = List.copyOf(authorities);
    this.clock = clock;
    this.nanos = nanos;
    this.changed = changed;
    this.begun = nanos.getAsLong();
    look();
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> lookLater());
  }

  /** Seconds since the file was last read and of use or, before that, since it was first read. */
  public double age() {
    Read now = read;
    return (nanos.getAsLong() - (now == null ? begun : now.readAt())) / 1e9;
  }

  /** What stands in the way of certificates, or will, as it was found last; else empty. */
  public Optional<String> trouble() {
    String now = complaint;
    if (now.isEmpty() && serving() == null) {
      now = "was not read for five minutes, no client certificate is taken";
    }
    return now.isEmpty() ? Optional.empty() : Optional.of(source.place() + " " + now);
  }

  private void lookLater() {
    if (!reading.compareAndSet(false, true)) {
      return;
    }
    vertx
        .executeBlocking(this::look, false)
        .onComplete(done -> reading.set(false))
        .onSuccess(
            another -> {
              if (Boolean.TRUE.equals(another)) {
                changed.run();
              }
            });
  }

  /** Reads the file; whether it says something else than before. */
  synchronized boolean look() {
    try {
      return take(source.read());
    } catch (IOException e) {
      return serving() == null ? drop(e) : keep(e);
    } catch (GeneralSecurityException | RuntimeException e) {
      return drop(e);
    }
  }

  private boolean take(byte[] bytes) throws GeneralSecurityException {
    Read before = read;
    Digest digest = Digest.of(bytes);
    boolean same = before != null && before.digest().equals(digest);
    RevocationLists lists = before != null && same ? before.lists() : next(bytes);
    newest = lists;
    read = new Read(digest, lists, nanos.getAsLong());
    judge(lists);
    if (!same) {
      lists.passedOver().forEach(old -> LOG.warn("{}: passed over is {}", source.place(), old));
    }
    return !same;
  }

  /**
   * What is dropped meanwhile is not forgotten: nor does a file that was gone go back behind it.
   */
  private RevocationLists next(byte[] bytes) throws GeneralSecurityException {
    RevocationLists parsed = RevocationLists.parse(bytes, authorities);
    RevocationLists before = newest;
    return before == null ? parsed : parsed.after(before);
  }

  private void judge(RevocationLists lists) {
    List<String> over = lists.over(clock.instant());
    if (!over.isEmpty()) {
      complain("is out of date, no certificate of its issuer is taken", String.join(", ", over));
    } else if (!lists.wentBack().isEmpty()) {
      complain(
          "went back, the newer list stays in force until a newer one is there, or a restart",
          String.join(", ", lists.wentBack()));
    } else if (!complaint.isEmpty()) {
      complaint = "";
      LOG.info("{} is as it should be again", source.place());
    }
  }

  private boolean keep(Exception failure) {
    complain("cannot be read, its lists serve for five minutes", failure.getMessage());
    return false;
  }

  private boolean drop(Exception failure) {
    boolean served = read != null;
    read = null;
    complain("cannot be used, no client certificate is taken", failure.getMessage());
    return served;
  }

  private void complain(String consequence, @Nullable String why) {
    String text = consequence + ": " + why;
    if (!text.equals(complaint)) {
      complaint = text;
      LOG.error("{} {}", source.place(), text);
    }
  }

  boolean isAuthority(X509Certificate certificate) {
    return authorities.contains(certificate);
  }

  /** Whether the certificate was revoked; empty when that is not known. */
  Optional<Boolean> revokes(X509Certificate certificate) {
    RevocationLists lists = serving();
    return lists == null ? Optional.empty() : lists.revokes(certificate, clock.instant());
  }

  private @Nullable RevocationLists serving() {
    Read now = read;
    return now == null || nanos.getAsLong() - now.readAt() > PATIENCE.toNanos()
        ? null
        : now.lists();
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
