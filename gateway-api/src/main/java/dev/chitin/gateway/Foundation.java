package dev.chitin.gateway;

import dev.chitin.audit.AuditLog;
import dev.chitin.audit.AuditLogClient;
import dev.chitin.audit.AuditSettings;
import dev.chitin.audit.AuditVerticle;
import dev.chitin.audit.DurableAuditLog;
import dev.chitin.audit.LogRetention;
import dev.chitin.bus.Bus;
import dev.chitin.bus.Deadline;
import dev.chitin.gateway.auth.KeyStore;
import dev.chitin.gateway.http.BoundedTransport;
import dev.chitin.vault.FieldKeys;
import dev.chitin.vault.KeyFile;
import dev.chitin.vault.LeaseRedeemer;
import dev.chitin.vault.LocalVault;
import dev.chitin.vault.SecretBytes;
import dev.chitin.vault.Vault;
import dev.chitin.vault.VaultAdministration;
import dev.chitin.vault.VaultClient;
import dev.chitin.vault.VaultSetup;
import dev.chitin.vault.VaultStart;
import dev.chitin.vault.VaultStore;
import dev.chitin.vault.VaultVerticle;
import dev.chitin.vault.memory.ProcessGuard;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.unlock.Credentials;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands before anything is served: the event loops, the log, the keys and the vault, opened
 * in this order and closed in reverse, the log last. A command that works on a stopped gateway's
 * state needs no more than this. Blocks.
 */
public final class Foundation implements AutoCloseable {
  private static final Duration LAST_CHECKPOINT = Duration.ofSeconds(5);
  private static final Logger LOG = LoggerFactory.getLogger(Foundation.class);

  private final OpenParts opened = new OpenParts();
  private final BoundedTransport transport = new BoundedTransport();
  private final Vertx vertx;
  private final Bus bus;
  private final DurableAuditLog log;
  private final String origin;
  private final CleanAuditLog audit;
  private final KeyStore keys;
  private final LocalVault localVault;
  private final Vault vault;
  private final FieldKeys fieldKeys;
  private final LogKeys logKeys;

