package dev.chitin.vault;

import dev.chitin.bus.Deadline;
import io.vertx.core.Future;

/**
 * The store of secrets. No method gives a secret back; {@link LeaseRedeemer} lends it for the time
 * of one function. Failures: {@code vault.unavailable}, {@code vault.secret_unknown}, {@code
 * vault.secret_invalid}, {@code vault.lease_refused}.
 */
public interface Vault {

  /** Stores a new version, durably, after the audit log has recorded the change. */
  Future<SecretMetadata> put(PutRequest request, Deadline deadline);

  /** Prunes, disables or enables a secret, durably. */
  Future<SecretMetadata> change(ChangeRequest request, Deadline deadline);

  /** Removes a secret with all its versions, durably. */
  Future<SecretMetadata> delete(DeleteRequest request, Deadline deadline);

  /** Names and metadata, sorted by name. */
  Future<SecretList> list(ListRequest request, Deadline deadline);

  /** Grants one use, after the audit log has recorded the access; also refusals are recorded. */
  Future<Lease> lease(LeaseRequest request, Deadline deadline);
}
