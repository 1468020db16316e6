package dev.chitin.gateway;

import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.note.VerifierKey;
import dev.chitin.audit.witness.WitnessClient;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.gateway.AuditOptions.WitnessOptions;

/** Makes the client of the witness that the configuration names. */
final class Witnessing {
  private Witnessing() {}

  /**
   * The client, to be deployed.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} for a key or URL that is none
   */
  static WitnessClient client(WitnessOptions witness, DurableAuditLog log) {
    VerifierKey key =
        VerifierKey.parse(witness.key())
            .filter(known -> known.type() == VerifierKey.Type.COSIGNATURE)
            .orElseThrow(
                () ->
                    Problem.of(
                            ProblemCode.CONFIG_INVALID,
                            "audit.witness.key is not the verifier key of a witness.")
                        .withRule("audit.witness.key")
                        .withHint("chitin audit witness prints it when it starts.")
                        .toException());
    if (!witness.url().matches("https?://[^/ ]+(/[^ ]*)?")) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, "audit.witness.url is not an HTTP URL.")
          .withRule("audit.witness.url")
          .withHint("Name the submission prefix, http://witness.example:8788 say.")
          .toException();
    }
    return new WitnessClient(log.publication(), log.published(), key, witness.url());
  }
}
