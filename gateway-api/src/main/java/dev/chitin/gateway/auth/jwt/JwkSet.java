package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.bus.json.JsonValue;
import dev.chitin.bus.json.StrictJson;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An issuer's open keys by their {@code kid} (RFC 7517). Keys of other kinds, for other uses and
 * without a name are left out, and so is a weak or broken one: the rest of its set counts (section
 * 5).
 *
 * @param keys by {@code kid}
 * @param broken the names of those that were left out as weak or broken, and why
 */
record JwkSet(Map<String, VerificationKey> keys, List<String> broken) {
  /** The largest document that is read. */
  static final int MOST_BYTES = 256 * 1024;

  /** Most keys of one issuer. */
  static final int MOST_KEYS = 64;

  private static final int MOST_NAME = 256;

  JwkSet {
    keys = Map.copyOf(keys);
    broken = List.copyOf(broken);
  }

  /**
   * Reads a set.
   *
   * @param from where it comes from, for the refusal
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when it is no set of keys, too
   *     large, holds a secret key, or two of one name
   */
  static JwkSet parse(byte[] document, String from) {
    if (document.length > MOST_BYTES) {
      throw refused(from, "is larger than 256 KiB");
    }
    try {
      JsonValue read = StrictJson.parse(document);
      if (read instanceof JsonValue.Obj set && set.get("keys") instanceof JsonValue.Arr items) {
        return of(items.items(), from);
      }
    } catch (JsonSyntaxException e) {
      throw refused(from, "is not JSON: " + e.reason());
    }
    throw refused(from, "is not a set of keys: it has no array \"keys\"");
  }

  private static JwkSet of(List<JsonValue> items, String from) {
    if (items.size() > MOST_KEYS) {
      throw refused(from, "holds more than " + MOST_KEYS + " keys");
    }
    Map<String, VerificationKey> keys = new HashMap<>();
    List<String> broken = new ArrayList<>();
    for (JsonValue item : items) {
      if (item instanceof JsonValue.Obj jwk) {
        String kid = name(jwk);
        VerificationKey key = kid == null ? null : soundKey(kid, jwk, from, broken);
        if (kid != null && key != null && keys.put(kid, key) != null) {
          throw refused(from, "holds two keys of one kid");
        }
      }
    }
    return new JwkSet(keys, broken);
  }

  /**
   * This set, if it is of use.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when it holds no key
   */
  JwkSet requireKeys(String from) {
    if (keys.isEmpty()) {
      throw refused(from, lack());
    }
    return this;
  }

  /** Why a set without keys is of no use. */
  String lack() {
    return "holds no key with a kid for "
        + SigningAlgorithm.texts()
        + (broken.isEmpty() ? "" : "; left out was " + broken.getFirst());
  }

  private static @Nullable String name(JsonValue.Obj jwk) {
    String kid = text(jwk, "kid");
    return kid == null || kid.length() > MOST_NAME ? null : kid;
  }

  /** Like {@link #key}, but null for a weak or broken one too, which is told to {@code broken}. */
  private static @Nullable VerificationKey soundKey(
      String kid, JsonValue.Obj jwk, String from, List<String> broken) {
    try {
      return key(jwk, from);
    } catch (IllegalArgumentException e) {
      broken.add(CanonicalJson.string(new JsonValue.Str(kid)) + ", " + e.getMessage());
      return null;
    }
  }

  /**
   * The key, or null when it is not for signatures that are known here.
   *
   * @throws IllegalArgumentException when it is weak or broken
   */
  private static @Nullable VerificationKey key(JsonValue.Obj jwk, String from) {
    String use = text(jwk, "use");
    if (use != null && !use.equals("sig")) {
      return null;
    }
    if (jwk.get("d") != null) {
      throw refused(from, "holds a secret key; think of it as known to others");
    }
    VerificationKey key = material(jwk);
    String alg = text(jwk, "alg");
    boolean fits = key != null && (alg == null || alg.equals(key.algorithm().text()));
    return fits ? key : null;
  }

  private static @Nullable VerificationKey material(JsonValue.Obj jwk) {
    String curve = text(jwk, "crv");
    return switch (text(jwk, "kty")) {
      case "RSA" -> RsaKey.of(number(jwk, "n"), number(jwk, "e"));
      case "EC" -> "P-256".equals(curve) ? P256Key.of(bytes(jwk, "x"), bytes(jwk, "y")) : null;
      case "OKP" -> "Ed25519".equals(curve) ? Ed25519Key.of(bytes(jwk, "x")) : null;
      case null, default -> null;
    };
  }

  private static BigInteger number(JsonValue.Obj jwk, String name) {
    return new BigInteger(1, bytes(jwk, name));
  }

  private static byte[] bytes(JsonValue.Obj jwk, String name) {
    String text = text(jwk, name);
    if (text == null) {
      throw new IllegalArgumentException("it has no " + name);
    }
    return Base64Url.decode(text)
        .orElseThrow(() -> new IllegalArgumentException(name + " is not base64url"));
  }

  private static @Nullable String text(JsonValue.Obj object, String name) {
    return object.get(name) instanceof JsonValue.Str text ? text.value() : null;
  }

  Optional<VerificationKey> find(String kid) {
    return Optional.ofNullable(keys.get(kid));
  }

  private static RuntimeException refused(String from, String detail) {
    return Problem.of(ProblemCode.CONFIG_INVALID, from + " " + detail + ".")
        .withRule("auth.issuers")
        .withHint("Name a set of open keys (RFC 7517) in jwks_file or jwks_url.")
        .toException();
  }
}
