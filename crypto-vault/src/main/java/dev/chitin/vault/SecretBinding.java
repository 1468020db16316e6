package dev.chitin.vault;

import dev.chitin.bus.HeaderNames;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.vault.store.Manifest;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Where a secret may go, fixed when it is stored and sealed with it: whatever a tool's definition
 * says, it is put nowhere else. Its canonical JSON (RFC 8785) is what the value is bound to.
 *
 * @param scheme {@code https}, or {@code http} for a loopback address only
 * @param host canonical: lower-case LDH labels, a dotted quad, or an IPv6 address in brackets
 * @param port 1 to 65535
 * @param pathPrefix what the request's path begins with, whole segments; {@code /} for any
 * @param methods upper case, sorted, each once, at most 16; empty for any
 * @param surface {@code header}
 * @param name of the header field, lower case; never one that frames or routes a message
 * @param format {@code raw} or {@code bearer}
 */
public record SecretBinding(
    String scheme,
    String host,
    int port,
    String pathPrefix,
    List<String> methods,
    String surface,
    String name,
    String format) {
  private static final int MAX_METHODS = 16;
  private static final int MAX_HOST = 253;
  private static final Pattern LABELS =
      Pattern.compile("[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*");
  private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-f:.]{2,45}]");
  private static final Pattern LOOPBACK =
      Pattern.compile("127(\\.[0-9]{1,3}){3}|\\[::1]|\\[::ffff:127(\\.[0-9]{1,3}){3}]");
  private static final Pattern PREFIX = Pattern.compile("/|(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+/?");
  private static final Pattern METHOD = Pattern.compile("[A-Z]{1,16}");
  private static final Pattern FIELD = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,64}");

  /** Surfaces and formats of the trade that are not built; named, so that nobody looks for why. */
  private static final Set<String> SURFACES_NOT_BUILT = Set.of("query", "basic", "path");

  private static final Set<String> FORMATS_NOT_BUILT = Set.of("basic", "prefix");

  /**
   * Checks every part.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.secret_invalid} with the rule {@code
   *     binding.<part>}
   */
  public SecretBinding {
    methods = List.copyOf(new TreeSet<>(methods));
    checkPlace(scheme, host, port);
    if (!PREFIX.matcher(pathPrefix).matches()
        || !isPlain(pathPrefix)
        || pathPrefix.length() > 512) {
      throw invalid(
          "path_prefix",
          "The path prefix is no path of plain segments within 512 characters.",
          "Write /v1/ or the like: no dots alone, no escapes, no query.");
    }
    if (methods.size() > MAX_METHODS
        || !methods.stream().allMatch(method -> METHOD.matcher(method).matches())) {
      throw invalid(
          "methods", "A method is upper case, and there are at most 16.", "Write GET or POST.");
    }
    if (!surface.equals("header")) {
      String known = SURFACES_NOT_BUILT.contains(surface) ? " is not built." : " is not known.";
      throw invalid("surface", "The surface " + shown(surface) + known, "Use header.");
    }
    if (!FIELD.matcher(name).matches() || HeaderNames.isFraming(name)) {
      throw invalid(
          "header",
          "The header field is none that a secret may stand in.",
          "Name another field, in lower case.");
    }
    if (!format.equals("raw") && !format.equals("bearer")) {
      boolean known = FORMATS_NOT_BUILT.contains(format) || format.startsWith("prefix:");
      throw invalid(
          "format",
          "The format " + shown(format) + (known ? " is not built." : " is not known."),
          "Use raw or bearer.");
    }
  }

  private static void checkPlace(String scheme, String host, int port) {
    boolean loopback = LOOPBACK.matcher(host).matches();
    if (!scheme.equals("https") && !(scheme.equals("http") && loopback)) {
      throw invalid(
          "scheme",
          "A secret goes over https, or over http to a loopback address.",
          "Leave the scheme out, or name 127.0.0.1.");
    }
    boolean labels = LABELS.matcher(host).matches();
    if (host.length() > MAX_HOST || !(labels || IPV6.matcher(host).matches())) {
      throw invalid(
          "host",
          "The host is no canonical host name or address.",
          "Write it in lower case: api.example, without scheme, user or path.");
    }
    if (port < 1 || port > 65_535) {
      throw invalid("port", "The port is not one of 1 to 65535.", "Write HOST:PORT.");
    }
  }

  private static String shown(String word) {
    return word.matches("[a-z0-9:_-]{1,32}") ? word : "that was named";
  }

  private static RuntimeException invalid(String part, String detail, String hint) {
    return Problem.of(ProblemCode.VAULT_SECRET_INVALID, detail)
        .withRule("binding." + part)
        .withHint(hint)
        .toException();
  }

  /** As a document, with the members of this record by their usual names. */
  public JsonValue.Obj json() {
    return JsonValue.object()
        .put("format", format)
        .put("host", host)
        .put(
            "methods",
            new JsonValue.Arr(methods.stream().<JsonValue>map(JsonValue.Str::new).toList()))
        .put("name", name)
        .put("path_prefix", pathPrefix)
        .put("port", port)
        .put("scheme", scheme)
        .put("surface", surface)
        .build();
  }

  /** Canonical JSON: what the value is sealed to. */
  public String canonical() {
    return CanonicalJson.string(json());
  }

  /** What stands in a manifest; nothing for the empty text. */
  static Optional<SecretBinding> stored(String canonical) {
    try {
      return canonical.isEmpty() ? Optional.empty() : Optional.of(parse(canonical));
    } catch (JsonSyntaxException | RuntimeException e) {
      throw VaultFaults.corrupt("The binding of a secret is damaged.", "vault.binding", e);
    }
  }

  /**
   * Reads what {@link #canonical} writes, and nothing else.
   *
   * @throws dev.chitin.bus.ChitinException for a part that is not acceptable
   */
  static SecretBinding parse(String canonical) throws JsonSyntaxException {
    byte[] bytes = canonical.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > Manifest.MAX_BINDING) {
      throw invalid("length", "The binding is longer than 4096 bytes.", "Name fewer methods.");
    }
    JsonFields fields = JsonFields.of(StrictJson.parse(bytes), "");
    var binding =
        new SecretBinding(
            fields.required("scheme", fields.string("scheme")),
            fields.required("host", fields.string("host")),
            Math.toIntExact(fields.required("port", fields.integer("port", 1, 65_535))),
            fields.required("path_prefix", fields.string("path_prefix")),
            fields.required("methods", fields.strings("methods")),
            fields.required("surface", fields.string("surface")),
            fields.required("name", fields.string("name")),
            fields.required("format", fields.string("format")));
    fields.end();
    if (!binding.canonical().equals(canonical)) {
      throw invalid("form", "The binding is not in canonical form.", "Export the secret anew.");
    }
    return binding;
  }

  /** The first part of {@code place} that is not this binding's, by its name; nothing if none. */
  Optional<String> differs(LeaseBinding place) {
    if (!scheme.equals(place.scheme())) {
      return Optional.of("scheme");
    }
    if (!host.equals(place.host())) {
      return Optional.of("host");
    }
    if (port != place.port()) {
      return Optional.of("port");
    }
    if (!methods.isEmpty() && !methods.contains(place.method())) {
      return Optional.of("method");
    }
    if (!isBelow(place.path())) {
      return Optional.of("path");
    }
    if (!surface.equals(place.surface()) || !name.equals(place.field())) {
      return Optional.of("header");
    }
    return format.equals(place.format()) ? Optional.empty() : Optional.of("format");
  }

  private boolean isBelow(String path) {
    if (pathPrefix.equals("/")) {
      return path.startsWith("/");
    }
    String whole = pathPrefix.endsWith("/") ? pathPrefix : pathPrefix + "/";
    return (path.equals(pathPrefix) || path.startsWith(whole)) && isPlain(path);
  }

  /** Whether no reader can take {@code path} for another one: servers unescape and resolve dots. */
  private static boolean isPlain(String path) {
    for (String segment : path.split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return false;
      }
      // Path parameters: some servers drop them before they resolve dots.
      if (segment.startsWith(".") && segment.indexOf(';') >= 0) {
        return false;
      }
    }
    String lower = path.toLowerCase(java.util.Locale.ROOT);
    return !lower.contains("//")
        && !lower.contains("\\")
        && !lower.contains("%2e")
        && !lower.contains("%2f")
        && !lower.contains("%5c")
        && !lower.contains("%25")
        && !lower.contains("%00");
  }

  /**
   * Refuses a place that is not this one.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.lease_refused}, rule {@code lease.binding}
   */
  void check(LeaseBinding place) {
    Optional<String> part = differs(place);
    if (part.isPresent()) {
      throw Problem.of(
              ProblemCode.VAULT_LEASE_REFUSED,
              "The secret is bound to another " + part.get() + " than it is wanted for.")
          .withRule("lease.binding")
          .withHint(
              "Correct the tool's credential, or bind the secret anew when you rotate it: chitin"
                  + " secret rotate NAME --host HOST. chitin secret list shows the binding.")
          .toException();
    }
  }

  /**
   * Refuses a value that cannot stand where it is bound to.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.secret_invalid}, rule {@code
   *     secret.grammar}
   */
  void checkValue(MemorySegment value) {
    if (!FieldValue.fits(value, format)) {
      throw Problem.of(
              ProblemCode.VAULT_SECRET_INVALID,
              "The secret holds a byte that cannot stand in the header field that it is bound to.")
          .withRule("secret.grammar")
          .withHint(
              "Store it without line ends, control or non-ASCII characters, and without spaces at"
                  + " its ends; a bearer token holds none at all.")
          .toException();
    }
  }
}
