package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The leases that are neither spent nor expired, at most a fixed number. A lease is spent by taking
 * it out, which only one caller can. Safe for use from any thread.
 */
final class LeaseTable {
  private static final long SWEEP_NANOS = 1_000_000_000;

  /** What is lent: the sealed record itself, so that a rotation does not change a lease. */
  record Entry(Lease lease, AuditEvent.CallRef call, VaultStore.Sealed sealed) {}

  private final ConcurrentMap<String, Entry> leases = new ConcurrentHashMap<>();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicLong swept;
  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanoTime;
  private final int max;

  LeaseTable(LongSupplier nanoTime, int max) {
    this.nanoTime = nanoTime;
    this.swept = new AtomicLong(nanoTime.getAsLong());
    this.max = max;
  }

  /** A fresh id: 128 random bits. */
  String newId() {
    byte[] id = new byte[16];
    random.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  /**
   * Takes room for one lease; {@link #add} fills it or {@link #giveUp} gives it back.
   *
   * @throws ChitinException {@code vault.lease_refused} when there is none
   */
  void reserve() {
    sweep();
    if (held.incrementAndGet() > max) {
      held.decrementAndGet();
      throw refused("lease.table_full", "There are already " + max + " leases.");
    }
  }

  void giveUp() {
    held.decrementAndGet();
  }

  void add(Entry entry) {
    leases.put(entry.lease().id(), entry);
  }

  int size() {
    return held.get();
  }

  /** The entry of {@code lease}, which is spent by this call whatever comes of it. */
  Entry spend(Lease lease, Digest planDigest) {
    Entry entry = leases.remove(lease.id());
    if (entry == null) {
      throw refused("lease.unknown", "The lease is unknown or spent.");
    }
    held.decrementAndGet();
    if (!entry.lease().equals(lease) || !entry.lease().planDigest().equals(planDigest)) {
      throw refused("lease.plan", "The lease is made out to another plan.");
    }
    if (entry.lease().expiresNanos() - nanoTime.getAsLong() <= 0) {
      throw refused("lease.expired", "The lease has expired.");
    }
    return entry;
  }

  /** Drops what has expired, at most once a second: a lease that nobody spends stays no longer. */
  private void sweep() {
    long now = nanoTime.getAsLong();
    long last = swept.get();
    if (now - last < SWEEP_NANOS || !swept.compareAndSet(last, now)) {
      return;
    }
    for (Entry entry : leases.values()) {
      if (entry.lease().expiresNanos() - now <= 0 && leases.remove(entry.lease().id()) != null) {
        held.decrementAndGet();
      }
    }
  }

  static ChitinException refused(String rule, String detail) {
    return Problem.of(ProblemCode.VAULT_LEASE_REFUSED, detail)
        .withRule(rule)
        .withHint("Have the call planned and authorized anew.")
        .toException();
  }
}
