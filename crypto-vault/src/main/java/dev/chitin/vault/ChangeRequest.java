package dev.chitin.vault;

/**
 * Changes a secret without giving it a new value.
 *
 * @param kind what to do
 * @param name which
 * @param tenant whose it is
 * @param actor who does it, for the audit event
 */
public record ChangeRequest(Kind kind, SecretName name, String tenant, String actor) {

  /** What may be done. */
  public enum Kind {
    /** Destroys every version but the newest, and forgets those that are destroyed. */
    PRUNE("prune"),
    /** Gives it to nobody until it is enabled. */
    DISABLE("disable"),
    ENABLE("enable");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
