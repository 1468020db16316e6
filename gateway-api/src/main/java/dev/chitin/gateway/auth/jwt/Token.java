package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.json.JsonLimits;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A token that was read (RFC 7515, compact form) and not yet believed. Its header may name its
 * kind, its algorithm and its key, and nothing by which a key could be fetched or brought along.
 *
 * @param kid a name to look up in the issuer's set; never a path or an address
 * @param claims what it says
 * @param signed what is signed
 * @param signature the signature as it came
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and seen by the verifier alone
record Token(
    SigningAlgorithm algorithm, String kid, JsonValue.Obj claims, byte[] signed, byte[] signature) {
  /** The largest token. */
  static final int MOST_LENGTH = 8 * 1024;

  private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

  /** Members that bring a key along, lead to one, or change what is signed. */
  private static final List<String> FORBIDDEN =
      List.of("crit", "jku", "x5u", "jwk", "x5c", "b64", "zip");

  private static final int MOST_KID = 256;

  /** Whether a text has the outer form of a token. */
  static boolean looksLikeOne(String text) {
    return text.length() > 2 && text.startsWith("ey") && text.indexOf('.') > 0;
  }

  /**
   * Reads a token.
   *
   * @throws Unreadable with what is wrong; its message holds nothing of the token
   */
  static Token parse(String text) throws Unreadable {
    if (text.length() > MOST_LENGTH) {
      throw new Unreadable("is larger than 8 KiB");
    }
    String[] parts = text.split("\\.", -1);
    if (parts.length != 3) {
      throw new Unreadable("has not three parts");
    }
    JsonValue.Obj header = object(parts[0], "header");
    for (String name : FORBIDDEN) {
      if (header.get(name) != null) {
        throw new Unreadable("has " + name + " in its header");
      }
    }
    String type = text(header, "typ");
    if (type == null || !TYPES.contains(type.toLowerCase(Locale.ROOT))) {
      throw new Unreadable("has not the typ JWT or at+jwt");
    }
    String kid = text(header, "kid");
    if (kid == null || kid.isEmpty() || kid.length() > MOST_KID) {
      throw new Unreadable("names no key (kid)");
    }
    SigningAlgorithm algorithm =
        Optional.ofNullable(text(header, "alg"))
            .flatMap(SigningAlgorithm::of)
            .orElseThrow(() -> new Unreadable("has an alg that is never taken"));
    return new Token(
        algorithm,
        kid,
        object(parts[1], "payload"),
        text.substring(0, text.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII),
        bytes(parts[2], "signature"));
  }

  private static JsonValue.Obj object(String part, String which) throws Unreadable {
    try {
      if (StrictJson.parse(bytes(part, which), JsonLimits.REQUEST)
          instanceof JsonValue.Obj object) {
        return object;
      }
    } catch (JsonSyntaxException e) {
      throw new Unreadable("has a " + which + " that is not JSON: " + e.reason());
    }
    throw new Unreadable("has a " + which + " that is no object");
  }

  private static byte[] bytes(String part, String which) throws Unreadable {
    return Base64Url.decode(part)
        .orElseThrow(() -> new Unreadable("has a " + which + " that is not base64url"));
  }

  static @Nullable String text(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Str text ? text.value() : null;
  }

  /** Why a text is no token. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String why) {
      super(why, null, false, false);
    }
  }
}
