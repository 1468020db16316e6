package dev.chitin.gateway.auth.mtls;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Who signs certificates and lists of revoked ones in one test. */
@SuppressWarnings("JavaUtilDate") // the builders of certificates and lists take nothing else
public final class TestAuthority {
  private final X500Name name;
  private final Instant now;
  private final KeyPair keys;

  public TestAuthority(String name, Instant now) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    this.name = new X500Name(name);
    this.now = now;
    this.keys = generator.generateKeyPair();
  }

  private ContentSigner signer() throws OperatorCreationException {
    return new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
  }

  /** Its own certificate. */
  public X509Certificate certificate() throws Exception {
    return certificate(1, name);
  }

  /** A client's. */
  X509Certificate client(long serial) throws Exception {
    return certificate(serial, new X500Name("CN=client"));
  }

  private X509Certificate certificate(long serial, X500Name subject) throws Exception {
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            BigInteger.valueOf(serial),
            Date.from(now.minusSeconds(86_400)),
            Date.from(now.plusSeconds(86_400)),
            subject,
            keys.getPublic());
    return new JcaX509CertificateConverter().getCertificate(builder.build(signer()));
  }

  /** A list that is made so many seconds after now and holds for an hour. */
  Crl list(long seconds) {
    return new Crl(now.plusSeconds(seconds));
  }

  /** A list of revoked certificates to be signed. */
  final class Crl {
    private final Instant made;
    private final X509v2CRLBuilder builder;

    private Crl(Instant made) {
      this.made = made;
      this.builder = new X509v2CRLBuilder(name, Date.from(made));
      builder.setNextUpdate(Date.from(made.plusSeconds(3_600)));
    }

    private Crl with(ASN1ObjectIdentifier extension, boolean isCritical, ASN1Encodable value)
        throws IOException {
      builder.addExtension(extension, isCritical, value);
      return this;
    }

    Crl number(long number) throws IOException {
      return with(Extension.cRLNumber, false, new CRLNumber(BigInteger.valueOf(number)));
    }

    /** A number that is none. */
    Crl brokenNumber() throws IOException {
      return with(Extension.cRLNumber, false, CRLReason.lookup(CRLReason.keyCompromise));
    }

    /** Makes it one of changes since the list of that number. */
    Crl deltaSince(long number) throws IOException {
      return with(Extension.deltaCRLIndicator, true, new CRLNumber(BigInteger.valueOf(number)));
    }

    /** Makes it one for certificates of users alone, or of authorities alone. */
    Crl part(boolean isOfUsers) throws IOException {
      return with(
          Extension.issuingDistributionPoint,
          true,
          new IssuingDistributionPoint(null, isOfUsers, !isOfUsers, null, false, false));
    }

    Crl revoking(long serial) {
      builder.addCRLEntry(BigInteger.valueOf(serial), Date.from(made), CRLReason.keyCompromise);
      return this;
    }

    byte[] signed() throws Exception {
      return builder.build(signer()).getEncoded();
    }
  }
}
