package dev.chitin.gateway.tls;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * A certificate chain and its key, found to belong together and to be in date.
 *
 * @param certificate the PEM text of the chain
 * @param key the PEM text of the key
 * @param notBefore from when on the gateway's own certificate counts
 * @param notAfter when it expires
 * @param digest over both texts, to tell one identity from another
 */
public record TlsIdentity(
    Buffer certificate, Buffer key, Instant notBefore, Instant notAfter, Digest digest) {
  /** How long before its end a certificate should have been renewed, at most. */
  private static final Duration NOTICE = Duration.ofDays(14);

  /** Names the setting of the key. */
  static final String KEY = "gateway.tls.key";

  private static final long MOST_BYTES = 1 << 20;
  private static final Set<PosixFilePermission> OF_OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  /**
   * Reads and checks them. Blocks.
   *
   * @throws ChitinException {@code config.invalid}, with what is wrong with which file
   */
  public static TlsIdentity read(TlsSettings settings) {
    byte[] certificate = bytes(settings.cert(), "gateway.tls.cert");
    byte[] key = keyBytes(settings.key());
    X509Certificate own = own(certificate, settings.cert());
    PrivateKey secret = TlsKey.read(key, settings.key());
    if (!belongTogether(own.getPublicKey(), secret)) {
      throw invalid(
          KEY,
          settings.key() + " is not the key of the first certificate in " + settings.cert() + ".",
          "Put the gateway's own certificate first, and name its key.");
    }
    requireInDate(own, settings.cert());
    return new TlsIdentity(
        Buffer.buffer(certificate),
        Buffer.buffer(key),
        own.getNotBefore().toInstant(),
        own.getNotAfter().toInstant(),
        Digest.of(Digest.of(certificate).toString().getBytes(StandardCharsets.US_ASCII), key));
  }

  /**
   * From when on it should have been renewed: two weeks, or a fifth of its time, before its end.
   */
  Instant dueAt() {
    Duration fifth = Duration.between(notBefore, notAfter).dividedBy(5);
    return notAfter.minus(fifth.compareTo(NOTICE) < 0 ? fifth : NOTICE);
  }

  /** What it says is the same at each look, so that it is told once. */
  private static void requireInDate(X509Certificate own, Path file) {
    Instant now = Instant.now();
    if (now.isAfter(own.getNotAfter().toInstant())) {
      throw invalid(
          "gateway.tls.cert",
          file + " expired at " + own.getNotAfter().toInstant() + ".",
          "Renew the certificate.");
    }
    if (now.isBefore(own.getNotBefore().toInstant())) {
      throw invalid(
          "gateway.tls.cert",
          file + " is not valid before " + own.getNotBefore().toInstant() + ".",
          "Compare this machine's clock, or wait until then.");
    }
  }

  private static byte[] keyBytes(Path file) {
    try {
      if (!Collections.disjoint(Files.getPosixFilePermissions(file), OF_OTHERS)) {
        throw invalid(
            KEY,
            file + " may be read or written by others.",
            "chmod 600 " + file + ", and think of the key as known.");
      }
    } catch (NoSuchFileException e) {
      // Reading it gives the same answer as for any other file that is not there.
      return bytes(file, KEY);
    } catch (IOException e) {
      throw unreadable(file, KEY, e);
    }
    return bytes(file, KEY);
  }

  private static byte[] bytes(Path file, String rule) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        // A pipe would keep the reader for good.
        throw invalid(rule, file + " is no regular file.", "Name a PEM file.");
      }
      if (Files.size(file) > MOST_BYTES) {
        throw invalid(rule, file + " is larger than 1 MiB.", "Name a PEM file.");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw unreadable(file, rule, e);
    }
  }

  private static X509Certificate own(byte[] pem, Path file) {
    try {
      Collection<? extends Certificate> chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem));
      if (chain.iterator().hasNext() && chain.iterator().next() instanceof X509Certificate first) {
        return first;
      }
    } catch (GeneralSecurityException e) {
      throw notPem("gateway.tls.cert", file, "a certificate", e);
    }
    throw invalid("gateway.tls.cert", file + " holds no certificate.", "Name a PEM file.");
  }

  /** Whether what one signs the other verifies. */
  private static boolean belongTogether(PublicKey open, PrivateKey secret) {
    try {
      String algorithm = secret.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
      byte[] message = "chitin".getBytes(StandardCharsets.US_ASCII);
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(secret);
      signature.update(message);
      byte[] signed = signature.sign();
      signature.initVerify(open);
      signature.update(message);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      // A key of another kind than the certificate's cannot even be asked.
      return false;
    }
  }

  static ChitinException notPem(String rule, Path file, String what, Exception cause) {
    return Problem.of(ProblemCode.CONFIG_INVALID, file + " does not hold " + what + ".")
        .withRule(rule)
        .withHint("Name a PEM file.")
        .toException(cause);
  }

  private static ChitinException unreadable(Path file, String rule, IOException cause) {
    return Problem.of(ProblemCode.CONFIG_INVALID, file + " cannot be read.")
        .withRule(rule)
        .withHint("Name a file that the gateway's user can read.")
        .toException(cause);
  }

  static ChitinException invalid(String rule, String detail, String hint) {
    return Problem.of(ProblemCode.CONFIG_INVALID, detail)
        .withRule(rule)
        .withHint(hint)
        .toException();
  }
}
