package dev.chitin.vault;

import java.util.List;

/** What may be known of the secrets of one tenant, by name. */
public record SecretList(List<SecretMetadata> secrets) {
  public SecretList {
    secrets = List.copyOf(secrets);
  }
}
