package dev.chitin.it;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Who vouches for clients in one test. */
@SuppressWarnings("JavaUtilDate") // the builders of certificates take nothing else
final class Authority {
  private final AtomicLong serial = new AtomicLong(System.nanoTime());
  private final X500Name name;
  private final KeyPair keys;
  private final X509Certificate certificate;

  /** A client's key and certificate. */
  record Client(KeyPair keys, X509Certificate certificate) {}

  Authority(String name) throws Exception {
    this.name = new X500Name(name);
    this.keys = Certificates.keys("EC", 256);
    this.certificate =
        new JcaX509CertificateConverter()
            .getCertificate(
                builder(this.name, keys)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                    .build(signer()));
  }

  private JcaX509v3CertificateBuilder builder(X500Name subject, KeyPair of) {
    return new JcaX509v3CertificateBuilder(
        name,
        BigInteger.valueOf(serial.incrementAndGet()),
        Date.from(Instant.now().minusSeconds(60)),
        Date.from(Instant.now().plusSeconds(86_400)),
        subject,
        of.getPublic());
  }

  private ContentSigner signer() throws Exception {
    return new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
  }

  X509Certificate certificate() {
    return certificate;
  }

  /** A client whose certificate has these names, {@code URI:…} or {@code DNS:…}. */
  Client client(String subject, String... names) throws Exception {
    KeyPair own = Certificates.keys("EC", 256);
    var builder = builder(new X500Name(subject), own);
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
    List<GeneralName> alternatives = new ArrayList<>();
    for (String one : names) {
      alternatives.add(
          new GeneralName(
              one.startsWith("URI:") ? GeneralName.uniformResourceIdentifier : GeneralName.dNSName,
              one.substring(4)));
    }
    if (!alternatives.isEmpty()) {
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(alternatives.toArray(GeneralName[]::new)));
    }
    return new Client(
        own, new JcaX509CertificateConverter().getCertificate(builder.build(signer())));
  }

  X509CRL revocations(X509Certificate... revoked) throws Exception {
    var builder = new X509v2CRLBuilder(name, Date.from(Instant.now().minusSeconds(60)));
    builder.setNextUpdate(Date.from(Instant.now().plusSeconds(86_400)));
    for (X509Certificate one : revoked) {
      builder.addCRLEntry(one.getSerialNumber(), Date.from(Instant.now()), CRLReason.keyCompromise);
    }
    return new JcaX509CRLConverter().getCRL(builder.build(signer()));
  }
}
