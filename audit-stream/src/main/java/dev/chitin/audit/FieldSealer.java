package dev.chitin.audit;

import dev.chitin.bus.Deadline;
import io.vertx.core.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The keys with which fields of entries are hashed and sealed. The log has none: the vault's holder
 * hands them in, and until then such fields read {@link #WITHHELD}.
 *
 * <p>A hash is {@code h1:} and 22 characters of base64url: the first 16 bytes of HMAC-SHA256(key,
 * LP(field) ‖ LP(tenant) ‖ LP(value)), LP being the value after its length, u32 big-endian. A
 * sealed value is {@code s1:} and base64url of AES-256-GCM. Safe for use from any thread.
 */
public interface FieldSealer {
  /** What stands in the place of a value for which there is no key. */
  String WITHHELD = "withheld";

  /** No keys at all. */
  FieldSealer NONE = new NoKeys();

  /** Somebody who has keys of his own, so that they can be destroyed. */
  record Subject(String tenant, String name) {}

  /**
   * A subject's name as it stands in one entry.
   *
   * @param hash the same in each entry
   * @param box the name itself, sealed
   */
  record SealedName(String hash, String box) {}

  /** Whether {@link #seal} needs nothing more to be done for {@code subject}. */
  boolean isReady(Subject subject);

  /**
   * Makes keys for {@code subject} and has them durable. Completes in any case, by the deadline:
   * without keys the name is withheld.
   */
  Future<Void> prepare(Subject subject, Deadline deadline);

  /** The hash of a value that is nobody's in particular; null without keys. */
  @Nullable String hash(GuardedField field, String tenant, String value);

  /** The hash of a subject's name in entries, unless he has no keys. */
  Optional<String> find(Subject subject);

  /** The subject's name for one entry; null without keys. */
  @Nullable SealedName seal(Subject subject, byte[] place);

  /**
   * Opens what {@link #seal} made for {@code place}; empty when its key is gone or it is not from
   * there.
   */
  Optional<String> open(String box, byte[] place);
}
