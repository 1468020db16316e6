package dev.chitin.it;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Keys and certificates for one test, made when it runs. */
public final class Certificates {
  private Certificates() {}

  public static KeyPair keys(String algorithm, int size) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(size);
    return generator.generateKeyPair();
  }

  public static X509CertificateHolder certificate(KeyPair keys, Instant from, Duration life)
      throws OperatorCreationException {
    String signature =
        switch (keys.getPrivate().getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EdDSA" -> "Ed25519";
          default -> "SHA256withECDSA";
        };
    var name = new X500Name("CN=localhost");
    return new JcaX509v3CertificateBuilder(
            name,
            BigInteger.valueOf(from.toEpochMilli()),
            Date.from(from),
            Date.from(from.plus(life)),
            name,
            keys.getPublic())
        .build(new JcaContentSignerBuilder(signature).build(keys.getPrivate()));
  }

  public static Path write(Path file, Object item, String permissions) throws IOException {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(item);
    }
    Files.writeString(file, text.toString());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }
}
