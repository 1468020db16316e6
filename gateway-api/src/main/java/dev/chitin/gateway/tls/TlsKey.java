package dev.chitin.gateway.tls;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.RSAKey;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** Reads the private key of a listener; takes the kinds alone that listeners can use. */
final class TlsKey {
  private static final int LEAST_RSA_BITS = 2_048;
  private static final String KINDS =
      "RSA with at least " + LEAST_RSA_BITS + " bits, or EC on P-256, P-384 or P-521";
  private static final Set<ASN1Encodable> CURVES =
      Set.of(
          SECObjectIdentifiers.secp256r1,
          SECObjectIdentifiers.secp384r1,
          SECObjectIdentifiers.secp521r1);

  private TlsKey() {}

  /**
   * Reads it.
   *
   * @param file where {@code pem} comes from
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when there is none, or one of
   *     another kind
   */
  static PrivateKey read(byte[] pem, Path file) {
    try (var parser = new PEMParser(new StringReader(new String(pem, StandardCharsets.US_ASCII)))) {
      for (Object item = parser.readObject(); item != null; item = parser.readObject()) {
        if (item instanceof PEMKeyPair pair) {
          return key(pair.getPrivateKeyInfo(), file);
        }
        if (item instanceof PrivateKeyInfo info) {
          return key(info, file);
        }
      }
    } catch (IOException e) {
      throw TlsIdentity.notPem(TlsIdentity.KEY, file, "an unencrypted private key", e);
    }
    throw TlsIdentity.invalid(
        TlsIdentity.KEY,
        file + " holds no unencrypted private key.",
        "Name a PEM file with a key in PKCS#8, or in the older form for RSA or EC: " + KINDS + ".");
  }

  private static PrivateKey key(PrivateKeyInfo info, Path file) throws IOException {
    AlgorithmIdentifier kind = info.getPrivateKeyAlgorithm();
    boolean taken =
        kind.getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)
            || (kind.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
                && kind.getParameters() != null
                && CURVES.contains(kind.getParameters()));
    if (!taken) {
      throw refused(file + " holds a key of another kind than listeners can use.");
    }
    PrivateKey key = new JcaPEMKeyConverter().getPrivateKey(info);
    if (key instanceof RSAKey rsa && rsa.getModulus().bitLength() < LEAST_RSA_BITS) {
      throw refused(
          file
              + " holds an RSA key of "
              + rsa.getModulus().bitLength()
              + " bits: that is too weak.");
    }
    return key;
  }

  private static RuntimeException refused(String detail) {
    return TlsIdentity.invalid(
        TlsIdentity.KEY,
        detail,
        "Get a certificate for a key of one of these kinds: " + KINDS + ".");
  }
}
