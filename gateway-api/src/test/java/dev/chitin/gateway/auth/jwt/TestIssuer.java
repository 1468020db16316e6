package dev.chitin.gateway.auth.jwt;

import dev.chitin.bus.json.CanonicalJson;
import dev.chitin.bus.json.JsonValue;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Base64;

/** Keys made for one test, their open parts as a document, and tokens that they sign. */
final class TestIssuer {
  final SigningAlgorithm algorithm;
  final KeyPair keys;

  TestIssuer(SigningAlgorithm algorithm) throws GeneralSecurityException {
    this.algorithm = algorithm;
    KeyPairGenerator generator =
        KeyPairGenerator.getInstance(
            switch (algorithm) {
              case RS256 -> "RSA";
              case ES256 -> "EC";
              case EDDSA -> "Ed25519";
            });
    if (algorithm != SigningAlgorithm.EDDSA) {
      generator.initialize(algorithm == SigningAlgorithm.RS256 ? 2_048 : 256);
    }
    this.keys = generator.generateKeyPair();
  }

  static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static String base64(JsonValue.Obj object) {
    return base64(CanonicalJson.bytes(object));
  }

  private static byte[] unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] out = new byte[length];
    int from = Math.max(0, bytes.length - length);
    System.arraycopy(bytes, from, out, length - (bytes.length - from), bytes.length - from);
    return out;
  }

  JsonValue.Builder jwk(String kid) {
    JsonValue.Builder jwk = JsonValue.object().put("kid", kid).put("use", "sig");
    switch (keys.getPublic()) {
      case RSAPublicKey rsa ->
          jwk.put("kty", "RSA")
              .put("n", base64(unsigned(rsa.getModulus(), rsa.getModulus().bitLength() / 8)))
              .put("e", base64(rsa.getPublicExponent().toByteArray()));
      case ECPublicKey ec ->
          jwk.put("kty", "EC")
              .put("crv", "P-256")
              .put("x", base64(unsigned(ec.getW().getAffineX(), 32)))
              .put("y", base64(unsigned(ec.getW().getAffineY(), 32)));
      case EdECPublicKey ed -> {
        byte[] encoded = ed.getEncoded();
        jwk.put("kty", "OKP")
            .put("crv", "Ed25519")
            .put("x", base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
      }
      default -> throw new IllegalStateException("another kind of key");
    }
    return jwk;
  }

  static byte[] set(JsonValue.Builder... jwks) {
    return CanonicalJson.bytes(
        JsonValue.object()
            .put(
                "keys",
                new JsonValue.Arr(
                    Arrays.stream(jwks).<JsonValue>map(JsonValue.Builder::build).toList()))
            .build());
  }

  JsonValue.Builder header(String kid) {
    return JsonValue.object().put("typ", "JWT").put("alg", algorithm.text()).put("kid", kid);
  }

  String sign(JsonValue.Builder header, JsonValue.Builder claims) throws GeneralSecurityException {
    String signed = base64(header.build()) + "." + base64(claims.build());
    return signed + "." + base64(signature(signed.getBytes(StandardCharsets.US_ASCII)));
  }

  private byte[] signature(byte[] message) throws GeneralSecurityException {
    Signature signature =
        Signature.getInstance(
            switch (algorithm) {
              case RS256 -> "SHA256withRSA";
              case ES256 -> "SHA256withECDSAinP1363Format";
              case EDDSA -> "Ed25519";
            });
    signature.initSign(keys.getPrivate());
    signature.update(message);
    return signature.sign();
  }
}
