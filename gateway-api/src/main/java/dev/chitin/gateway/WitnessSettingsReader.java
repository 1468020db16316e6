package dev.chitin.gateway;

import dev.chitin.audit.note.VerifierKey;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonFields;
import dev.chitin.gateway.AuditOptions.WitnessOptions;
import java.util.regex.Pattern;

/** Reads which witness cosigns the log ({@code audit.witness}). */
final class WitnessSettingsReader {
  private static final Pattern URL = Pattern.compile("https?://[^/ ]+(/[^ ]*)?");

  private WitnessSettingsReader() {}

  /**
   * The witness.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} for a key or URL that is none
   */
  static WitnessOptions read(JsonFields witness) {
    return new WitnessOptions(
        url(witness.required("url", witness.string("url"))),
        key(witness.required("key", witness.string("key"))),
        witness.integer("required", 0, 1).orElse(0L) == 1);
  }

  private static String url(String text) {
    if (!URL.matcher(text).matches()) {
      throw Problem.of(ProblemCode.CONFIG_INVALID, "audit.witness.url is not an HTTP URL.")
          .withRule("audit.witness.url")
          .withHint("Name the submission prefix, http://witness.example:8788 say.")
          .toException();
    }
    return text;
  }

  private static VerifierKey key(String text) {
    return VerifierKey.parse(text)
        .filter(known -> known.type() == VerifierKey.Type.COSIGNATURE)
        .orElseThrow(
            () ->
                Problem.of(
                        ProblemCode.CONFIG_INVALID,
                        "audit.witness.key is not the verifier key of a witness.")
                    .withRule("audit.witness.key")
                    .withHint("chitin audit witness prints it when it starts.")
                    .toException());
  }
}
