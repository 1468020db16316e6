package dev.chitin.vault;

import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Manifest.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When secrets were last used, in whole hours: it goes to disk with the next commit that there is
 * anyhow, so that a use costs no write. At most one entry for each secret of the manifest. Safe for
 * use from any thread.
 */
final class LastUses {
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final Map<String, Long> byPlace = new ConcurrentHashMap<>();

  void note(Secret secret, long nowMillis) {
    byPlace.merge(secret.place(), nowMillis / HOUR * HOUR, Math::max);
  }

  /** {@code secret} with what is known of its use since the last commit. */
  Secret in(Secret secret) {
    long used = byPlace.getOrDefault(secret.place(), 0L);
    return used > secret.lastUseMillis() ? secret.withLastUse(used) : secret;
  }

  /** {@code next} with all that is known; what it does not name is forgotten. */
  Manifest in(Manifest next) {
    Map<String, Secret> secrets = null;
    for (Map.Entry<String, Long> use : List.copyOf(byPlace.entrySet())) {
      Secret secret = next.secrets().get(use.getKey());
      if (secret == null) {
        byPlace.remove(use.getKey(), use.getValue());
      } else if (secret.lastUseMillis() < use.getValue()) {
        secrets = secrets == null ? new TreeMap<>(next.secrets()) : secrets;
        secrets.put(use.getKey(), secret.withLastUse(use.getValue()));
      }
    }
    return secrets == null ? next : next.withSecrets(secrets);
  }
}
