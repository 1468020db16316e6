package dev.chitin.sandbox.plan;

import dev.chitin.bus.Digest;
import dev.chitin.bus.HeaderNames;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.policy.Invocation;
import dev.chitin.policy.RequestUrl;
import dev.chitin.sandbox.ToolDefinition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request in the only form in which it is decided on and sent; its URL is taken apart
 * once.
 *
 * @param headers by lower-case name
 * @param body null without one
 */
public record RequestLine(
    String method,
    String scheme,
    String host,
    int port,
    String pathAndQuery,
    Map<String, String> headers,
    @Nullable String body) {

  public RequestLine {
    headers = new TreeMap<>(headers);
  }

  /** The request that a caller of {@code http_fetch} asks for. */
  public static RequestLine ofFetch(JsonValue.Obj arguments) {
    String method = arguments.get("method") instanceof JsonValue.Str given ? given.value() : "GET";
    Map<String, String> headers = new TreeMap<>();
    if (arguments.get("headers") instanceof JsonValue.Obj given) {
      given
          .members()
          .forEach(
              (name, value) ->
                  headers.put(
                      name.toLowerCase(Locale.ROOT),
                      value instanceof JsonValue.Str text ? text.value() : ""));
    }
    String body = arguments.get("body") instanceof JsonValue.Str given ? given.value() : null;
    String url = arguments.get("url") instanceof JsonValue.Str given ? given.value() : "";
    return of(method, url, headers, body);
  }

  /** The request of a declared {@code http} tool. */
  public static RequestLine ofTemplate(
      ToolDefinition.Run.HttpRequest template, JsonValue.Obj arguments) {
    Map<String, String> headers = new TreeMap<>();
    template
        .headers()
        .forEach((name, value) -> headers.put(name, Template.fill(value, arguments, t -> t)));
    return of(
        template.method(),
        Template.fill(template.url(), arguments, UrlTemplate::encode),
        headers,
        template.body() == null ? null : Template.text(arguments, template.body()));
  }

  private static RequestLine of(
      String method, String url, Map<String, String> headers, @Nullable String body) {
    RequestUrl parsed = RequestUrl.parse(url);
    headers.forEach(RequestLine::checkHeader);
    return new RequestLine(
        method,
        parsed.scheme(),
        parsed.host(),
        parsed.port(),
        parsed.pathAndQuery(),
        headers,
        body);
  }

  private static void checkHeader(String name, String value) {
    boolean nameFits = name.matches("[a-z0-9!#$%&'*+.^_`|~-]{1,64}");
    boolean valueFits = value.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c < 0x7F));
    if (!nameFits || !valueFits || HeaderNames.isFraming(name)) {
      throw Problem.of(
              ProblemCode.POLICY_ARGUMENT_DENIED, "A header field is not one that a tool may set.")
          .withRule("http.header")
          .withHint("Leave out fields that frame or route a message, and control characters.")
          .toException();
    }
  }

  /** The path without its query. */
  public String path() {
    int query = pathAndQuery.indexOf('?');
    return query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
  }

  /** What a plan says of this request. */
  public Invocation.HttpRequest toInvocation() {
    return new Invocation.HttpRequest(
        method,
        scheme,
        host,
        port,
        pathAndQuery,
        List.copyOf(headers.keySet()),
        body == null ? null : Digest.of(body.getBytes(StandardCharsets.UTF_8)));
  }
}
