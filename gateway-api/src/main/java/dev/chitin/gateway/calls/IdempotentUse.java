package dev.chitin.gateway.calls;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One use of an idempotency key, as a line of the {@link IdempotencyJournal}. Holds no key, no
 * principal, no body and no output in clear.
 *
 * @param millis when, POSIX milliseconds
 * @param key SHA-256 of principal, tool and key, hex digits
 * @param body SHA-256 of the body, hex digits
 * @param owner SHA-256 of tenant and principal, hex digits
 * @param outcome how the call ended, or null while that is not known
 */
record IdempotentUse(
    long millis,
    String key,
    String body,
    String owner,
    String callId,
    JsonValue.@Nullable Obj outcome) {
  private static final String HASH = "([0-9a-f]{64})";
  private static final Pattern LINE =
      Pattern.compile(
          "used ([0-9]{1,15}) "
              + HASH
              + " "
              + HASH
              + " "
              + HASH
              + " ([a-z0-9_]{1,64})(?: (\\{.*\\}))?");

  /** The same use, of a call that ended so. */
  IdempotentUse ended(JsonValue.Obj how) {
    return new IdempotentUse(millis, key, body, owner, callId, how);
  }

  /** The same use, with another time. */
  IdempotentUse at(long then) {
    return new IdempotentUse(then, key, body, owner, callId, outcome);
  }

  String line() {
    String known = outcome == null ? "" : " " + CanonicalJson.inOrder(outcome);
    return "used " + millis + " " + key + " " + body + " " + owner + " " + callId + known + "\n";
  }

  /** The use that {@code line}, without its end, tells of; empty when it is none. */
  static Optional<IdempotentUse> of(String line) {
    Matcher parts = LINE.matcher(line);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      String outcome = parts.group(6);
      return Optional.of(
          new IdempotentUse(
              Long.parseLong(parts.group(1)),
              parts.group(2),
              parts.group(3),
              parts.group(4),
              parts.group(5),
              outcome == null
                  ? null
                  : (JsonValue.Obj)
                      StrictJson.parse(
                          outcome.getBytes(StandardCharsets.US_ASCII), JsonLimits.REQUEST)));
    } catch (JsonSyntaxException e) {
      return Optional.empty();
    }
  }
}
