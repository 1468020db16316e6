package dev.chitin.gateway.llm;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;

/** Answers of providers that say something of the gateway, and are not its clients' to see. */
final class Unfit {
  private Unfit() {}

  /** The client's own key was fine; the one in the vault is not. */
  static ChitinException credential(ProviderSettings provider) {
    return of(
        provider,
        "The provider does not accept the gateway's own credential.",
        "An operator stores a new one with chitin secret put " + provider.credential() + ".",
        "credential");
  }

  static ChitinException redirect(ProviderSettings provider, int status) {
    return of(
        provider,
        "The provider answers with status " + status + ", which is not followed.",
        "The operator names the provider's final address.",
        "base_url");
  }

  static ChitinException notInspectable(ProviderSettings provider) {
    return of(
        provider,
        "The provider's answer cannot be searched for the credential that was sent.",
        "It came with a content coding that nobody asked for; the operator finds the provider under "
            + provider.key("base_url")
            + ".",
        "base_url");
  }

  private static ChitinException of(
      ProviderSettings provider, String detail, String hint, String key) {
    return Problem.of(ProblemCode.LLM_PROVIDER_FAILED, detail)
        .withRule(provider.key(key))
        .withHint(hint)
        .toException();
  }
}
