package dev.chitin.vault;

import dev.chitin.bus.Bus;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Endpoint;
import io.vertx.core.Future;

/** Calls the vault over the bus of this node. */
public final class VaultClient implements Vault {
  /** Most unanswered requests of one kind. */
  public static final int MAX_IN_FLIGHT = 1_024;

  private final Endpoint<PutRequest, SecretMetadata> put;
  private final Endpoint<DeleteRequest, SecretMetadata> delete;
  private final Endpoint<ChangeRequest, SecretMetadata> change;
  private final Endpoint<ListRequest, SecretList> list;
  private final Endpoint<LeaseRequest, Lease> lease;

  public VaultClient(Bus bus) {
    put = bus.endpoint(VaultAddresses.PUT, MAX_IN_FLIGHT);
    delete = bus.endpoint(VaultAddresses.DELETE, MAX_IN_FLIGHT);
    change = bus.endpoint(VaultAddresses.CHANGE, MAX_IN_FLIGHT);
    list = bus.endpoint(VaultAddresses.LIST, MAX_IN_FLIGHT);
    lease = bus.endpoint(VaultAddresses.LEASE, MAX_IN_FLIGHT);
  }

  @Override
  public Future<SecretMetadata> put(PutRequest request, Deadline deadline) {
    return put.call(request, deadline);
  }

  @Override
  public Future<SecretMetadata> delete(DeleteRequest request, Deadline deadline) {
    return delete.call(request, deadline);
  }

  @Override
  public Future<SecretMetadata> change(ChangeRequest request, Deadline deadline) {
    return change.call(request, deadline);
  }

  @Override
  public Future<SecretList> list(ListRequest request, Deadline deadline) {
    return list.call(request, deadline);
  }

  @Override
  public Future<Lease> lease(LeaseRequest request, Deadline deadline) {
    return lease.call(request, deadline);
  }
}
