package dev.chitin.gateway.http;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.NearestName;
import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The members of a query, each known and there once; what it is not is {@code request.malformed}.
 */
final class QueryMembers {
  private static final int MAX_CHARS = 512;

  private final MultiMap query;

  /**
   * Takes {@code query}.
   *
   * @param names of the members that it may have
   */
  QueryMembers(MultiMap query, List<String> names) {
    this.query = query;
    for (String name : query.names()) {
      if (!names.contains(name)) {
        throw Problem.of(ProblemCode.REQUEST_MALFORMED, "The query has an unknown member.")
            .withHint(known(name, names))
            .toException();
      }
      if (query.getAll(name).size() > 1) {
        throw malformed(name + " stands twice.", name);
      }
    }
  }

  /** A text of 1 to {@value #MAX_CHARS} characters, if it is there. */
  Optional<String> text(String name) {
    Optional<String> value = Optional.ofNullable(query.get(name));
    if (value.filter(text -> text.isEmpty() || text.length() > MAX_CHARS).isPresent()) {
      throw malformed(name + " has 1 to " + MAX_CHARS + " characters.", name);
    }
    return value;
  }

  /** One of {@code known}, if it is there. */
  Optional<String> one(String name, List<String> known) {
    Optional<String> value = text(name);
    if (value.isPresent() && !known.contains(value.get())) {
      throw Problem.of(ProblemCode.REQUEST_MALFORMED, name + " has an unknown value.")
          .withRule("query." + name)
          .withHint(known(value.get(), known))
          .toException();
    }
    return value;
  }

  private static String known(String given, List<String> names) {
    return NearestName.of(given, names)
        .map(near -> "Did you mean " + near + "?")
        .orElse("Known are " + String.join(", ", names) + ".");
  }

  /** A whole number within these bounds, if it is there. */
  OptionalLong number(String name, long least, long most) {
    Optional<String> value = text(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (value.get().matches("[0-9]{1,18}")) {
      long number = Long.parseLong(value.get());
      if (number >= least && number <= most) {
        return OptionalLong.of(number);
      }
    }
    throw malformed(name + " is a number from " + least + " to " + most + ".", name);
  }

  /** Milliseconds since 1970, from such a number or a time of RFC 3339, if it is there. */
  OptionalLong time(String name) {
    Optional<String> value = text(name);
    if (value.isEmpty() || value.get().matches("[0-9]{1,18}")) {
      return number(name, 0, Long.MAX_VALUE);
    }
    try {
      return OptionalLong.of(Instant.parse(value.get()).toEpochMilli());
    } catch (DateTimeException | ArithmeticException e) {
      // Also a time that is one, and some hundred million years off.
      throw malformed(name + " is a time of RFC 3339, 2026-01-31T12:00:00Z say.", name);
    }
  }

  static RuntimeException malformed(String detail, String member) {
    return Problem.of(ProblemCode.REQUEST_MALFORMED, detail)
        .withRule("query." + member)
        .withHint("Correct it, or leave it out.")
        .toException();
  }
}
