package dev.chitin.gateway.auth.mtls;

import dev.chitin.bus.Digest;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CRL;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lists of revoked certificates (RFC 5280) in one file, PEM or DER, signed by the authorities
 * of clients. Looked at every {@value #PERIOD_MILLIS} ms. A file that cannot be read, is not signed
 * by them or is out of date answers nothing, and then no certificate is taken.
 */
public final class RevocationList implements AutoCloseable {
  /** How often the file is looked at. */
  public static final long PERIOD_MILLIS = 2_000;

  private static final Logger LOG = LoggerFactory.getLogger(RevocationList.class);
  private static final int MOST_BYTES = 16 << 20;

  private final Vertx vertx;
  private final Path file;
  private final List<X509Certificate> authorities;
  private final InstantSource clock;
  private final Runnable changed;
  private final AtomicBoolean reading = new AtomicBoolean();
  private final long timer;
  private volatile @Nullable Read read;
  private String complaint = "";

  private record Read(Digest digest, Map<X500Principal, X509CRL> lists) {}

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
    this.vertx = vertx;
    this.file = file;
    this.authorities = List.copyOf(authorities);
    this.clock = clock;
    this.changed = changed;
    look();
    this.timer = vertx.setPeriodic(PERIOD_MILLIS, tick -> lookLater());
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
  private synchronized boolean look() {
    Read before = read;
    try {
      byte[] bytes = bytes();
      Digest digest = Digest.of(bytes);
      if (before != null && before.digest().equals(digest)) {
        return false;
      }
      read = new Read(digest, lists(bytes));
      complaint = "";
      return true;
    } catch (IOException | GeneralSecurityException e) {
      read = null;
      String text = String.valueOf(e.getMessage());
      if (!text.equals(complaint)) {
        complaint = text;
        LOG.error("{} cannot be used, no client certificate is taken: {}", file, text);
      }
      return before != null;
    }
  }

  private byte[] bytes() throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new IOException("it is larger than 16 MiB");
      }
      return bytes;
    }
  }

  private Map<X500Principal, X509CRL> lists(byte[] bytes) throws GeneralSecurityException {
    Collection<? extends CRL> found =
        CertificateFactory.getInstance("X.509").generateCRLs(new ByteArrayInputStream(bytes));
    Map<X500Principal, X509CRL> lists = new HashMap<>();
    for (CRL one : found) {
      if (one instanceof X509CRL list) {
        verify(list);
        lists.put(list.getIssuerX500Principal(), list);
      }
    }
    if (lists.isEmpty()) {
      throw new GeneralSecurityException("it holds no list");
    }
    return lists;
  }

  private void verify(X509CRL list) throws GeneralSecurityException {
    for (X509Certificate authority : authorities) {
      if (authority.getSubjectX500Principal().equals(list.getIssuerX500Principal())) {
        list.verify(authority.getPublicKey());
        return;
      }
    }
    throw new GeneralSecurityException(
        "a list in it is of somebody else than gateway.tls.client_ca");
  }

  boolean isAuthority(X509Certificate certificate) {
    return authorities.contains(certificate);
  }

  /** Whether the certificate was revoked; empty when that is not known. */
  Optional<Boolean> revokes(X509Certificate certificate) {
    Read now = read;
    X509CRL list = now == null ? null : now.lists().get(certificate.getIssuerX500Principal());
    if (list == null) {
      return Optional.empty();
    }
    Instant next = list.getNextUpdate() == null ? null : list.getNextUpdate().toInstant();
    boolean isOver = next != null && clock.instant().isAfter(next);
    return isOver ? Optional.empty() : Optional.of(list.isRevoked(certificate));
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
  }
}
