package dev.chitin.vault;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.regex.Pattern;

/**
 * The name of a secret: {@code [a-z0-9][a-z0-9._-]{0,127}}. Checked before any other use.
 *
 * @param value the name
 */
public record SecretName(String value) {
  private static final Pattern GRAMMAR = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");

  public SecretName {
    if (!GRAMMAR.matcher(value).matches()) {
      throw Problem.of(ProblemCode.VAULT_SECRET_INVALID, "That is not a secret's name.")
          .withHint(
              "Use 1 to 128 of a-z, 0-9, dot, underscore and hyphen, a letter or digit first.")
          .toException();
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
