package dev.chitin.vault;

import dev.chitin.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** Serves {@link VaultAddresses} from a vault in the same process. Redeeming is not served. */
public final class VaultVerticle extends VerticleBase {
  private final Bus bus;
  private final Vault vault;

  public VaultVerticle(Bus bus, Vault vault) {
    this.bus = bus;
    this.vault = vault;
  }

  @Override
  public Future<?> start() {
    int most = VaultClient.MAX_IN_FLIGHT;
    return Future.all(
        bus.serve(VaultAddresses.PUT, most, (q, c) -> vault.put(q, c.deadline())),
        bus.serve(VaultAddresses.DELETE, most, (q, c) -> vault.delete(q, c.deadline())),
        bus.serve(VaultAddresses.CHANGE, most, (q, c) -> vault.change(q, c.deadline())),
        bus.serve(VaultAddresses.LIST, most, (q, c) -> vault.list(q, c.deadline())),
        bus.serve(VaultAddresses.LEASE, most, (q, c) -> vault.lease(q, c.deadline())));
  }
}
