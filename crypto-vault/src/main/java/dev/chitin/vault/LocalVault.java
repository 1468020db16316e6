package dev.chitin.vault;

import dev.chitin.audit.AuditEvent;
import dev.chitin.audit.AuditLog;
import dev.chitin.audit.ReceiptVerifier;
import dev.chitin.bus.Deadline;
import dev.chitin.vault.scrub.LiveSecrets;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
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

  /** Beyond any time between finding a value and making out the lease on it. */
  private static final Duration GRANTING = Duration.ofSeconds(10);

  private static final long SWEEP_MILLIS = 1_000;

  private final Vertx vertx;
  private final VaultStore store;
  private final AuditLog audit;
  private final LiveSecrets live = new LiveSecrets();
  private final LeaseDesk leases;
  private final long sweeper;
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
    this.vertx = vertx;
    this.store = store;
    this.audit = audit;
    this.thread = new StoreThread(vertx, MAX_WAITING);
    this.leases = new LeaseDesk(store, audit, receipts, live, nanoTime, maxLeases, thread);
    this.sweeper = vertx.setPeriodic(SWEEP_MILLIS, due -> leases.sweep());
    this.upkeep = new Upkeep(vertx, store, thread, LIFETIME.plus(GRANTING));
    this.administration = new VaultAdministration(store, thread, audit, upkeep);
  }

  /** What the operator does with the vault as a whole. */
  public VaultAdministration administration() {
    return administration;
  }

  /**
   * The keys of the audit log's guarded fields; whoever opens them closes them before the vault.
   *
   * @param file where subjects' own keys lie, wrapped; made where there is none
   */
  public FieldKeys fieldKeys(Path file) {
    return FieldKeys.open(store, file);
  }

  /** How the store stands. */
  public VaultStatus status() {
    return store.status();
  }

  /**
   * What is wrong with the files under the vault while it is open, and what to do; empty when they
   * are as it left them and can be written. Blocks.
   */
  public Optional<String> fault() {
    return store.fault(false);
  }

  /** The same, seen by writing a file, too. */
  public Future<Optional<String>> tryFiles() {
    return thread.run(() -> store.fault(true));
  }

  @Override
  public Future<SecretMetadata> put(PutRequest request, Deadline deadline) {
    String action = request.options().rotate() ? "rotate" : "put";
    var change =
        new AuditEvent.SecretChange(
            action, request.name().value(), request.tenant(), request.actor());
    return LeaseDesk.attempt(
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
      return Future.failedFuture(VaultFaults.unknown());
    }
    var change =
        new AuditEvent.SecretChange(
            "delete", request.name().value(), request.tenant(), request.actor());
    return LeaseDesk.attempt(() -> audit.append(change, deadline))
        .compose(recorded -> thread.run(() -> store.delete(request.tenant(), request.name())))
        .onSuccess(deleted -> live.forget(LeaseDesk.liveId(request.tenant(), request.name())));
  }

  @Override
  public Future<SecretMetadata> change(ChangeRequest request, Deadline deadline) {
    var change =
        new AuditEvent.SecretChange(
            request.kind().text(), request.name().value(), request.tenant(), request.actor());
    return LeaseDesk.attempt(() -> audit.append(change, deadline))
        .compose(recorded -> thread.run(() -> store.change(request)));
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

  /**
   * Authenticates messages of the gateway's own with the secret {@code name}, which is copied into
   * secret memory and never leaves it; the use is recorded first. Whoever gets it closes it.
   *
   * @return fails with {@code vault.secret_unknown} when there is none of that name
   */
  public Future<SecretMac> mac(String tenant, SecretName name, Deadline deadline) {
    var use = new AuditEvent.CredentialAccess(name.value(), true, "sign", tenant, null, null);
    return thread
        .run(() -> store.sealed(tenant, name).orElseThrow(VaultFaults::unknown))
        .compose(found -> audit.append(use, deadline).map(found))
        .compose(
            found ->
                thread.run(
                    () ->
                        store.use(
                            found,
                            secret -> {
                              live.remember(
                                  LeaseDesk.liveId(tenant, name, found.entry().version()), secret);
                              return SecretMac.of(SecretBytes.copyOf(secret));
                            })));
  }

  /** How the leases stand. */
  public LeaseCounts leaseCounts() {
    return leases.counts();
  }

  /** The secrets that were in use of late, for whoever looks after logs and answers. */
  public LiveSecrets liveSecrets() {
    return live;
  }

  /** Ends what runs, then closes the store. Blocks: not for event loops. */
  @Override
  public void close() {
    vertx.cancelTimer(sweeper);
    leases.close();
    upkeep.close();
    thread.close();
    live.close();
    store.close();
  }
}
