package dev.chitin.vault;

import dev.chitin.vault.store.Manifest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What may be known of a secret.
 *
 * @param name its name
 * @param version the newest, from 1, one more with each put
 * @param createdMillis when that version was stored, POSIX milliseconds
 * @param owner who stored it first
 * @param lastUseMillis when it was last used, in whole hours, 0 for never
 * @param binding where the newest version may go, or nothing for where a tool's definition says
 * @param versions oldest first
 */
public record SecretMetadata(
    SecretName name,
    long version,
    long createdMillis,
    String owner,
    long lastUseMillis,
    Optional<SecretBinding> binding,
    List<Version> versions) {

  /**
   * One version.
   *
   * @param state {@code current}, {@code previous}, {@code disabled} or {@code destroyed}
   * @param expiresMillis 0 for never
   * @param destroyAfterMillis when a replaced version is destroyed, 0 while it is not replaced
   */
  public record Version(
      long version,
      String state,
      long createdMillis,
      long expiresMillis,
      long destroyAfterMillis) {}

  public SecretMetadata {
    versions = List.copyOf(versions);
  }

  static SecretMetadata of(Manifest.Secret secret) {
    Manifest.Version newest = secret.newest();
    return new SecretMetadata(
        new SecretName(secret.name()),
        newest.version(),
        newest.createdMillis(),
        secret.owner(),
        secret.lastUseMillis(),
        SecretBinding.stored(newest.binding()),
        secret.versions().stream().map(SecretMetadata::version).toList());
  }

  private static Version version(Manifest.Version v) {
    return new Version(
        v.version(),
        v.state().name().toLowerCase(Locale.ROOT),
        v.createdMillis(),
        v.expiresMillis(),
        v.destroyAfterMillis());
  }
}
