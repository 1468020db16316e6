package dev.chitin.gateway;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.gateway.auth.AuthSettings;
import dev.chitin.gateway.auth.KeyRecord;
import dev.chitin.gateway.auth.Role;
import dev.chitin.gateway.auth.jwt.IssuerSettings;
import dev.chitin.gateway.auth.jwt.SigningAlgorithm;
import dev.chitin.gateway.auth.mtls.CertificateMapping;
import dev.chitin.gateway.http.EdgeSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the section {@code auth} of a checked configuration. */
final class AuthSettingsReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");

  private final JsonFields auth;
  private final ChitinHome home;

  AuthSettingsReader(JsonFields auth, ChitinHome home) {
    this.auth = auth;
    this.home = home;
  }

  /**
   * Reads it.
   *
   * @param edge what vouches for clients' certificates, if anything does
   */
  AuthSettings settings(EdgeSettings edge) {
    List<IssuerSettings> issuers = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    List<JsonValue> items = auth.array("issuers").orElse(List.of());
    for (int i = 0; i < items.size(); i++) {
      String place = "auth.issuers[" + i + "]";
      IssuerSettings issuer = issuer(JsonFields.of(items.get(i), "/auth/issuers/" + i), place);
      if (!seen.add(issuer.issuer())) {
        throw invalid(place + ".issuer", "names an issuer twice", "Merge the two.");
      }
      issuers.add(issuer);
    }
    List<CertificateMapping> certificates = certificates();
    if (!certificates.isEmpty() && (edge.tls() == null || edge.tls().clients() == null)) {
      throw invalid(
          "auth.certificates",
          "says whom client certificates stand for, and no client is asked for one",
          "Set gateway.tls.client_ca and client_auth, or take auth.certificates out.");
    }
    return new AuthSettings(issuers, certificates);
  }

  private IssuerSettings issuer(JsonFields fields, String place) {
    Set<SigningAlgorithm> algorithms =
        fields.strings("algorithms").orElse(List.of()).stream()
            .map(text -> SigningAlgorithm.of(text).orElseThrow())
            .collect(Collectors.toUnmodifiableSet());
    if (algorithms.isEmpty()) {
      throw invalid(
          place + ".algorithms",
          "is empty or missing",
          "List those that the issuer uses, of " + SigningAlgorithm.texts() + ".");
    }
    JsonFields roles =
        fields
            .fields("roles")
            .orElseThrow(
                () ->
                    invalid(
                        place + ".roles",
                        "is missing",
                        "Say which values of which claim stand for which role."));
    Map<String, Role> map = new HashMap<>();
    roles
        .object("map")
        .ifPresent(
            named ->
                named
                    .members()
                    .forEach(
                        (value, role) -> {
                          if (role instanceof JsonValue.Str text) {
                            map.put(value, Role.of(text.value()).orElseThrow());
                          }
                        }));
    if (map.containsKey("")) {
      throw invalid(place + ".roles.map", "has an empty name", "Take it out, or name a value.");
    }
    if (map.isEmpty()) {
      throw invalid(
          place + ".roles.map", "is empty or missing", "Without a role no token is taken.");
    }
    return new IssuerSettings(
        name(fields, place),
        text(fields, "audience", place),
        algorithms,
        keys(fields, place),
        claim(roles.string("claim").orElse("roles"), place + ".roles.claim"),
        map,
        name(fields.string("tenant").orElse(KeyRecord.TENANT), place + ".tenant"));
  }

  /** What stands before the bar in the names of its principals, and so holds none. */
  private static String name(JsonFields fields, String place) {
    String issuer = text(fields, "issuer", place);
    if (issuer.indexOf('|') >= 0) {
      throw invalid(
          place + ".issuer",
          "holds a vertical bar, which parts issuer and subject in names of principals",
          "Name the issuer as its tokens do (RFC 7519 section 4.1.1): a URI has no bar.");
    }
    return issuer;
  }

  private static List<String> claim(String text, String place) {
    List<String> path = List.of(text.split("\\.", -1));
    if (path.stream().anyMatch(String::isBlank)) {
      throw invalid(
          place,
          "is empty or has an empty part: no token claims that",
          "Name the claim, roles say, or the way to it: realm_access.roles.");
    }
    return path;
  }

  private IssuerSettings.Keys keys(JsonFields fields, String place) {
    Optional<String> file = fields.string("jwks_file");
    Optional<String> url = fields.string("jwks_url");
    Optional<String> ca = fields.string("jwks_ca");
    if (file.isPresent() == url.isPresent() || (ca.isPresent() && url.isEmpty())) {
      throw invalid(
          place, "must have jwks_file, or jwks_url with jwks_ca if need be", "Name one of them.");
    }
    return file.<IssuerSettings.Keys>map(text -> new IssuerSettings.Keys.InFile(home.expand(text)))
        .orElseGet(
            () ->
                new IssuerSettings.Keys.AtUrl(
                    https(url.orElseThrow(), place + ".jwks_url"),
                    ca.map(home::expand).orElse(null)));
  }

  private static URI https(String text, String place) {
    try {
      URI url = new URI(text);
      if ("https".equals(url.getScheme())
          && url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawFragment() == null) {
        return url;
      }
    } catch (URISyntaxException e) {
      throw invalid(place, "is not a URL", "Write https://host/path.");
    }
    throw invalid(
        place,
        "is not an https URL without user and fragment",
        "Keys that come over http could be anybody's; for a private authority use jwks_ca.");
  }

  private List<CertificateMapping> certificates() {
    List<CertificateMapping> mappings = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    List<JsonValue> items = auth.array("certificates").orElse(List.of());
    for (int i = 0; i < items.size(); i++) {
      String place = "auth.certificates[" + i + "]";
      JsonFields fields = JsonFields.of(items.get(i), "/auth/certificates/" + i);
      String san = text(fields, "san", place);
      if (!san.matches("(URI|DNS):[!-~]{1,512}") || san.contains("*")) {
        throw invalid(
            place + ".san", "is not a name", "Write URI:spiffe://example/agent or DNS:host.");
      }
      if (!seen.add(san)) {
        throw invalid(place + ".san", "is mapped twice", "Merge the two.");
      }
      Role role = Role.of(text(fields, "role", place)).orElseThrow();
      mappings.add(
          new CertificateMapping(
              san,
              role,
              name(fields.string("tenant").orElse(KeyRecord.TENANT), place + ".tenant"),
              name(text(fields, "name", place), place + ".name")));
    }
    return mappings;
  }

  private static String text(JsonFields fields, String name, String place) {
    return fields
        .string(name)
        .filter(text -> !text.isBlank())
        .orElseThrow(
            () -> invalid(place + "." + name, "is empty or missing", "Say it: it has no default."));
  }

  private static String name(String text, String place) {
    if (!NAME.matcher(text).matches()) {
      throw invalid(
          place, "is not a name", "Use 1 to 64 letters, digits, dots, underscores, hyphens or @.");
    }
    return text;
  }

  private static RuntimeException invalid(String place, String detail, String hint) {
    return Problem.of(ProblemCode.CONFIG_INVALID, place + " " + detail + ".")
        .withRule(place)
        .withHint(hint)
        .toException();
  }
}
