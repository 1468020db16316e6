package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ReceiptVerifier;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives leases for receipts and secrets for leases. Each grant and each use is on disk before it
 * takes effect; refusals and expiries are recorded as well. From its grant on a secret is one in
 * use, so that whoever holds a lease can look for it in what goes out before it. Safe for use from
 * any thread.
 */
final class LeaseDesk implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseDesk.class);
  private static final Duration RECORD_DEADLINE = Duration.ofSeconds(5);

  private final VaultStore store;
  private final AuditLog audit;
  private final ReceiptVerifier receipts;
  private final LiveSecrets live;
  private final LongSupplier nanoTime;
  private final StoreThread thread;
  private final LeaseTable leases;
  private final LongAdder granted = new LongAdder();
  private final LongAdder used = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder refused = new LongAdder();

  LeaseDesk(
      VaultStore store,
      AuditLog audit,
      ReceiptVerifier receipts,
      LiveSecrets live,
      LongSupplier nanoTime,
      int maxLeases,
      StoreThread thread) {
    this.store = store;
    this.audit = audit;
    this.receipts = receipts;
    this.live = live;
    this.nanoTime = nanoTime;
    this.thread = thread;
    this.leases = new LeaseTable(nanoTime, maxLeases, this::expired);
  }

  LeaseCounts counts() {
    return new LeaseCounts(leases.size(), granted.sum(), used.sum(), expired.sum(), refused.sum());
  }

  /** Ends what has expired. */
  void sweep() {
    leases.sweep();
  }

  Future<Lease> grant(LeaseRequest request, Deadline deadline) {
    return attempt(() -> granted(request, deadline))
        .recover(failure -> recordedRefusal(request, ChitinException.from(failure), deadline));
  }

  private Future<Lease> granted(LeaseRequest request, Deadline deadline) {
    receipts.verify(request.receipt(), request.planDigest(), request.decisionId());
    Digest callPlan = request.call().planDigest();
    if (callPlan != null && !callPlan.equals(request.planDigest())) {
      throw LeaseTable.refused("lease.plan", "The call and the lease name different plans.");
    }
    String tenant = request.call().tenant();
    Future<SealedSecret> sealed =
        store.isRemembered(tenant, request.secret())
            ? Future.succeededFuture(sealed(tenant, request.secret()))
            : thread.run(() -> sealed(tenant, request.secret()));
    return sealed.compose(record -> issued(request, record, deadline));
  }

  private SealedSecret sealed(String tenant, SecretName name) {
    return store.sealed(tenant, name).orElseThrow(VaultFaults::unknown);
  }

  private Future<Lease> issued(LeaseRequest request, SealedSecret sealed, Deadline deadline) {
    sealed.check(request.binding());
    leases.reserve();
    Deadline expiry =
        new Deadline(nanoTime.getAsLong() + LocalVault.LIFETIME.toNanos())
            .min(deadline)
            .min(new Deadline(request.receipt().expiresNanos()));
    var lease =
        new Lease(
            leases.newId(),
            request.secret(),
            sealed.entry().version(),
            request.planDigest(),
            request.call().principal(),
            request.binding(),
            expiry.nanoTime());
    return attempt(
            () -> audit.append(access(request.secret(), request.call(), "lease", null), deadline))
        .map(
            recorded -> {
              makeKnown(liveId(request.call().tenant(), lease.secret(), lease.version()), sealed);
              leases.add(new LeaseTable.Entry(lease, request.call(), sealed));
              granted.increment();
              return lease;
            })
        .onFailure(failure -> leases.giveUp());
  }

  private void makeKnown(String id, SealedSecret sealed) {
    if (!live.knows(id)) {
      store.use(
          sealed,
          secret -> {
            live.remember(id, secret);
            return id;
          });
    }
  }

  /** A refusal is recorded before it is answered; when that fails too, the log's failure counts. */
  private Future<Lease> recordedRefusal(
      LeaseRequest request, ChitinException refusal, Deadline deadline) {
    if (refusal.code() == ProblemCode.AUDIT_UNAVAILABLE
        || refusal.code() == ProblemCode.AUDIT_STALLED) {
      return Future.failedFuture(refusal);
    }
    refused.increment();
    return attempt(
            () ->
                audit.append(
                    access(request.secret(), request.call(), "refuse", refusal.code().code()),
                    deadline))
        .compose(recorded -> Future.failedFuture(refusal));
  }

  Future<CredentialUse> spend(Lease lease, LeaseUse use) {
    LeaseTable.Entry entry;
    try {
      entry = leases.spend(lease, use);
      checkThere(entry);
    } catch (ChitinException refusal) {
      refused.increment();
      record(
          new AuditEvent.CredentialAccess(
              lease.secret().value(), false, "refuse", use.tenant(), null, refusal.code().code()),
          "the refused use of a lease");
      return Future.failedFuture(refusal);
    }
    Deadline deadline = new Deadline(lease.expiresNanos()).min(Deadline.after(RECORD_DEADLINE));
    return attempt(() -> audit.append(access(lease.secret(), entry.call(), "use", null), deadline))
        .map(
            recorded -> {
              used.increment();
              return new OneUse(entry);
            });
  }

  private void checkThere(LeaseTable.Entry entry) {
    if (store.find(entry.call().tenant(), entry.lease().secret()).isEmpty()) {
      throw LeaseTable.refused("lease.deleted", "The secret was deleted.");
    }
  }

  /** What a spent lease is good for. */
  private final class OneUse implements CredentialUse {
    private final LeaseTable.Entry entry;
    private final AtomicBoolean open = new AtomicBoolean();

    OneUse(LeaseTable.Entry entry) {
      this.entry = entry;
    }

    @Override
    public <R> R open(SecretFunction<R> function) {
      if (!open.compareAndSet(false, true)) {
        throw LeaseTable.refused("lease.unknown", "The lease is spent.");
      }
      leases.checkUnexpired(entry.lease());
      checkThere(entry);
      return store.use(
          entry.sealed(),
          secret -> {
            rememberAgain(secret);
            return function.apply(secret);
          });
    }

    /** Many other secrets may have come into use since the grant. */
    private void rememberAgain(MemorySegment secret) {
      Lease lease = entry.lease();
      String id = liveId(entry.call().tenant(), lease.secret(), lease.version());
      if (!live.knows(id)) {
        live.remember(id, secret);
      }
    }
  }

  /** What all versions of a secret begin with among the live ones; neither part holds a space. */
  static String liveId(String tenant, SecretName name) {
    return tenant + " " + name + " ";
  }

  static String liveId(String tenant, SecretName name, long version) {
    return liveId(tenant, name) + version;
  }

  private void expired(LeaseTable.Entry entry) {
    expired.increment();
    record(access(entry.lease().secret(), entry.call(), "expire", null), "the expiry of a lease");
  }

  /** What stands whether the log takes it or not, so that nobody waits for it. */
  private void record(AuditEvent event, String what) {
    attempt(() -> audit.append(event, Deadline.after(RECORD_DEADLINE)))
        .onFailure(
            failure -> LOG.error("{} could not be recorded: {}", what, String.valueOf(failure)));
  }

  private static AuditEvent.CredentialAccess access(
      SecretName secret, AuditEvent.CallRef call, String action, @Nullable String reason) {
    return new AuditEvent.CredentialAccess(
        secret.value(), reason == null, action, call.tenant(), call, reason);
  }

  /** What {@code step} gives, with what it throws as a failed future. */
  static <T> Future<T> attempt(Callable<Future<T>> step) {
    try {
      return step.call();
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  /** Ends every lease. */
  @Override
  public void close() {
    leases.clear();
  }
}
