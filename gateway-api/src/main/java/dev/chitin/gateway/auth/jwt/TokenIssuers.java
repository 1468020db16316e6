package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.auth.Credential;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The configured issuers while the gateway runs: their keys are read at the start, files every
 * {@value #FILE_MILLIS} ms, fetched sets every ten minutes (every thirty seconds while there are
 * none).
 */
public final class TokenIssuers implements AutoCloseable {
  /** How often a file of keys is looked at. */
  public static final long FILE_MILLIS = 2_000;

  private static final long FETCH_MILLIS = Duration.ofMinutes(10).toMillis();
  private static final long RETRY_MILLIS = Duration.ofSeconds(30).toMillis();

  private final Vertx vertx;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final VerificationPool pool = new VerificationPool();
  private final TokenVerifier verifier;
  private final Map<String, IssuerKeys> keys = new HashMap<>();

  /**
   * Reads what can be read. Blocks.
   *
   * @param revoked whether a token was revoked
   * @param changed told when an issuer's keys are others
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} for a file of keys that cannot be
   *     used; a set that cannot be fetched stops nothing, and its issuer's tokens are refused
   */
  public TokenIssuers(
      Vertx vertx,
      List<IssuerSettings> settings,
      Predicate<Credential.Token> revoked,
      Runnable changed) {
    this.vertx = vertx;
    opened.push(pool);
    Set<Issuer> issuers = new HashSet<>();
    // An issuer's keys tell the verifier when they are others, and the verifier has the issuers.
    var others = new Runnable[] {() -> {}};
    for (IssuerSettings one : settings) {
      issuers.add(open(one, () -> others[0].run()));
    }
    verifier = new TokenVerifier(issuers, pool, revoked, InstantSource.system(), System::nanoTime);
    others[0] =
        () -> {
          verifier.forget();
          changed.run();
        };
  }

  /** Seconds since each issuer's keys were last read, by its name. */
  public Map<String, DoubleSupplier> ages() {
    Map<String, DoubleSupplier> ages = new HashMap<>();
    keys.forEach((issuer, held) -> ages.put(issuer, held::age));
    return ages;
  }

  /** What is wrong with whose keys, by the issuer's name. */
  public Map<String, String> troubles() {
    Map<String, String> troubles = new TreeMap<>();
    keys.forEach(
        (issuer, held) -> held.trouble().ifPresent(trouble -> troubles.put(issuer, trouble)));
    return troubles;
  }

  private Issuer open(IssuerSettings settings, Runnable changed) {
    IssuerKeys held =
        switch (settings.keys()) {
          case IssuerSettings.Keys.InFile in -> inFile(settings.issuer(), in.file(), changed);
          case IssuerSettings.Keys.AtUrl at -> atUrl(settings.issuer(), at, changed);
        };
    keys.put(settings.issuer(), held);
    return new Issuer(settings, held);
  }

  /**
   * Reads the files that an issuer's settings name, and keeps nothing of them. Blocks.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} for one that cannot be used
   */
  public static void checkFiles(IssuerSettings settings) {
    switch (settings.keys()) {
      case IssuerSettings.Keys.InFile in -> {
        try {
          String place = in.file().toString();
          JwkSet.parse(FileKeySource.bytes(in.file()), place).requireKeys(place);
        } catch (IOException | ChitinException e) {
          throw unreadable(settings.issuer(), e);
        }
      }
      case IssuerSettings.Keys.AtUrl at -> {
        var _ = ca(at.ca());
      }
    }
  }

  private IssuerKeys inFile(String issuer, Path file, Runnable changed) {
    var held =
        new IssuerKeys(issuer, new FileKeySource(vertx, file), false, System::nanoTime, changed);
    try {
      held.readFirst().await();
    } catch (Exception e) {
      close();
      throw unreadable(issuer, e);
    }
    long timer = vertx.setPeriodic(FILE_MILLIS, tick -> held.read());
    opened.push(() -> vertx.cancelTimer(timer));
    return held;
  }

  private static ChitinException unreadable(String issuer, Exception cause) {
    return Problem.of(
            ProblemCode.CONFIG_INVALID,
            "The keys of the issuer "
                + issuer
                + " cannot be read: "
                + IssuerKeys.reason(cause)
                + ".")
        .withRule("auth.issuers.jwks_file")
        .withHint(
            "Put the issuer's set of open keys (RFC 7517) there, readable by the gateway's user,"
                + " or name another file.")
        .toException(cause);
  }

  private IssuerKeys atUrl(String issuer, IssuerSettings.Keys.AtUrl at, Runnable changed) {
    @Nullable Buffer ca;
    try {
      ca = ca(at.ca());
    } catch (ChitinException e) {
      close();
      throw e;
    }
    var source = new UrlKeySource(vertx, at.url(), ca);
    opened.push(source);
    var held = new IssuerKeys(issuer, source, true, System::nanoTime, changed);
    held.read().await();
    long[] waited = {0};
    long timer =
        vertx.setPeriodic(
            RETRY_MILLIS,
            tick -> {
              waited[0] += RETRY_MILLIS;
              if (waited[0] >= FETCH_MILLIS || !held.serve()) {
                waited[0] = 0;
                held.read();
              }
            });
    opened.push(() -> vertx.cancelTimer(timer));
    return held;
  }

  private static @Nullable Buffer ca(@Nullable Path file) {
    if (file == null) {
      return null;
    }
    try {
      return Buffer.buffer(FileKeySource.bytes(file));
    } catch (IOException e) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, file + " cannot be read.")
          .withRule("auth.issuers.jwks_ca")
          .withHint("Name a PEM file that the gateway's user can read.")
          .toException(e);
    }
  }

  public TokenVerifier verifier() {
    return verifier;
  }

  /** Signatures that were looked at, since the start. */
  public long verifications() {
    return pool.verifications();
  }

  /** Signatures that wait. */
  public int waiting() {
    return pool.waiting();
  }

  /** Threads that verify now. */
  public int active() {
    return pool.active();
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("an issuer's source did not close", e);
      }
    }
  }
}
