package dev.chitin.gateway.llm;

import dev.chitin.bus.Bytes;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import dev.chitin.vault.scrub.SecretSearch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A request's body without secrets. It is read as the client sent it, and its names and strings are
 * looked at as a reader would see them, however their characters are escaped. One without secrets
 * goes on as it came; of one with secrets the rest is written anew, its members in their order and
 * its numbers as they were written.
 *
 * @param document what {@code bytes} hold
 */
record CleanBody(JsonValue document, Bytes bytes) {
  private static final String PLACE = "llm.prompt";
  private static final JsonLimits LIMITS =
      new JsonLimits(64, 1_000_000, 256 << 20, 256, 100_000).withNumbersAsWritten();

  /**
   * Reads {@code sent} and takes out what {@code search} finds, which is reported once.
   *
   * @throws ChitinException {@code request.malformed} for what is not strict JSON, and for a secret
   *     that cannot be taken out
   */
  static CleanBody of(Bytes sent, SecretSearch search) {
    JsonValue document = parse(sent);
    if (!stands(document, search)) {
      requireNoneAcross(sent, search);
      return new CleanBody(document, sent);
    }
    search.report(PLACE);
    JsonValue clean = without(document, search);
    Bytes bytes = Bytes.adopt(CanonicalJson.bytesInOrder(clean));
    requireNoneAcross(bytes, search);
    return new CleanBody(clean, bytes);
  }

  private static void requireNoneAcross(Bytes bytes, SecretSearch search) {
    if (search.findsAsItIs(bytes.borrow())) {
      search.report(PLACE);
      throw Fault.in(
          "body",
          "a secret that is in use stands in it across several values or in a number, and cannot"
              + " be taken out; leave it out");
    }
  }

  /**
   * Looks once more at a body that is about to be sent.
   *
   * @throws ChitinException {@code request.malformed} when there is a secret in it
   */
  static void require(Bytes bytes, SecretSearch search) {
    if (stands(parse(bytes), search) || search.findsAsItIs(bytes.borrow())) {
      search.report(PLACE);
      throw Fault.in(
          "body",
          "a secret stands in it that came into use with this request; nothing was sent. Leave it"
              + " out, or send the request again: from now on the secret is taken out");
    }
  }

  private static JsonValue parse(Bytes body) {
    try {
      return StrictJson.parse(body.borrow(), LIMITS);
    } catch (JsonSyntaxException e) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED,
              "body: cannot be read: %s (line %d, column %d)"
                  .formatted(e.reason(), e.line(), e.column()))
          .withErrors(List.of(new Problem.FieldError(e.pointer(), e.reason())))
          .toException();
    }
  }

  private static boolean stands(JsonValue value, SecretSearch search) {
    return switch (value) {
      case JsonValue.Str text -> search.finds(text.value());
      case JsonValue.Arr array -> array.items().stream().anyMatch(item -> stands(item, search));
      case JsonValue.Obj object ->
          object.members().entrySet().stream()
              .anyMatch(
                  member -> search.finds(member.getKey()) || stands(member.getValue(), search));
      default -> false;
    };
  }

  private static JsonValue without(JsonValue value, SecretSearch search) {
    return switch (value) {
      case JsonValue.Str text -> new JsonValue.Str(search.without(text.value()));
      case JsonValue.Arr array ->
          new JsonValue.Arr(array.items().stream().map(item -> without(item, search)).toList());
      case JsonValue.Obj object -> members(object, search);
      default -> value;
    };
  }

  private static JsonValue members(JsonValue.Obj object, SecretSearch search) {
    Map<String, JsonValue> clean = LinkedHashMap.newLinkedHashMap(object.members().size());
    object
        .members()
        .forEach(
            (name, value) -> {
              if (clean.put(search.without(name), without(value, search)) != null) {
                throw Fault.in(
                    "body",
                    "two names in one of its objects are the same without the secret that is in"
                        + " use and stands in them; leave it out");
              }
            });
    return new JsonValue.Obj(clean);
  }
}
