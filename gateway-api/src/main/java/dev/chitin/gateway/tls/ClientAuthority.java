package dev.chitin.gateway.tls;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who vouches for clients, read at the start.
 *
 * @param pem the PEM text of the authorities
 * @param certificates the same, read
 * @param required whether a connection without a client certificate is refused
 * @param crl file of revoked certificates, or null
 */
public record ClientAuthority(
    Buffer pem, List<X509Certificate> certificates, boolean required, @Nullable Path crl) {
  private static final int MOST_BYTES = 1 << 20;
  private static final String RULE = "gateway.tls.client_ca";

  public ClientAuthority {
    certificates = List.copyOf(certificates);
  }

  /**
   * Reads them. Blocks.
   *
   * @throws ChitinException {@code config.invalid} when the file cannot be read or holds none
   */
  public static ClientAuthority read(ClientAuthSettings settings) {
    Path file = settings.ca();
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MOST_BYTES + 1);
    } catch (IOException e) {
      throw invalid(file + " cannot be read.", e);
    }
    if (bytes.length > MOST_BYTES) {
      throw invalid(file + " is larger than 1 MiB.", null);
    }
    List<X509Certificate> found = new ArrayList<>();
    try {
      for (Certificate one :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes))) {
        if (one instanceof X509Certificate certificate) {
          found.add(certificate);
        }
      }
    } catch (CertificateException e) {
      throw invalid(file + " does not hold certificates.", e);
    }
    if (found.isEmpty() || found.stream().anyMatch(one -> one.getBasicConstraints() < 0)) {
      throw invalid(file + " does not hold certificates of authorities alone.", null);
    }
    return new ClientAuthority(Buffer.buffer(bytes), found, settings.required(), settings.crl());
  }

  private static ChitinException invalid(String detail, @Nullable Exception cause) {
    Problem problem =
        Problem.of(ProblemCode.CONFIG_INVALID, detail)
            .withRule(RULE)
            .withHint("Name a PEM file with the certificates of those who sign for clients.");
    return cause == null ? problem.toException() : problem.toException(cause);
  }
}
