package dev.chitin.gateway.auth;

import dev.chitin.bus.json.JsonFields;
import dev.chitin.bus.json.JsonValue;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that are no longer taken, though their issuer signed them.
 *
 * @param by what {@code value} is
 * @param value one token's {@code jti}, or the {@code sub} of all of a subject's tokens
 * @param issuer of which issuer, or null for any
 */
public record RevokedToken(By by, String value, @Nullable String issuer) {

  /** Most characters of a value. */
  public static final int MOST_LENGTH = 256;

  /** A claim of RFC 7519. */
  public enum By {
    JTI,
    SUB;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  JsonValue.Obj json() {
    return JsonValue.object().put(by.text(), value).put("issuer", issuer).build();
  }

  /** Reads {@code {"jti"|"sub": …, "issuer"?: …}}. */
  static RevokedToken of(JsonFields fields) {
    String jti = fields.string("jti").orElse(null);
    String sub = fields.string("sub").orElse(null);
    String issuer = fields.string("issuer").orElse(null);
    fields.end();
    if ((jti == null) == (sub == null)) {
      throw fields.invalid("jti", "or sub must be given, one of them");
    }
    String value = jti == null ? sub : jti;
    if (value == null || value.isEmpty() || value.length() > MOST_LENGTH) {
      throw fields.invalid(
          jti == null ? "sub" : "jti", "must have 1 to " + MOST_LENGTH + " characters");
    }
    return new RevokedToken(jti == null ? By.SUB : By.JTI, value, issuer);
  }
}
