package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's keys and revoked tokens, in one file. One process at a time holds it. Look-ups are
 * free of locks and see each change at once. When a key was last used is known to the hour, and
 * written with the next change or {@link #flush}.
 */
public final class KeyStore implements AutoCloseable {
  /** Most keys of one gateway, and most revoked tokens. */
  public static final int MAX_KEYS = 10_000;

  /** The longest life of a key, and the longest overlap of a rotation. */
  public static final Duration LONGEST = Duration.ofDays(3_660);

  private static final long HOUR = 3_600_000;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");

  private final KeyFile file;
  private final FileChannel lock;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final ConcurrentHashMap<String, Long> used = new ConcurrentHashMap<>();
  private volatile KeyFile.Content content;

  private KeyStore(KeyFile file, FileChannel lock, InstantSource clock) {
    this.file = file;
    this.lock = lock;
    this.clock = clock;
    this.content = file.read();
  }

  /**
   * Opens {@code directory/keys.json}, which need not exist yet, and locks it for this process.
   *
   * @throws dev.chitin.bus.ChitinException when another process holds it or it cannot be read
   */
  public static KeyStore open(Path directory) {
    return open(directory, InstantSource.system());
  }

  static KeyStore open(Path directory, InstantSource clock) {
    FileChannel channel = lock(directory);
    try {
      return new KeyStore(new KeyFile(directory), channel, clock);
    } catch (RuntimeException e) {
      release(channel);
      throw e;
    }
  }

  private static FileChannel lock(Path directory) {
    try {
      FileChannel channel =
          FileChannel.open(
              directory.resolve("keys.lock"),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw KeyFile.unavailable("another process holds them").toException();
      }
      return channel;
    } catch (IOException e) {
      throw KeyFile.unavailable("their lock file cannot be opened").toException(e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** The record of a key that was not revoked; it may have expired. */
  public Optional<KeyRecord> find(String id) {
    return Optional.ofNullable(content.keys().get(id));
  }

  /** Whether the key may be used now. */
  boolean holds(String id) {
    return find(id).filter(key -> !key.isExpired(clock.millis())).isPresent();
  }

  /** Whether a token, or all tokens of its subject, were revoked. */
  public boolean isRevoked(Credential.Token token) {
    Set<RevokedToken> revoked = content.revoked();
    if (revoked.isEmpty()) {
      return false;
    }
    String id = token.id();
    return (id != null && isRevoked(revoked, RevokedToken.By.JTI, id, token.issuer()))
        || isRevoked(revoked, RevokedToken.By.SUB, token.subject(), token.issuer());
  }

  private static boolean isRevoked(
      Set<RevokedToken> revoked, RevokedToken.By by, String value, String issuer) {
    return revoked.contains(new RevokedToken(by, value, null))
        || revoked.contains(new RevokedToken(by, value, issuer));
  }

  /** A key was used now. */
  void used(String id) {
    long hour = clock.millis() / HOUR * HOUR;
    Long known = used.get(id);
    if (known == null || known != hour) {
      used.put(id, hour);
    }
  }

  /** All keys, oldest first. */
  public List<KeyRecord> list() {
    return content.keys().values().stream()
        .map(this::withUse)
        .sorted(Comparator.comparingLong(KeyRecord::createdMillis).thenComparing(KeyRecord::id))
        .toList();
  }

  /** All revoked tokens, in the order in which they were revoked. */
  public List<RevokedToken> revokedTokens() {
    return List.copyOf(content.revoked());
  }

  private KeyRecord withUse(KeyRecord key) {
    Long hour = used.get(key.id());
    return hour == null ? key : key.used(hour);
  }

  /** Makes a key; it is on disk when this returns. Blocks. */
  public synchronized CreatedKey create(KeySpec spec) {
    checkName(spec.name(), "a key");
    checkName(spec.tenant(), "a tenant");
    Permissions.narrowed(spec.role(), spec.scopes());
    Long life = spec.lifeMillis();
    long now = clock.millis();
    return add(
        new TreeMap<>(content.keys()), spec, now, life == null ? null : after(now, life), null);
  }

  /**
   * Makes a key in place of another, which holds until the overlap's end. The new one has the old
   * one's rights, and its whole life before it when that was limited. Blocks.
   *
   * @param overlapMillis how long both hold; 0 ends the old one at once
   */
  public synchronized CreatedKey rotate(String id, long overlapMillis) {
    long now = clock.millis();
    KeyRecord old = known(id);
    if (old.isExpired(now)) {
      throw Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, "The key has expired.")
          .withHint("Make a new one with chitin key create.")
          .toException();
    }
    Long expires = old.expiresMillis();
    long end = after(now, overlapMillis);
    var next = new TreeMap<>(content.keys());
    next.put(id, old.expiring(expires == null ? end : Math.min(end, expires)));
    Long life = expires == null ? null : expires - old.createdMillis();
    var spec = new KeySpec(old.tenant(), old.name(), old.role(), old.scopes(), life);
    return add(next, spec, now, life == null ? null : after(now, life), id);
  }

  private static long after(long now, long millis) {
    if (millis < 0 || millis > LONGEST.toMillis()) {
      throw Problem.of(
              ProblemCode.REQUEST_ARGUMENTS_INVALID,
              "A key lives, and a rotation overlaps, at most " + LONGEST.toDays() + " days.")
          .toException();
    }
    return now + millis;
  }

  private CreatedKey add(
      Map<String, KeyRecord> next,
      KeySpec spec,
      long now,
      @Nullable Long expires,
      @Nullable String replaces) {
    if (next.size() >= MAX_KEYS) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, "There are " + MAX_KEYS + " keys already.")
          .withHint("Revoke keys that are no longer used.")
          .toException();
    }
    ApiKey key = ApiKey.generate(random);
    next.put(
        key.id(),
        new KeyRecord(
            key.id(),
            spec.tenant(),
            spec.name(),
            spec.role(),
            spec.scopes(),
            digest(key.secret()),
            now,
            expires,
            null,
            replaces));
    replace(next, content.revoked());
    return new CreatedKey(key.id(), key.reveal());
  }

  private static void checkName(String name, String of) {
    if (!NAME.matcher(name).matches()) {
      throw Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, "That is not a name for " + of + ".")
          .withHint("Use 1 to 64 letters, digits, dots, underscores, hyphens or @.")
          .toException();
    }
  }

  private KeyRecord known(String id) {
    return find(id).orElseThrow(KeyStore::unknown);
  }

  /**
   * The id, or the refusal of an unknown one when no key can have it: such a text need not go into
   * a request's path.
   */
  public static String checkedId(String id) {
    if (!ApiKey.isId(id)) {
      throw unknown();
    }
    return id;
  }

  private static RuntimeException unknown() {
    return Problem.of(ProblemCode.REQUEST_NOT_FOUND, "There is no key with that id.")
        .withHint("chitin key list shows the ids.")
        .toException();
  }

  /** Revokes a key; the next request with it is refused. Blocks. */
  public synchronized KeyRecord revoke(String id) {
    KeyRecord removed = known(id);
    var next = new TreeMap<>(content.keys());
    next.remove(id);
    used.remove(id);
    replace(next, content.revoked());
    return removed;
  }

  /** Revokes a token, or all tokens of a subject; it holds until it is taken back. Blocks. */
  public synchronized void revoke(RevokedToken token) {
    Set<RevokedToken> next = new LinkedHashSet<>(content.revoked());
    if (next.add(token) && next.size() > MAX_KEYS) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, MAX_KEYS + " tokens are revoked already.")
          .withHint("Take back those that have expired: chitin key restore --jti ID.")
          .toException();
    }
    replace(content.keys(), next);
  }

  /** Takes the revocation of a token or a subject back. Blocks. */
  public synchronized void restore(RevokedToken token) {
    Set<RevokedToken> next = new LinkedHashSet<>(content.revoked());
    if (!next.remove(token)) {
      throw Problem.of(ProblemCode.REQUEST_NOT_FOUND, "No such token is revoked.")
          .withHint("chitin key list --json shows the revoked ones.")
          .toException();
    }
    replace(content.keys(), next);
  }

  /** Writes down when keys were last used, where that changed. Blocks. */
  public synchronized void flush() {
    boolean same = content.keys().values().stream().allMatch(key -> withUse(key).equals(key));
    if (!same) {
      replace(content.keys(), content.revoked());
    }
  }

  static Digest digest(String secret) {
    return Digest.of(secret.getBytes(StandardCharsets.US_ASCII));
  }

  private void replace(Map<String, KeyRecord> keys, Set<RevokedToken> revoked) {
    Map<String, KeyRecord> marked = new TreeMap<>();
    keys.forEach((id, key) -> marked.put(id, withUse(key)));
    var next = new KeyFile.Content(marked, revoked);
    try {
      file.write(next);
    } catch (IOException e) {
      throw Problem.of(ProblemCode.INTERNAL, "The keys could not be written.").toException(e);
    }
    content = next;
  }

  private static void release(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw KeyFile.unavailable("their lock file cannot be closed").toException(e);
    }
  }

  @Override
  public void close() {
    try {
      flush();
    } finally {
      release(lock);
    }
  }
}
