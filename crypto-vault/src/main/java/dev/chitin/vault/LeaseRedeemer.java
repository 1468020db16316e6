package dev.chitin.vault;

import io.vertx.core.Future;

/** Spends leases, in the process that holds the vault; never reached over the bus. */
public interface LeaseRedeemer {

  /**
   * Spends {@code lease} and records its use, durably, before there is anything to open. The lease
   * is spent by the attempt whatever comes of it, and of several attempts at once one alone
   * succeeds. Fails with {@code vault.lease_refused} when the lease is unknown, spent, expired or
   * made out to something else than {@code use}, and with the log's own problem when the use cannot
   * be recorded.
   *
   * @param access shows that the caller may touch secrets
   */
  Future<CredentialUse> spend(SecretAccess access, Lease lease, LeaseUse use);
}
