package dev.chitin.vault;

import dev.chitin.bus.Digest;

/** Spends leases, in the process that holds the vault; never reached over the bus. */
public interface LeaseRedeemer {

  /**
   * Opens the secret of {@code lease} for {@code function} and wipes it after, also when the
   * function throws. The lease is spent by the attempt.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.lease_refused} when the lease is unknown,
   *     spent, expired or over another plan
   */
  <R> R redeem(Lease lease, Digest planDigest, SecretFunction<R> function);
}