  private Foundation(GatewaySettings settings, VaultAccess access) {
    ChitinHome home = settings.home();
    vertx = Vertx.builder().with(options()).withTransport(transport).build();
    opened.add(() -> vertx.close().await());
    try {
      bus = Bus.of(vertx);
      AuditSettings auditSettings = auditSettings(settings);
      origin = auditSettings.origin();
      log = DurableAuditLog.open(auditSettings);
      opened.add(log);
      vertx.deployVerticle(() -> new AuditVerticle(bus, log), onEachLoop()).await();
      var clean = new CleanAuditLog(new AuditLogClient(bus));
      audit = clean;
      keys = KeyStore.open(home.root());
      opened.add(keys);
      localVault = new LocalVault(vertx, openStore(settings, access), audit, log.receipts());
      opened.add(localVault);
      clean.guard(localVault.liveSecrets());
      fieldKeys = localVault.fieldKeys(home.root().resolve("audit-subjects"));
      opened.add(fieldKeys);
      log.sealWith(fieldKeys);
      opened.add(LeakGuard.install(localVault.liveSecrets(), audit));
      vertx.deployVerticle(new VaultVerticle(bus, localVault)).await();
      vault = new VaultClient(bus);
      logKeys = sign(settings);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens everything under {@code settings}' home.
   *
   * @throws dev.chitin.bus.ChitinException with what does not open; nothing stays open then
   */
  public static Foundation open(GatewaySettings settings, VaultAccess access) {
    ProcessGuard.close();
    SecretMemory.require(settings.memoryRequired());
    settings.home().prepare();
    return new Foundation(settings, access);
  }

  /** Opens everything with the vault's key file alone. */
  public static Foundation open(GatewaySettings settings) {
    return open(settings, VaultAccess.KEY_FILE);
  }

  /** The store of secrets; the first start makes it, and its key file where there is none. */
  private VaultStore openStore(GatewaySettings settings, VaultAccess access) {
    ChitinHome home = settings.home();
    VaultSetup setup =
        VaultSetup.of(
                home.vault(),
                new LogJournal(log, home.run().resolve("vault.position")),
                home.run().resolve("vault.attempts"))
            .withBinding(Optional.ofNullable(settings.vaultBinding()))
            .withAcceptedRollback(access.acceptRollback());
    KeyFile key = settings.vaultKey();
    try (Credentials credentials = credentials(settings, access)) {
      return VaultStart.open(setup, key, credentials);
    }
  }

  private static Credentials credentials(GatewaySettings settings, VaultAccess access) {
    KeyFile node = settings.nodeKey();
    node.requireElsewhere();
    Credentials credentials =
        Credentials.keyFile(settings.vaultKey()).withPassphrase(access.passphrase());
    if (node.isThere()) {
      credentials = credentials.withRecipient(node::read);
    }
    Optional<SecretBytes> recovery = access.recovery().get();
    return recovery.isPresent() ? credentials.withRecovery(recovery.get()) : credentials;
  }

  /**
   * Has the log signed from now on. What is recorded after the vault has closed is signed by the
   * next start.
   */
  private LogKeys sign(GatewaySettings settings) {
    ChitinHome home = settings.home();
    LogKeyFiles files =
        new LogKeyPlace(log, origin, home.audit(), settings.keyFile(), home.root()).find();
    LogKeys signing = LogKeys.open(log, origin, files, InstantSource.system());
    opened.add(signing);
    opened.add(this::endSigning);
    return signing;
  }

  private void endSigning() throws InterruptedException {
    if (!log.endSigning(LAST_CHECKPOINT)) {
      LOG.warn("the last entries of the audit log were not signed in time; the next start does it");
    }
  }

  /** An instance on each event loop, so that a call need not change threads for it. */
  static DeploymentOptions onEachLoop() {
    return new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors());
  }

  private static VertxOptions options() {
    return new VertxOptions()
        .setDisableTCCL(true) // There is one class loader, and nothing to set at each step.
        .setEventLoopPoolSize(Runtime.getRuntime().availableProcessors())
        .setFileSystemOptions(
            new FileSystemOptions()
                .setFileCachingEnabled(false)
                .setClassPathResolvingEnabled(false));
  }

  private static AuditSettings auditSettings(GatewaySettings settings) {
    AuditOptions options = settings.audit();
    AuditSettings audit =
        AuditSettings.of(settings.home().audit(), settings.node(), Version.CURRENT)
            .withAppendTimeout(Duration.ofMillis(options.appendMillis()))
            .withSegmentBytes(options.segmentBytes())
            .withClear(options.clear())
            .withCheckpointInterval(Duration.ofMillis(options.checkpointMillis()))
            .withWitnessRequired(options.witness() != null && options.witness().required());
    return options.origin() == null ? audit : audit.withOrigin(options.origin());
  }

  /** What the event loops accept connections with. */
  BoundedTransport transport() {
    return transport;
  }

  /** What everything here runs on. */
  public Vertx vertx() {
    return vertx;
  }

  Bus bus() {
    return bus;
  }

  DurableAuditLog log() {
    return log;
  }

  /** What the log is signed with. */
  public LogKeys logKeys() {
    return logKeys;
  }

  public AuditLog audit() {
    return audit;
  }

  /** Tells how long each entry takes, in nanoseconds, from now on. */
  void timeAppends(LongConsumer appended) {
    audit.timed(appended);
  }

  public KeyStore keys() {
    return keys;
  }

  public Vault vault() {
    return vault;
  }

  /** What the operator does with the vault as a whole. */
  public VaultAdministration vaultAdministration() {
    return localVault.administration();
  }

  LeaseRedeemer redeemer() {
    return localVault;
  }

  /** Prunes the log below {@code before} while no gateway runs; see {@link LogRetention#prune}. */
  public long prune(String before, @Nullable Path archive, Deadline deadline) {
    long limit = PruneLimit.index(log.reader(), log.publication().size(), before);
    localVault.administration().markClosed().await();
    return log.retention().prune(limit, archive, deadline);
  }

  /** Goes on in a new segment of the log while no gateway runs. */
  public void rotate() {
    log.rotate();
    localVault.administration().markClosed().await();
  }

  /** The keys of the log's guarded fields. */
  public FieldKeys fieldKeys() {
    return fieldKeys;
  }

  /** The log's name. */
  String origin() {
    return origin;
  }

  LocalVault localVault() {
    return localVault;
  }

  @Override
  public void close() {
    opened.close();
  }
}
