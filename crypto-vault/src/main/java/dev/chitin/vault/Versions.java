package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.State;
import dev.chitin.vault.store.Manifest.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What becomes of a secret's versions: the newest is given out, one that was replaced is kept until
 * its grace ends and then destroyed, and of a destroyed one only its number is remembered.
 */
final class Versions {
  private static final Digest NO_FILE = Digest.ofBytes(new byte[32]);

  private final Manifest manifest;
  private final long now;

  Versions(Manifest manifest, long now) {
    this.manifest = manifest;
    this.now = now;
  }

  /** The secret with a further version, whose value is not sealed yet. */
  Secret with(String tenant, SecretName name, String owner, PutOptions options, int term) {
    Optional<Secret> before = manifest.find(tenant, name.value());
    if (before.isEmpty() && options.rotate()) {
      throw VaultFaults.unknown();
    }
    checkRoom(before.isEmpty());
    Secret secret =
        before.orElseGet(() -> new Secret(tenant, name.value(), owner, 0, 0, List.of()));
    var newest =
        new Version(
            secret.latest() + 1,
            State.CURRENT,
            now,
            options.expiresMillis(),
            0,
            options
                .binding()
                .map(SecretBinding::canonical)
                .orElseGet(() -> before.map(old -> old.newest().binding()).orElse("")),
            term,
            term,
            NO_FILE,
            new byte[0]);
    return secret.with(room(replaced(secret.versions(), options)), newest);
  }

  private void checkRoom(boolean isNew) {
    if (isNew && manifest.secrets().size() >= Manifest.MAX_SECRETS) {
      throw full("The vault holds " + Manifest.MAX_SECRETS + " secrets.");
    }
    if (manifest.secrets().size() > Manifest.MAX_ALL_VERSIONS / Manifest.MAX_VERSIONS
        && manifest.allVersions() >= Manifest.MAX_ALL_VERSIONS) {
      throw full("The vault holds " + Manifest.MAX_ALL_VERSIONS + " versions.");
    }
  }

  private static ChitinException full(String detail) {
    return Problem.of(ProblemCode.VAULT_UNAVAILABLE, detail)
        .withRule("vault.full")
        .withHint("Delete secrets that are no longer used, or prune their versions.")
        .toException();
  }

  private List<Version> replaced(List<Version> versions, PutOptions options) {
    List<Version> next = new ArrayList<>();
    for (Version version : versions) {
      boolean newest = version.version() == versions.getLast().version();
      if (version.isDestroyed() || !newest) {
        next.add(version);
      } else if (options.grace().isZero()) {
        next.add(version.destroyed());
      } else {
        next.add(version.replaced(now + options.grace().toMillis()));
      }
    }
    return next;
  }

  /** Forgets the oldest destroyed versions until one more fits. */
  private static List<Version> room(List<Version> versions) {
    List<Version> kept = new ArrayList<>(versions);
    while (kept.size() >= Manifest.MAX_VERSIONS) {
      Version oldest =
          kept.stream()
              .filter(Version::isDestroyed)
              .findFirst()
              .orElseThrow(
                  () ->
                      Problem.of(
                              ProblemCode.VAULT_SECRET_INVALID,
                              "The secret has "
                                  + Manifest.MAX_VERSIONS
                                  + " versions whose grace has not ended.")
                          .withRule("secret.versions")
                          .withHint("Prune it: chitin secret prune NAME.")
                          .toException());
      kept.remove(oldest);
    }
    return kept;
  }

  /** The secret after {@code request}. */
  Secret changed(ChangeRequest request) {
    Secret secret =
        manifest.find(request.tenant(), request.name().value()).orElseThrow(VaultFaults::unknown);
    Version newest = secret.newest();
    return switch (request.kind()) {
      case PRUNE -> secret.withVersions(List.of(newest));
      case DISABLE ->
          secret.withVersions(replaceNewest(secret.versions(), newest.withState(State.DISABLED)));
      case ENABLE ->
          secret.withVersions(replaceNewest(secret.versions(), newest.withState(State.CURRENT)));
    };
  }

  boolean isDestructionDue() {
    return due() > 0;
  }

  /** How many replaced versions have come to the end of their grace. */
  int due() {
    return (int)
        manifest.secrets().values().stream()
            .flatMap(secret -> secret.versions().stream())
            .filter(this::isDue)
            .count();
  }

  private boolean isDue(Version version) {
    return version.state() == State.PREVIOUS && version.destroyAfterMillis() <= now;
  }

  /** The next state, with those destroyed. */
  Manifest withoutDue() {
    Map<String, Secret> next = new TreeMap<>(manifest.secrets());
    next.replaceAll(
        (place, secret) ->
            secret.versions().stream().noneMatch(this::isDue)
                ? secret
                : secret.withVersions(
                    secret.versions().stream().map(v -> isDue(v) ? v.destroyed() : v).toList()));
    return manifest.next(next);
  }

  /** {@code bare} with what sealing gave. */
  static Version sealed(Version bare, Digest file, byte[] dataKey) {
    return new Version(
        bare.version(),
        bare.state(),
        bare.createdMillis(),
        bare.expiresMillis(),
        bare.destroyAfterMillis(),
        bare.binding(),
        bare.term(),
        bare.sealedTerm(),
        file,
        dataKey);
  }

  static List<Version> replaceNewest(List<Version> versions, Version newest) {
    List<Version> next = new ArrayList<>(versions);
    next.set(next.size() - 1, newest);
    return next;
  }

  /** Refuses a secret that is given to nobody now. */
  static void checkUsable(Secret secret, long now) {
    Version newest = secret.newest();
    if (newest.state() != State.CURRENT) {
      throw refused("secret.disabled", "The secret is disabled.", "Enable it.");
    }
    if (newest.expiresMillis() != 0 && newest.expiresMillis() <= now) {
      throw refused("secret.expired", "The secret has expired.", "Rotate it.");
    }
  }

  private static ChitinException refused(String rule, String detail, String hint) {
    return Problem.of(ProblemCode.VAULT_LEASE_REFUSED, detail)
        .withRule(rule)
        .withHint(hint)
        .toException();
  }
}
