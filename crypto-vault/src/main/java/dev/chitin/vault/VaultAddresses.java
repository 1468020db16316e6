package dev.chitin.vault;

import dev.chitin.bus.Address;

/** Where the vault is served on the bus. */
public final class VaultAddresses {
  public static final Address<PutRequest, SecretMetadata> PUT =
      new Address<>("chitin.vault.put", PutRequest.class, SecretMetadata.class);
  public static final Address<DeleteRequest, SecretMetadata> DELETE =
      new Address<>("chitin.vault.delete", DeleteRequest.class, SecretMetadata.class);
  public static final Address<ChangeRequest, SecretMetadata> CHANGE =
      new Address<>("chitin.vault.change", ChangeRequest.class, SecretMetadata.class);
  public static final Address<ListRequest, SecretList> LIST =
      new Address<>("chitin.vault.list", ListRequest.class, SecretList.class);
  public static final Address<LeaseRequest, Lease> LEASE =
      new Address<>("chitin.vault.lease", LeaseRequest.class, Lease.class);

  private VaultAddresses() {}
}
