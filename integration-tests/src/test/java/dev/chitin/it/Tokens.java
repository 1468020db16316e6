package dev.chitin.it;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;

/** An issuer of one test: its key, the open part of it, and tokens. */
public final class Tokens {
  static final String ISSUER = "https://id.example";
  static final String AUDIENCE = "https://gateway.example";

  private final String kid;
  private final KeyPair keys;

  public Tokens(String kid) throws GeneralSecurityException {
    this.kid = kid;
    this.keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  }

  /** The configuration of this issuer, but for where its keys are. */
  public static String configuration(String where) {
    return "{ \"issuer\": \""
        + ISSUER
        + "\", \"audience\": \""
        + AUDIENCE
        + "\", \"algorithms\": [\"EdDSA\"], "
        + where
        + ", \"roles\": { \"claim\": \"roles\", \"map\": { \"callers\": \"agent\", \"ops\":"
        + " \"operator\" } } }";
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The set of open keys. */
  byte[] set() {
    byte[] encoded = keys.getPublic().getEncoded();
    JsonValue.Obj jwk =
        JsonValue.object()
            .put("kty", "OKP")
            .put("crv", "Ed25519")
            .put("kid", kid)
            .put("x", base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)))
            .build();
    return CanonicalJson.bytes(
        JsonValue.object().put("keys", new JsonValue.Arr(java.util.List.of(jwk))).build());
  }

  /** Writes the set in one step. */
  public void write(Path file) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.write(next, set());
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  public static JsonValue.Builder claims(String subject, String id) {
    return JsonValue.object()
        .put("iss", ISSUER)
        .put("aud", AUDIENCE)
        .put("sub", subject)
        .put("jti", id)
        .put("exp", System.currentTimeMillis() / 1_000 + 600)
        .put("roles", "callers");
  }

  public String token(JsonValue.Builder claims) throws GeneralSecurityException {
    JsonValue.Obj header =
        JsonValue.object().put("typ", "JWT").put("alg", "EdDSA").put("kid", kid).build();
    String signed =
        base64(CanonicalJson.bytes(header)) + "." + base64(CanonicalJson.bytes(claims.build()));
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + base64(signature.sign());
  }
}
