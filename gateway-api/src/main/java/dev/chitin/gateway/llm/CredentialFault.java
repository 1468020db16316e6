package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Faults of the vault in the way of a provider's credential. The client's own key was fine, so they
 * are not told as if something of the client's were unknown or denied. What was wrong then stands
 * in the gateway's own log.
 */
final class CredentialFault {
  private static final Logger LOG = LoggerFactory.getLogger(CredentialFault.class);

  private CredentialFault() {}

  /**
   * What the client is told of {@code failure}, which is on record already: {@code
   * llm.provider_failed} when it is the operator's, and else the failure itself.
   */
  static ChitinException told(ProviderSettings provider, ChitinException failure) {
    if (!isOfCredential(failure.code())) {
      return failure;
    }
    String key = provider.key("credential");
    Problem problem = failure.problem();
    LOG.warn(
        "the secret '{}' that {} names cannot be used: {}: {}",
        provider.credential(),
        key,
        problem.code(),
        problem.detail());
    return Problem.of(
            ProblemCode.LLM_PROVIDER_FAILED,
            "The gateway cannot use its own credential for the provider '"
                + provider.dialect().provider()
                + "'; nothing was sent.")
        .withRule(key)
        .withHint("An operator mends what " + key + " names; the gateway's log says why.")
        .toException(failure);
  }

  /** Those that are a client's fault by their status; a vault that is closed says so itself. */
  private static boolean isOfCredential(ProblemCode code) {
    return code == ProblemCode.POLICY_CREDENTIAL_DENIED
        || (code.code().startsWith("vault.") && code.status() < 500);
  }
}
