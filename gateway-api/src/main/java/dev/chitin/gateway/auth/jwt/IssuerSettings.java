package dev.chitin.gateway.auth.jwt;

import dev.chitin.gateway.auth.Role;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose tokens are taken.
 *
 * @param issuer what a token's {@code iss} must be
 * @param audience what its {@code aud} must hold: this gateway's own URI
 * @param algorithms by which it may be signed, never empty
 * @param keys where the issuer's keys are
 * @param claim the claim that names roles; dots lead into objects
 * @param roles what its values stand for here, by names that may hold spaces
 * @param tenant whose principals its subjects are
 */
public record IssuerSettings(
    String issuer,
    String audience,
    Set<SigningAlgorithm> algorithms,
    Keys keys,
    List<String> claim,
    Map<String, Role> roles,
    String tenant) {
  public IssuerSettings {
    algorithms = Set.copyOf(algorithms);
    claim = List.copyOf(claim);
    roles = Map.copyOf(roles);
  }

  /** Whether a space can be a part of a name in the claim of roles. */
  boolean knowsNamesWithSpaces() {
    return roles.keySet().stream().anyMatch(name -> name.indexOf(' ') >= 0);
  }

  /** Where a set of keys (RFC 7517) is. */
  public sealed interface Keys {

    /** A file of this machine, read again when it changes. */
    record InFile(Path file) implements Keys {}

    /**
     * A document that is fetched over https, and again every ten minutes.
     *
     * @param ca PEM file of those who vouch for the server, or null for the platform's
     */
    record AtUrl(URI url, @Nullable Path ca) implements Keys {}
  }
}
