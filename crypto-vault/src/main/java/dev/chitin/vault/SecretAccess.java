package dev.chitin.vault;

/**
 * The token that whoever touches the bytes of a secret has to show. Only the packages that {@code
 * ArchitectureTest} names may ask for it: the vault itself, the backend that puts secrets into
 * requests, and the command that reads one from a terminal. Nobody needs a secret's bytes by habit.
 */
public final class SecretAccess {
  private static final SecretAccess GRANTED = new SecretAccess();

  private SecretAccess() {}

  /** The token. Each new caller of this method is a decision of whoever reviews it. */
  public static SecretAccess granted() {
    return GRANTED;
  }
}
