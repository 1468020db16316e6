package dev.chitin.it.llm;

import dev.chitin.it.Certificates;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A server that vouches for itself.
 *
 * @param key PEM file
 * @param certificate PEM file
 * @param known the certificate
 */
record SelfSigned(Path key, Path certificate, X509Certificate known) {

  /** Makes one for {@code address}, in files of {@code directory} that begin with {@code name}. */
  @SuppressWarnings("JavaUtilDate") // the builder of certificates takes nothing else
  static SelfSigned make(Path directory, String name, String address) throws Exception {
    KeyPair keys = Certificates.keys("RSA", 2048);
    var subject = new X500Name("CN=" + name);
    X509CertificateHolder certificate =
        new JcaX509v3CertificateBuilder(
                subject,
                BigInteger.valueOf(System.nanoTime()),
                Date.from(Instant.now().minusSeconds(60)),
                Date.from(Instant.now().plusSeconds(86_400)),
                subject,
                keys.getPublic())
            .addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(GeneralName.iPAddress, address)))
            .build(new JcaContentSignerBuilder("SHA256withRSA").build(keys.getPrivate()));
    return new SelfSigned(
        Certificates.write(
            directory.resolve(name + ".key"),
            new JcaPKCS8Generator(keys.getPrivate(), null),
            "rw-------"),
        Certificates.write(directory.resolve(name + ".pem"), certificate, "rw-r--r--"),
        new JcaX509CertificateConverter().getCertificate(certificate));
  }

  /** What a client needs that trusts this one alone. */
  SSLContext trusting() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("own", known);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
