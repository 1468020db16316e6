package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ReceiptVerifier;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

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

  private static final long SWEEP_MILLIS = 1_000;

  private final Vertx vertx;
  private final VaultStore store;
  private final AuditLog audit;
  private final LiveSecrets live = new LiveSecrets();
  private final LeaseDesk leases;
  private final long sweeper;
  private final ExecutorService thread;

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
    this.vertx = vertx;
    this.store = store;
    this.audit = audit;
    this.leases = new LeaseDesk(store, audit, receipts, live, nanoTime, maxLeases, this::blocking);
    this.sweeper = vertx.setPeriodic(SWEEP_MILLIS, due -> leases.sweep());
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            Thread.ofPlatform().name("chitin-vault-", 0).factory());
  }

  /** How the store stands. */
  public VaultStore.Status status() {
    return store.status();
  }

  @Override
  public Future<SecretMetadata> put(PutRequest request, Deadline deadline) {
    var change =
        new AuditEvent.SecretChange(
            "put", request.name().value(), request.tenant(), request.actor());
    return LeaseDesk.attempt(
            () -> {
              VaultStore.checkLength(request.value());
              return audit.append(change, deadline);
            })
        .compose(
            recorded ->
                blocking(() -> store.put(request.tenant(), request.name(), request.value())))
        .onSuccess(
            stored ->
                live.remember(
                    LeaseDesk.liveId(request.tenant(), request.name(), stored.version()),
                    request.value().segment()))
        .onComplete(done -> request.value().close());
  }

  @Override
  public Future<SecretMetadata> delete(DeleteRequest request, Deadline deadline) {
    if (store.find(request.tenant(), request.name()).isEmpty()) {
      return Future.failedFuture(VaultStore.unknown());
    }
    var change =
        new AuditEvent.SecretChange(
            "delete", request.name().value(), request.tenant(), request.actor());
    return LeaseDesk.attempt(() -> audit.append(change, deadline))
        .compose(recorded -> blocking(() -> store.delete(request.tenant(), request.name())))
        .onSuccess(deleted -> live.forget(LeaseDesk.liveId(request.tenant(), request.name())));
  }

  @Override
  public Future<SecretList> list(ListRequest request, Deadline deadline) {
    return Future.succeededFuture(store.list(request.tenant()));
  }

  /** {@inheritDoc} The secret is one of the tenant of the request's call. */
  @Override
  public Future<Lease> lease(LeaseRequest request, Deadline deadline) {
    return leases.grant(request, deadline);
  }

  @Override
  public Future<CredentialUse> spend(SecretAccess access, Lease lease, LeaseUse use) {
    Objects.requireNonNull(access);
    return leases.spend(lease, use);
  }

  /** How the leases stand. */
  public LeaseCounts leaseCounts() {
    return leases.counts();
  }

  /** The secrets that were in use of late, for whoever looks after logs and answers. */
  public LiveSecrets liveSecrets() {
    return live;
  }

  /** Runs {@code work} on the store's thread and answers on the caller's context. */
  private <T> Future<T> blocking(Callable<T> work) {
    var result = new CompletableFuture<T>();
    try {
      thread.execute(
          () -> {
            try {
              result.complete(work.call());
            } catch (Throwable e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      return Future.failedFuture(
          Problem.of(ProblemCode.VAULT_UNAVAILABLE, "The vault has too much to do, or is closed.")
              .withRule("vault.queue")
              .withHint("Try again later.")
              .toException());
    }
    return Future.fromCompletionStage(result, vertx.getOrCreateContext());
  }

  /** Ends what runs, then closes the store. Blocks: not for event loops. */
  @Override
  public void close() {
    vertx.cancelTimer(sweeper);
    leases.close();
    thread.close();
    live.close();
    store.close();
  }
}
