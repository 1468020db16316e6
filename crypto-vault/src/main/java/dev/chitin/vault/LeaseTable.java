package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The leases that are neither spent nor expired, at most a fixed number. A lease is spent by taking
 * it out, which only one caller can. Safe for use from any thread.
 */
final class LeaseTable {
  private static final long SWEEP_NANOS = 1_000_000_000;

  /** What is lent: the sealed record itself, so that a rotation does not change a lease. */
  record Entry(Lease lease, AuditEvent.CallRef call, SealedSecret sealed) {}

  private final ConcurrentMap<String, Entry> leases = new ConcurrentHashMap<>();
  private final AtomicInteger held = new AtomicInteger();
  private final AtomicLong swept;
  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanoTime;
  private final int max;
  private final Consumer<Entry> expired;

  /**
   * @param expired is told of each lease that ends without having been spent
   */
  LeaseTable(LongSupplier nanoTime, int max, Consumer<Entry> expired) {
    this.expired = expired;
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
  Entry spend(Lease lease, LeaseUse use) {
    Entry entry = leases.remove(lease.id());
    if (entry == null) {
      throw refused("lease.unknown", "The lease is unknown or spent.");
    }
    held.decrementAndGet();
    check(entry, lease, use);
    return entry;
  }

  /** Compares with what was granted, not with what the caller holds in hand. */
  private void check(Entry entry, Lease lease, LeaseUse use) {
    Lease granted = entry.lease();
    if (!granted.equals(lease) || !granted.planDigest().equals(use.planDigest())) {
      throw refused("lease.plan", "The lease is made out to another plan.");
    }
    if (!entry.call().tenant().equals(use.tenant())
        || !granted.principal().equals(use.principal())) {
      throw refused("lease.principal", "The lease is made out to another principal.");
    }
    if (!granted.binding().equals(use.binding())) {
      throw refused("lease.binding", "The lease is for a request of another kind or place.");
    }
    // Held against the secret's own binding again: this is the last look before it is spliced in.
    entry.sealed().check(use.binding());
    checkUnexpired(granted);
  }

  void checkUnexpired(Lease granted) {
    if (granted.expiresNanos() - nanoTime.getAsLong() <= 0) {
      throw refused("lease.expired", "The lease has expired.");
    }
  }

  /** Drops what has expired, at most once a second: a lease that nobody spends stays no longer. */
  void sweep() {
    long now = nanoTime.getAsLong();
    long last = swept.get();
    if (now - last < SWEEP_NANOS || !swept.compareAndSet(last, now)) {
      return;
    }
    for (Entry entry : leases.values()) {
      if (entry.lease().expiresNanos() - now <= 0) {
        drop(entry);
      }
    }
  }

  /** Drops all of them. */
  void clear() {
    leases.values().forEach(this::drop);
  }

  private void drop(Entry entry) {
    if (leases.remove(entry.lease().id()) != null) {
      held.decrementAndGet();
      expired.accept(entry);
    }
  }

  static ChitinException refused(String rule, String detail) {
    return Problem.of(ProblemCode.VAULT_LEASE_REFUSED, detail)
        .withRule(rule)
        .withHint("Have the call planned and authorized anew.")
        .toException();
  }
}
