package dev.chitin.policy;

import java.util.Map;

/**
 * Information-flow labels: of the session when the call came, and the provenance of each argument.
 * The monitor that acts on them comes later; the plan carries them so that a decision covers them.
 *
 * @param integrity {@code trusted}, {@code user}, {@code tool} or {@code untrusted}
 * @param confidentiality {@code public}, {@code internal} or {@code secret}
 * @param arguments argument name → provenance
 */
public record Labels(String integrity, String confidentiality, Map<String, String> arguments) {
  /** Nothing is known of where the text came from. */
  public static final Labels UNATTRIBUTED = new Labels("untrusted", "internal", Map.of());

  public Labels {
    arguments = Map.copyOf(arguments);
  }
}
