package dev.chitin.gateway.auth;

import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
  private static final String ROOM =
      "Let CHITIN_HOME be written again: its disk may be full or read-only.";

  private final KeyFile file;
  private final KeyLock lock;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final ConcurrentHashMap<String, Long> used = new ConcurrentHashMap<>();
  private volatile KeyFile.Content content;

  /** Why the file has not all that {@code content} has, or null. */
  private volatile @Nullable IOException unwritten;

  private KeyStore(KeyFile file, KeyLock lock, InstantSource clock) {
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
    KeyLock lock = KeyLock.take(directory);
    try {
      return new KeyStore(new KeyFile(directory), lock, clock);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
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

  /** A key to be made; refused now if it could not be. */
  public synchronized KeyDraft draft(KeySpec spec) {
    return possible(KeyDraft.of(spec, random));
  }

  /**
   * A key to be made in place of another, which holds until the overlap's end; refused now if it
   * could not be.
   *
   * @param overlapMillis how long both hold; 0 ends the old one at once
   */
  public synchronized KeyDraft draftInPlaceOf(String id, long overlapMillis) {
    return possible(KeyDraft.replacing(known(id), overlapMillis, random));
  }

  private KeyDraft possible(KeyDraft draft) {
    draft.among(content.keys(), clock.millis());
    return draft;
  }

  /** Makes a key hold; it is on disk when this returns. Blocks. */
  public synchronized CreatedKey keep(KeyDraft draft) {
    replace(draft.among(content.keys(), clock.millis()), content.revoked());
    return draft.created();
  }

  /**
   * The record of a key that has to be there.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.not_found} when it is not
   */
  KeyRecord known(String id) {
    return known(content.keys(), id);
  }

  static KeyRecord known(Map<String, KeyRecord> keys, String id) {
    return Optional.ofNullable(keys.get(id)).orElseThrow(KeyStore::unknown);
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

  /**
   * Revokes a key; the next request with it is refused, whatever the disk says: see {@link
   * #requireWritten}. Blocks.
   */
  public synchronized KeyRecord revoke(String id) {
    KeyRecord removed = known(id);
    var next = new TreeMap<>(content.keys());
    next.remove(id);
    used.remove(id);
    end(new KeyFile.Content(next, content.revoked()));
    return removed;
  }

  /**
   * Revokes a token, or all tokens of a subject, whatever the disk says: see {@link
   * #requireWritten}. It holds until it is taken back. Blocks.
   */
  public synchronized void revoke(RevokedToken token) {
    Set<RevokedToken> next = new LinkedHashSet<>(content.revoked());
    if (next.add(token) && next.size() > MAX_KEYS) {
      throw Problem.of(ProblemCode.GATEWAY_OVERLOADED, MAX_KEYS + " tokens are revoked already.")
          .withHint("Take back those that have expired: chitin key restore --jti ID.")
          .toException();
    }
    end(new KeyFile.Content(content.keys(), next));
  }

  /** What is taken away holds before it is written, so that no full disk keeps a key alive. */
  private void end(KeyFile.Content next) {
    content = next;
    try {
      write(next.keys(), next.revoked());
    } catch (IOException e) {
      unwritten = e;
    }
  }

  /** Whether all that holds is on disk; if not, something that was revoked is not. */
  public boolean isWritten() {
    return unwritten == null;
  }

  /**
   * Asks whether all that holds is on disk.
   *
   * @throws dev.chitin.bus.ChitinException {@code auth.keys_unwritten} when something was revoked
   *     that is not; {@link #flush} tries again
   */
  public void requireWritten() {
    IOException failure = unwritten;
    if (failure != null) {
      throw Problem.of(
              ProblemCode.AUTH_KEYS_UNWRITTEN,
              "It is refused from now on, but that could not be written to keys.json: it would be"
                  + " taken again after a restart.")
          .withHint(ROOM + " A running gateway then writes it by itself within a minute.")
          .toException(failure);
    }
  }

  /**
   * Refuses what is not revoked.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.not_found}
   */
  void requireRevoked(RevokedToken token) {
    if (!content.revoked().contains(token)) {
      throw Problem.of(ProblemCode.REQUEST_NOT_FOUND, "No such token is revoked.")
          .withHint("chitin key list --json shows the revoked ones.")
          .toException();
    }
  }

  /** Takes the revocation of a token or a subject back. Blocks. */
  public synchronized void restore(RevokedToken token) {
    requireRevoked(token);
    Set<RevokedToken> next = new LinkedHashSet<>(content.revoked());
    next.remove(token);
    replace(content.keys(), next);
  }

  /** Writes down what is not yet, and when keys were last used, where that changed. Blocks. */
  public synchronized void flush() {
    boolean same = content.keys().values().stream().allMatch(key -> withUse(key).equals(key));
    if (same && unwritten == null) {
      return;
    }
    try {
      write(content.keys(), content.revoked());
    } catch (IOException e) {
      requireWritten();
      throw Problem.of(
              ProblemCode.AUTH_KEYS_UNWRITTEN,
              "When keys were last used could not be written to keys.json.")
          .withHint(ROOM)
          .toException(e);
    }
  }

  static Digest digest(String secret) {
    return Digest.of(secret.getBytes(StandardCharsets.US_ASCII));
  }

  private void replace(Map<String, KeyRecord> keys, Set<RevokedToken> revoked) {
    try {
      write(keys, revoked);
    } catch (IOException e) {
      throw Problem.of(
              ProblemCode.AUTH_KEYS_UNWRITTEN,
              "keys.json could not be written, and nothing was changed.")
          .withHint(ROOM)
          .toException(e);
    }
  }

  private void write(Map<String, KeyRecord> keys, Set<RevokedToken> revoked) throws IOException {
    Map<String, KeyRecord> marked = new TreeMap<>();
    keys.forEach((id, key) -> marked.put(id, withUse(key)));
    var next = new KeyFile.Content(marked, revoked);
    file.write(next);
    content = next;
    unwritten = null;
  }

  @Override
  public void close() {
    try {
      flush();
    } finally {
      lock.close();
    }
  }
}
