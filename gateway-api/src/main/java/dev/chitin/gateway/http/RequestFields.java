package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Reads the header fields of a request by which it says how it is to be served. */
final class RequestFields {
  private static final Pattern RESPOND_ASYNC =
      Pattern.compile("\\s*respond-async\\s*(=\\s*(\"\")?\\s*)?", Pattern.CASE_INSENSITIVE);

  private RequestFields() {}

  /**
   * Whether {@code Prefer} (RFC 7240, section 2) asks for an answer at once. Several fields are one
   * list, and an empty value is none; parameters are not looked at.
   */
  static boolean prefersAsync(MultiMap fields) {
    return fields.getAll("prefer").stream()
        .flatMap(prefer -> MediaType.split(prefer, ',').stream())
        .map(preference -> MediaType.split(preference, ';').getFirst())
        .anyMatch(preference -> RESPOND_ASYNC.matcher(preference).matches());
  }

  /**
   * The {@code Idempotency-Key}.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.malformed} for two, or one that is not 1
   *     to 255 visible ASCII characters
   */
  static Optional<String> idempotencyKey(MultiMap fields) {
    List<String> keys = fields.getAll("idempotency-key");
    if (keys.size() > 1 || keys.stream().anyMatch(key -> !key.matches("[\\x21-\\x7e]{1,255}"))) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED,
              "Idempotency-Key is one value of 1 to 255 visible ASCII characters.")
          .withHint("Send a random one, a UUID say.")
          .toException();
    }
    return keys.stream().findFirst();
  }

  /**
   * The milliseconds that a call may take by {@code Chitin-Timeout-Ms}: for what stands between
   * client and gateway and does not write the body.
   *
   * @param most the longest that a call may take
   * @return {@code most} where there is no such field
   * @throws dev.chitin.bus.ChitinException {@code request.malformed} for two, or one that is not 1
   *     to {@code most}
   */
  static long timeoutMillis(MultiMap fields, long most) {
    List<String> values = fields.getAll("chitin-timeout-ms");
    if (values.isEmpty()) {
      return most;
    }
    String value = values.getFirst();
    long millis = value.matches("[1-9][0-9]{0,9}") ? Long.parseLong(value) : 0;
    if (values.size() > 1 || millis < 1 || millis > most) {
      throw Problem.of(
              ProblemCode.REQUEST_MALFORMED,
              "Chitin-Timeout-Ms is one whole number of milliseconds, 1 to " + most + ".")
          .withHint("Ask for less, or leave the field out.")
          .toException();
    }
    return millis;
  }

  /**
   * The number in {@code Last-Event-ID} (WHATWG HTML, section 9.2): the last event that was seen.
   *
   * @throws dev.chitin.bus.ChitinException {@code request.malformed} for two, or what is not 1 to
   *     15 digits
   */
  static OptionalLong lastEventId(MultiMap fields) {
    List<String> ids = fields.getAll("last-event-id");
    if (ids.isEmpty()) {
      return OptionalLong.empty();
    }
    String last = ids.getFirst();
    if (ids.size() > 1 || !last.matches("[0-9]{1,15}")) {
      throw unknownEvent();
    }
    return OptionalLong.of(Long.parseLong(last));
  }

  /** What a reader is told who names an event that never was. */
  static RuntimeException unknownEvent() {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, "Last-Event-ID is no id of an event of these.")
        .withHint("Send the id of the last event that you have seen, or leave the field out.")
        .toException();
  }
}
