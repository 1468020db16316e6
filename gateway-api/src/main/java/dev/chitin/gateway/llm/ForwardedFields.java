package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.scrub.SecretSearch;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which header fields pass, in and out; all others end at the gateway. The client's credential is
 * the gateway's, and no field that is made to carry one is among them; one that carries a
 * credential or another secret all the same is refused, as is such a query.
 */
final class ForwardedFields {
  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]{1,255}");
  private static final Pattern ACCEPT = Pattern.compile("[\\x20-\\x7e]{1,255}");
  private static final Pattern VERSION = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  private static final Pattern BETA =
      Pattern.compile("[A-Za-z0-9._-]{1,64}( *, *[A-Za-z0-9._-]{1,64}){0,31}");

  private static final List<String> OUT =
      List.of("request-id", "x-request-id", "retry-after", "retry-after-ms");
  private static final String SHOULD_RETRY = "x-should-retry";
  private static final List<String> OUT_PREFIXES = List.of("anthropic-ratelimit-", "x-ratelimit-");

  /** Names of such fields are words: there is no room for anything else in them. */
  private static final Pattern WORDS = Pattern.compile("[a-z0-9]{1,16}(-[a-z0-9]{1,16}){1,7}");

  private static final int MOST_CHARS = 512;

  private ForwardedFields() {}

  /**
   * What goes to the provider, by lower-case name.
   *
   * @param body whether there is one
   * @throws dev.chitin.bus.ChitinException {@code request.malformed} when a field that would go on
   *     has a form that it never has
   */
  static Map<String, String> in(MultiMap fields, ProviderSettings provider, boolean body) {
    Map<String, String> on = new TreeMap<>();
    if (body) {
      on.put("content-type", "application/json");
    }
    put(on, fields, "accept", ACCEPT);
    put(on, fields, "idempotency-key", VISIBLE);
    if (provider.dialect() == Dialect.ANTHROPIC) {
      put(on, fields, "anthropic-version", VERSION);
      put(on, fields, "anthropic-beta", BETA);
    }
    provider.forwarded().forEach(name -> put(on, fields, name, VISIBLE));
    return on;
  }

  private static void put(Map<String, String> on, MultiMap fields, String name, Pattern form) {
    List<String> values = fields.getAll(name);
    String value = String.join(",", values);
    if (values.isEmpty() || (form == BETA && value.isBlank())) {
      return; // SDKs send an empty list too.
    }
    if (!form.matcher(value).matches()) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED, name + ": is not of the form that the field has")
          .withErrors(List.of(new Problem.FieldError(name, "has another form")))
          .toException();
    }
    on.put(name, value);
  }

  /**
   * Refuses a model in the path, a query or a field in which {@code search} finds something:
   * without it they would have another meaning.
   *
   * @param headers that go on
   * @throws dev.chitin.bus.ChitinException {@code request.malformed}, which names the place alone
   */
  static void requireNoSecret(
      SecretSearch search,
      @Nullable String model,
      @Nullable String query,
      Map<String, String> headers) {
    if (model != null) {
      requireNoSecret(search, "model", model);
    }
    if (query != null) {
      requireNoSecret(search, "query", query);
    }
    headers.forEach((name, value) -> requireNoSecret(search, name, value));
  }

  private static void requireNoSecret(SecretSearch search, String place, String value) {
    if (search.finds(value)) {
      search.report("llm.field");
      throw Fault.in(
          place,
          "holds a secret that is in use, or the credential of this request, and would go to the"
              + " provider; leave it out");
    }
  }

  /**
   * Whether a field of an answer passes, besides its content type. {@value #SHOULD_RETRY} is what
   * both vendors' clients go by before the status, and says yes or no.
   */
  static boolean passesOut(String name, String value) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.equals(SHOULD_RETRY)) {
      return value.equals("true") || value.equals("false");
    }
    return OUT.contains(lower)
        || (OUT_PREFIXES.stream().anyMatch(lower::startsWith) && WORDS.matcher(lower).matches());
  }

  /** Whether a value is one that may stand in an answer of ours. */
  static boolean isPlain(String value) {
    return value.length() <= MOST_CHARS && value.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }
}
