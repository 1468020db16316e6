package dev.chitin.gateway;

import dev.chitin.gateway.Doctor.Finding;
import dev.chitin.gateway.Doctor.Verdict;
import dev.chitin.gateway.auth.mtls.RevocationList;
import dev.chitin.gateway.reload.ConfigReload;
import dev.chitin.gateway.tls.TlsRenewal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the files and addresses stand on which the edge rests while it runs: its own keys, the keys
 * of issuers, the list of revoked certificates, its own certificate, the configuration. What cannot
 * be read is never taken for more than it was; here stands what that costs, and for whom.
 */
final class Supplies {
  static final String KEYS = "auth.keys";
  static final String ISSUERS = "auth.issuers";
  static final String REVOCATIONS = "tls.client_crl";
  static final String CERTIFICATE = "tls.certificate";
  static final String CONFIGURATION = "config.file";

  /** All that there can be. */
  static final List<String> ALL = List.of(KEYS, ISSUERS, REVOCATIONS, CERTIFICATE, CONFIGURATION);

  private final AuthService auth;
  private final @Nullable TlsRenewal renewal;
  private final @Nullable ConfigReload configuration;

  /**
   * @param renewal null without TLS
   * @param configuration null when it came from no file
   */
  Supplies(AuthService auth, @Nullable TlsRenewal renewal, @Nullable ConfigReload configuration) {
    this.auth = auth;
    this.renewal = renewal;
    this.configuration = configuration;
  }

  /** One finding for each that is configured, and for each issuer with a fault. */
  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    findings.add(keys());
    issuers(findings);
    RevocationList revocations = auth.revocations();
    if (revocations != null) {
      findings.add(
          revocations
              .trouble()
              .map(why -> new Finding(REVOCATIONS, Verdict.DEGRADED, why))
              .orElseGet(
                  () -> new Finding(REVOCATIONS, Verdict.PROVEN, "it was read and is in date")));
    }
    if (renewal != null) {
      findings.add(certificate(renewal));
    }
    if (configuration != null) {
      findings.add(
          configuration
              .refusal()
              .map(why -> new Finding(CONFIGURATION, Verdict.DEGRADED, "is not in force: " + why))
              .orElseGet(
                  () -> new Finding(CONFIGURATION, Verdict.PROVEN, "what it says is in force")));
    }
    return findings;
  }

  private Finding keys() {
    return auth.isWritten()
        ? new Finding(KEYS, Verdict.PROVEN, "keys.json has all that holds")
        : new Finding(
            KEYS,
            Verdict.DEGRADED,
            "what was revoked is not in keys.json, and would be taken again after a restart");
  }

  private void issuers(List<Finding> findings) {
    Map<String, String> troubles = auth.issuerTroubles();
    troubles.forEach(
        (issuer, why) ->
            findings.add(
                new Finding(ISSUERS, Verdict.DEGRADED, "the keys of " + issuer + " " + why)));
    if (troubles.isEmpty() && !auth.issuerAges().isEmpty()) {
      findings.add(new Finding(ISSUERS, Verdict.PROVEN, "the keys of each were read"));
    }
  }

  private static Finding certificate(TlsRenewal renewal) {
    Optional<String> refusal = renewal.refusal();
    String files = refusal.map(why -> "; what is in the files is not taken: " + why).orElse("");
    return switch (renewal.validity()) {
      case EXPIRED ->
          new Finding(
              CERTIFICATE,
              Verdict.INERT,
              "the one in use expired at " + renewal.notAfter() + ", clients refuse it" + files);
      case ENDING ->
          new Finding(
              CERTIFICATE,
              Verdict.DEGRADED,
              "the one in use expires at " + renewal.notAfter() + ", renew it" + files);
      case SOUND ->
          new Finding(
              CERTIFICATE,
              refusal.isPresent() ? Verdict.DEGRADED : Verdict.PROVEN,
              "the one in use expires at " + renewal.notAfter() + files);
    };
  }

  /** Whether that control holds less than it should. */
  boolean fails(String control) {
    return findings().stream()
        .anyMatch(
            finding -> finding.control().equals(control) && finding.verdict() != Verdict.PROVEN);
  }
}
