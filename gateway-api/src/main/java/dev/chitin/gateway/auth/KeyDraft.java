package dev.chitin.gateway.auth;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A key that can be recorded and opens nothing yet: {@link KeyStore#keep} makes it hold. Whether it
 * may be made is asked again then, of the keys that there are by that time.
 */
public final class KeyDraft {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");

  private final ApiKey key;
  private final String name;
  private final Addition addition;

  private KeyDraft(ApiKey key, String name, Addition addition) {
    this.key = key;
    this.name = name;
    this.addition = addition;
  }

  /** Puts the key among the others, or refuses. */
  private interface Addition {
    /**
     * @param keys by id; changed
     * @param now POSIX milliseconds
     */
    void to(Map<String, KeyRecord> keys, long now);
  }

  static KeyDraft of(KeySpec spec, SecureRandom random) {
    checkName(spec.name(), "a key");
    checkName(spec.tenant(), "a tenant");
    Permissions.narrowed(spec.role(), spec.scopes());
    ApiKey key = ApiKey.generate(random);
    return new KeyDraft(
        key, spec.name(), (keys, now) -> keys.put(key.id(), record(key, spec, now, null)));
  }

  /**
   * A key in place of {@code old}, which holds until the overlap's end. The new one has the old
   * one's rights, and its whole life before it when that was limited.
   */
  static KeyDraft replacing(KeyRecord old, long overlapMillis, SecureRandom random) {
    ApiKey key = ApiKey.generate(random);
    return new KeyDraft(
        key,
        old.name(),
        (keys, now) -> {
          KeyRecord held = KeyStore.known(keys, old.id());
          keys.put(held.id(), ending(held, now, overlapMillis));
          keys.put(key.id(), record(key, held.spec(), now, held.id()));
        });
  }

  private static KeyRecord ending(KeyRecord old, long now, long overlapMillis) {
    if (old.isExpired(now)) {
      throw Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, "The key has expired.")
          .withHint("Make a new one with chitin key create.")
          .toException();
    }
    Long expires = old.expiresMillis();
    long end = after(now, overlapMillis);
    return old.expiring(expires == null ? end : Math.min(end, expires));
  }

  private static KeyRecord record(ApiKey key, KeySpec spec, long now, @Nullable String replaces) {
    Long life = spec.lifeMillis();
    return new KeyRecord(
        key.id(),
        spec.tenant(),
        spec.name(),
        spec.role(),
        spec.scopes(),
        KeyStore.digest(key.secret()),
        now,
        life == null ? null : after(now, life),
        null,
        replaces);
  }

  private static long after(long now, long millis) {
    if (millis < 0 || millis > KeyStore.LONGEST.toMillis()) {
      throw Problem.of(
              ProblemCode.REQUEST_ARGUMENTS_INVALID,
              "A key lives, and a rotation overlaps, at most "
                  + KeyStore.LONGEST.toDays()
                  + " days.")
          .toException();
    }
    return now + millis;
  }

  private static void checkName(String name, String of) {
    if (!NAME.matcher(name).matches()) {
      throw Problem.of(ProblemCode.REQUEST_ARGUMENTS_INVALID, "That is not a name for " + of + ".")
          .withHint("Use 1 to 64 letters, digits, dots, underscores, hyphens or @.")
          .toException();
    }
  }

  /** Its public part. */
  public String id() {
    return key.id();
  }

  /** The principal that will hold it. */
  public String name() {
    return name;
  }

  CreatedKey created() {
    return new CreatedKey(key.id(), key.reveal());
  }

  /** All keys with it among them. */
  Map<String, KeyRecord> among(Map<String, KeyRecord> keys, long now) {
    if (keys.size() >= KeyStore.MAX_KEYS) {
      throw Problem.of(
              ProblemCode.GATEWAY_OVERLOADED, "There are " + KeyStore.MAX_KEYS + " keys already.")
          .withHint("Revoke keys that are no longer used.")
          .toException();
    }
    var next = new TreeMap<>(keys);
    addition.to(next, now);
    return next;
  }
}
