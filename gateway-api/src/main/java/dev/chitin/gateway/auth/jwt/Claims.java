package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a token claims (RFC 7519 section 4.1), typed.
 *
 * @param subject 1 to 255 visible characters
 * @param audiences one or several
 * @param expiresMillis POSIX milliseconds
 * @param notBeforeMillis POSIX milliseconds, or null
 * @param thumbprint SHA-256 of the certificate to which it is bound (RFC 8705), base64url, or null
 * @param roles what the claim of roles holds
 */
record Claims(
    String subject,
    List<String> audiences,
    @Nullable String id,
    long expiresMillis,
    @Nullable Long notBeforeMillis,
    @Nullable String thumbprint,
    List<String> roles) {
  private static final int MOST_SUBJECT = 255;
  private static final int MOST_ID = 256;
  private static final double LAST_SECOND = 253_402_300_799.0; // the end of the year 9999

  Claims {
    audiences = List.copyOf(audiences);
    roles = List.copyOf(roles);
  }

  /**
   * Reads them.
   *
   * @param settings where the roles are, and how they are written there
   * @throws Token.Unreadable when a required one is missing or one has another type
   */
  static Claims of(JsonValue.Obj claims, IssuerSettings settings) throws Token.Unreadable {
    String subject = Token.text(claims, "sub");
    if (subject == null
        || subject.isEmpty()
        || subject.length() > MOST_SUBJECT
        || hidden(subject)) {
      throw new Token.Unreadable("has no sub of 1 to 255 visible characters");
    }
    String id = Token.text(claims, "jti");
    if (claims.get("jti") != null && (id == null || id.isEmpty() || id.length() > MOST_ID)) {
      throw new Token.Unreadable("has a jti that is not a text of 1 to 256 characters");
    }
    OptionalLong expires = millis(claims, "exp");
    if (expires.isEmpty()) {
      throw new Token.Unreadable("has no exp");
    }
    OptionalLong notBefore = millis(claims, "nbf");
    return new Claims(
        subject,
        texts(claims.get("aud")),
        id,
        expires.getAsLong(),
        notBefore.isPresent() ? notBefore.getAsLong() : null,
        thumbprint(claims),
        roles(member(claims, settings.claim()).orElse(JsonValue.Null.VALUE), settings));
  }

  /**
   * An array's texts are names as they are. One text is a list of names, delimited by spaces (RFC
   * 8693 section 4.2); where names with spaces are known it could as well be one name, so that a
   * text with spaces stands for none there: nobody gains a role by how it is read.
   */
  private static List<String> roles(JsonValue value, IssuerSettings settings) {
    if (!(value instanceof JsonValue.Str text) || text.value().indexOf(' ') < 0) {
      return texts(value);
    }
    return settings.knowsNamesWithSpaces() ? List.of() : List.of(text.value().split(" "));
  }

  /**
   * Also what changes how the rest is shown, or is not shown: two principals must not look alike.
   */
  private static boolean hidden(String text) {
    return text.codePoints()
        .anyMatch(
            c ->
                Character.isISOControl(c)
                    || Character.isWhitespace(c)
                    || Character.isSpaceChar(c)
                    || Character.getType(c) == Character.FORMAT
                    || !Character.isDefined(c));
  }

  private static OptionalLong millis(JsonValue.Obj claims, String name) throws Token.Unreadable {
    JsonValue value = claims.get(name);
    double seconds =
        switch (value) {
          case JsonValue.Int whole -> whole.value();
          case JsonValue.Real real -> real.value();
          case null -> -1;
          default -> Double.NaN;
        };
    if (value == null) {
      return OptionalLong.empty();
    }
    if (!(seconds >= 0 && seconds <= LAST_SECOND)) {
      throw new Token.Unreadable("has an " + name + " that is no time");
    }
    return OptionalLong.of((long) (seconds * 1_000));
  }

  /** A binding that is there and not understood must not be passed over. */
  private static @Nullable String thumbprint(JsonValue.Obj claims) throws Token.Unreadable {
    JsonValue confirmation = claims.get("cnf");
    if (confirmation == null) {
      return null;
    }
    boolean known =
        confirmation instanceof JsonValue.Obj object
            && object.members().size() == 1
            && object.get("x5t#S256") instanceof JsonValue.Str;
    if (!known) {
      throw new Token.Unreadable("is bound (cnf) to something else than a certificate");
    }
    return Token.text((JsonValue.Obj) confirmation, "x5t#S256");
  }

  private static Optional<JsonValue> member(JsonValue.Obj claims, List<String> path) {
    JsonValue value = claims;
    for (String name : path) {
      if (!(value instanceof JsonValue.Obj object)) {
        return Optional.empty();
      }
      value = object.get(name);
    }
    return Optional.ofNullable(value);
  }

  private static List<String> texts(@Nullable JsonValue value) {
    List<String> texts = new ArrayList<>();
    if (value instanceof JsonValue.Str text) {
      texts.add(text.value());
    } else if (value instanceof JsonValue.Arr items) {
      for (JsonValue item : items.items()) {
        if (item instanceof JsonValue.Str text) {
          texts.add(text.value());
        }
      }
    }
    return texts;
  }
}
