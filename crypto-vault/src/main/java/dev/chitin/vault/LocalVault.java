package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ReceiptVerifier;
import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Digest;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The vault of this process: the store behind one thread of its own, every change and every access
 * recorded before it takes effect, and the leases. Safe for use from any thread.
 */
public final class LocalVault implements Vault, LeaseRedeemer, AutoCloseable {
  /** How long a lease counts at most. */
  public static final Duration LIFETIME = Duration.ofSeconds(60);

  /** Most leases at once. */
  public static final int MAX_LEASES = 65_536;

  /** Most operations that wait for the store's thread. */
  public static final int MAX_WAITING = 256;

  private static final Logger LOG = LoggerFactory.getLogger(LocalVault.class);
  private static final Duration REFUSAL_DEADLINE = Duration.ofSeconds(5);

  private final VaultStore store;
  private final AuditLog audit;
  private final ReceiptVerifier receipts;
  private final LongSupplier nanoTime;
  private final LeaseTable leases;
  private final StoreThread thread;
  private final Upkeep upkeep;
  private final VaultAdministration administration;

  /**
   * Serves {@code store}, which it closes with itself.
   *
   * @param audit records before anything takes effect
   * @param receipts tells which leases may be given
   */
  public LocalVault(Vertx vertx, VaultStore store, AuditLog audit, ReceiptVerifier receipts) {
    this(vertx, store, audit, receipts, System::nanoTime, MAX_LEASES);
  }

  LocalVault(
      Vertx vertx,
      VaultStore store,
      AuditLog audit,
      ReceiptVerifier receipts,
      LongSupplier nanoTime,
      int maxLeases) {
    this.store = store;
    this.audit = audit;
    this.receipts = receipts;
    this.nanoTime = nanoTime;
    this.leases = new LeaseTable(nanoTime, maxLeases);
    this.thread = new StoreThread(vertx, MAX_WAITING);
    this.upkeep = new Upkeep(vertx, store, thread, LIFETIME);
    this.administration = new VaultAdministration(store, thread, audit, upkeep);
  }

  /** What the operator does with the vault as a whole. */
  public VaultAdministration administration() {
    return administration;
  }

  /** How the store stands. */
  public VaultStore.Status status() {
    return store.status();
  }

  @Override
  public Future<SecretMetadata> put(PutRequest request, Deadline deadline) {
    String action = request.options().rotate() ? "rotate" : "put";
    var change =
        new AuditEvent.SecretChange(
            action, request.name().value(), request.tenant(), request.actor());
    return attempt(
            () -> {
              VaultStore.checkLength(request.value());
              return audit.append(change, deadline);
            })
        .compose(
            recorded ->
                thread.run(
                    () ->
                        store.put(
                            request.tenant(),
                            request.name(),
                            request.value(),
                            request.actor(),
                            request.options())))
        .onComplete(done -> request.value().close());
  }

  @Override
  public Future<SecretMetadata> delete(DeleteRequest request, Deadline deadline) {
    if (store.find(request.tenant(), request.name()).isEmpty()) {
      return Future.failedFuture(VaultFaults.unknown());
    }
    var change =
        new AuditEvent.SecretChange(
            "delete", request.name().value(), request.tenant(), request.actor());
    return attempt(() -> audit.append(change, deadline))
        .compose(recorded -> thread.run(() -> store.delete(request.tenant(), request.name())));
  }

  @Override
  public Future<SecretMetadata> change(ChangeRequest request, Deadline deadline) {
    var change =
        new AuditEvent.SecretChange(
            request.kind().text(), request.name().value(), request.tenant(), request.actor());
    return attempt(() -> audit.append(change, deadline))
        .compose(recorded -> thread.run(() -> store.change(request)));
  }

  @Override
  public Future<SecretList> list(ListRequest request, Deadline deadline) {
    return Future.succeededFuture(store.list(request.tenant()));
  }

  /** {@inheritDoc} The secret is one of the tenant of the request's call. */
  @Override
  public Future<Lease> lease(LeaseRequest request, Deadline deadline) {
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
    Future<VaultStore.Sealed> sealed =
        store.isRemembered(tenant, request.secret())
            ? Future.succeededFuture(sealed(tenant, request.secret()))
            : thread.run(() -> sealed(tenant, request.secret()));
    return sealed.compose(record -> issued(request, record, deadline));
  }

  private VaultStore.Sealed sealed(String tenant, SecretName name) {
    return store.sealed(tenant, name).orElseThrow(VaultFaults::unknown);
  }

  private Future<Lease> issued(LeaseRequest request, VaultStore.Sealed sealed, Deadline deadline) {
    leases.reserve();
    Deadline expiry =
        new Deadline(nanoTime.getAsLong() + LIFETIME.toNanos())
            .min(deadline)
            .min(new Deadline(request.receipt().expiresNanos()));
    var lease =
        new Lease(
            leases.newId(),
            request.secret(),
            sealed.entry().version(),
            request.planDigest(),
            expiry.nanoTime());
    return attempt(() -> audit.append(access(request, "lease", null), deadline))
        .map(
            recorded -> {
              leases.add(new LeaseTable.Entry(lease, request.call(), sealed));
              return lease;
            })
        .onFailure(failure -> leases.giveUp());
  }

  /** A refusal is recorded before it is answered; when that fails too, the log's failure counts. */
  private Future<Lease> recordedRefusal(
      LeaseRequest request, ChitinException refusal, Deadline deadline) {
    if (refusal.code() == ProblemCode.AUDIT_UNAVAILABLE
        || refusal.code() == ProblemCode.AUDIT_STALLED) {
      return Future.failedFuture(refusal);
    }
    return attempt(() -> audit.append(access(request, "refuse", refusal.code().code()), deadline))
        .compose(recorded -> Future.failedFuture(refusal));
  }

  private static AuditEvent.CredentialAccess access(
      LeaseRequest request, String action, @Nullable String reason) {
    return new AuditEvent.CredentialAccess(
        request.secret().value(),
        reason == null,
        action,
        request.call().tenant(),
        request.call(),
        reason);
  }

  @Override
  public <R> R redeem(Lease lease, Digest planDigest, SecretFunction<R> function) {
    LeaseTable.Entry entry;
    try {
      entry = leases.spend(lease, planDigest);
      if (store.find(entry.call().tenant(), lease.secret()).isEmpty()) {
        throw LeaseTable.refused("lease.deleted", "The secret was deleted.");
      }
    } catch (ChitinException refusal) {
      recordRefusedUse(lease, refusal);
      throw refusal;
    }
    return store.use(entry.sealed(), function);
  }

  /** The refusal stands whether the log takes it or not, so the caller does not wait for it. */
  private void recordRefusedUse(Lease lease, ChitinException refusal) {
    var event =
        new AuditEvent.CredentialAccess(
            lease.secret().value(), false, "refuse", "unknown", null, refusal.code().code());
    attempt(() -> audit.append(event, Deadline.after(REFUSAL_DEADLINE)))
        .onFailure(
            failure -> LOG.error("the refused use of a lease could not be recorded", failure));
  }

  /** What {@code step} gives, with what it throws as a failed future. */
  private static <T> Future<T> attempt(Callable<Future<T>> step) {
    try {
      return step.call();
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }

  /** Ends what runs, then closes the store. Blocks: not for event loops. */
  @Override
  public void close() {
    upkeep.close();
    thread.close();
    store.close();
  }
}
