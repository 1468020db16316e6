package dev.chitin.gateway.http;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.openapi.Operation;
import dev.chitin.policy.RequestUrl;
import dev.chitin.vault.PutOptions;
import dev.chitin.vault.SecretBinding;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How a secret is stored, as the query of its route says it, and the options of its command by the
 * same names: {@code grace_s} keeps the version before, {@code expires_in_s} ends the new one, the
 * others bind it.
 */
public final class PutQuery {
  public static final String GRACE = "grace_s";
  public static final String EXPIRES = "expires_in_s";
  public static final String HOST = "host";
  public static final String SCHEME = "scheme";
  public static final String METHOD = "method";
  public static final String PATH_PREFIX = "path_prefix";
  public static final String SURFACE = "surface";
  public static final String HEADER = "header";
  public static final String FORMAT = "format";

  private static final Set<String> BINDING =
      Set.of(SCHEME, METHOD, PATH_PREFIX, SURFACE, HEADER, FORMAT);
  private static final Set<String> KNOWN = known();

  private PutQuery() {}

  /** The operation of a route that takes this query. */
  static Operation describe(String summary) {
    return Operation.of("secrets", summary)
        .path("name", "The secret's name.")
        .query(GRACE, "Seconds", "How long the version before stays usable.")
        .query(EXPIRES, "Seconds", "After how long this version ends.")
        .query(HOST, "string", "The one host that it is for, with or without a port.")
        .query(SCHEME, "string", "https, or http for a loopback host.")
        .query(METHOD, "string", "A method that it may be used with; may be repeated.")
        .query(PATH_PREFIX, "string", "Below which path it may be used.")
        .query(SURFACE, "string", "Where in a request it stands: header.")
        .query(HEADER, "string", "The header field that carries it.")
        .query(FORMAT, "string", "raw or bearer.")
        .takes("application/octet-stream", "octets")
        .takes("application/json", "SecretValue")
        .gives(200, "A version more.", "Secret")
        .gives(201, "The first version.", "Secret");
  }

  private static Set<String> known() {
    Set<String> all = new TreeSet<>(BINDING);
    all.addAll(List.of(GRACE, EXPIRES, HOST));
    return Set.copyOf(all);
  }

  /**
   * Reads {@code query}.
   *
   * @param rotate whether there must be a version already
   * @throws ChitinException {@code request.malformed} for a name that is not known, stands twice or
   *     binds without a host, {@code vault.secret_invalid} for a part of the binding
   */
  public static PutOptions options(MultiMap query, boolean rotate) {
    for (String name : query.names()) {
      if (!KNOWN.contains(name)) {
        throw malformed(
            "The query names a parameter that is not known.",
            "Known are " + String.join(", ", new TreeSet<>(KNOWN)) + ".");
      }
      if (query.getAll(name).size() > 1 && !name.equals(METHOD)) {
        throw malformed(name + " stands twice.", "Name it once.");
      }
    }
    long expires = seconds(query, EXPIRES);
    return new PutOptions(
        Duration.ofSeconds(seconds(query, GRACE)),
        expires == 0 ? 0 : System.currentTimeMillis() + expires * 1_000,
        binding(query),
        rotate);
  }

  private static long seconds(MultiMap query, String name) {
    String text = query.get(name);
    if (text == null) {
      return 0;
    }
    if (!text.matches("[0-9]{1,10}")) {
      throw malformed(name + " is a whole number of seconds.", "Write 3600, say.");
    }
    return Long.parseLong(text);
  }

  private static Optional<SecretBinding> binding(MultiMap query) {
    String host = query.get(HOST);
    if (host == null) {
      for (String name : BINDING) {
        if (query.contains(name)) {
          throw malformed(
              name + " binds a secret, and no host is named.", "Name the host that it is for.");
        }
      }
      return Optional.empty();
    }
    String scheme = or(query.get(SCHEME), "https");
    RequestUrl place = place(scheme, host);
    String header = or(query.get(HEADER), "authorization").toLowerCase(java.util.Locale.ROOT);
    return Optional.of(
        new SecretBinding(
            scheme,
            place.host(),
            place.port(),
            or(query.get(PATH_PREFIX), "/"),
            query.getAll(METHOD),
            or(query.get(SURFACE), "header"),
            header,
            or(query.get(FORMAT), header.equals("authorization") ? "bearer" : "raw")));
  }

  private static RequestUrl place(String scheme, String host) {
    if (!host.matches("[A-Za-z0-9._:\\[\\]-]{1,260}") || !scheme.matches("https?")) {
      throw badHost().toException();
    }
    try {
      return RequestUrl.parse(scheme + "://" + host);
    } catch (ChitinException e) {
      throw badHost().toException(e);
    }
  }

  private static Problem badHost() {
    return Problem.of(
            ProblemCode.VAULT_SECRET_INVALID,
            "The host is no host name or address with or without a port, or the scheme no scheme.")
        .withRule("binding.host")
        .withHint("Write api.example or api.example:8443; the scheme is https, or http.");
  }

  private static String or(@Nullable String given, String otherwise) {
    return given == null ? otherwise : given;
  }

  private static RuntimeException malformed(String detail, String hint) {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, detail)
        .withRule("secret.query")
        .withHint(hint)
        .toException();
  }
}
