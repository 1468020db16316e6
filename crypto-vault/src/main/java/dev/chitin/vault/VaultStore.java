package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.memory.MemoryLevel;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.Manifest.Version;
import dev.chitin.vault.store.ValueFiles;
import dev.chitin.vault.store.WriterLock;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotRequest;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The encrypted files of one vault, with one writer: what is in it, and the use of it. Blocks: not
 * for event loops, but for {@link #find} and {@link #use} of a remembered value. Safe for use from
 * any thread.
 *
 * <p>A root key seals a ring of keys, the newest of which wraps the data key of each version, which
 * seals its value. Each change is one commit ({@link Committer}); the audit log knows the last one,
 * so that an old copy is refused ({@link RollbackCheck}).
 */
public final class VaultStore implements AutoCloseable {
  private static final long HOUR = Duration.ofHours(1).toMillis();

  /**
   * How the vault stands.
   *
   * @param memory how well secret memory is kept
   * @param engine {@code openssl}, or {@code jce}, a degraded mode
   * @param epoch commits so far
   * @param secrets how many there are
   * @param orphans files removed at opening because the manifest did not name them
   * @param writable false after a write that may not have reached the disk
   * @param term of the key that wraps what is new
   * @param rewrapping versions whose data key an older term still wraps
   */
  public record Status(
      MemoryLevel memory,
      String engine,
      long epoch,
      int secrets,
      int orphans,
      boolean writable,
      int term,
      int rewrapping) {}

  /** One version of a secret as it is sealed; what a lease holds on to. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Sealed(Secret secret, Version entry, byte[] value, Optional<SecretBinding> binding) {
    Sealed(Secret secret, Version entry, byte[] value) {
      this(secret, entry, value, SecretBinding.stored(entry.binding()));
    }

    /** Refuses a place that the secret is not bound to. */
    void check(LeaseBinding place) {
      binding.ifPresent(bound -> bound.check(place));
    }
  }

  /** What is on disk. */
  record State(Manifest manifest, Digest digest, Header header) {}

  private final VaultSetup setup;
  private final Layout layout;
  private final Box box;
  private final WriterLock lock;
  private final SecretPool pool;
  private final ValueFiles values;
  private final Committer committer;
  private final int orphans;
  final SlotKeys slotKeys;

  /** Held shared while keys are used, so that closing waits; never while the disk is waited for. */
  private final ReentrantReadWriteLock alive = new ReentrantReadWriteLock();

  final ReentrantLock writer = new ReentrantLock();

  /** By place, in whole hours; goes to disk with the next commit that there is anyhow. */
  private final Map<String, Long> lastUses = new ConcurrentHashMap<>();

  private volatile State state;
  private SecretBytes root;
  private volatile Keyring ring;
  private volatile boolean closed;

  VaultStore(
      VaultSetup setup,
      Layout layout,
      WriterLock lock,
      SecretPool pool,
      SlotKeys slotKeys,
      SecretBytes root,
      Keyring ring,
      State state) {
    this.setup = setup;
    this.layout = layout;
    this.lock = lock;
    this.pool = pool;
    this.slotKeys = slotKeys;
    this.root = root;
    this.ring = ring;
    this.state = state;
    this.box = new Box(setup.engine(), pool);
    this.values = new ValueFiles(layout.values(), setup.disk());
    this.committer =
        new Committer(layout, setup.disk(), values, setup.journal(), state.header().vaultIdText());
    Map<String, Digest> named = valueFiles(state.manifest());
    this.orphans =
        new VaultFiles(layout, setup.disk())
            .removeOrphans(state.manifest(), values, named.keySet());
    named.forEach(values::load);
  }

  private Map<String, Digest> valueFiles(Manifest manifest) {
    Map<String, Digest> named = new HashMap<>();
    for (Secret secret : manifest.secrets().values()) {
      for (Version version : secret.versions()) {
        if (!version.isDestroyed()) {
          named.put(fileName(secret, version), version.file());
        }
      }
    }
    return named;
  }

  private String fileName(Secret secret, Version version) {
    // The ring may be replaced by a rotation on another thread, which waits for this lock.
    alive.readLock().lock();
    try {
      checkOpen();
      return ring.fileName(setup.engine(), secret.tenant(), secret.name(), version.version());
    } finally {
      alive.readLock().unlock();
    }
  }

  /** Whether there is a vault in {@code directory}. */
  public static boolean exists(Path directory) {
    return Files.exists(directory);
  }

  /**
   * Makes an empty vault with one slot, all of it or nothing.
   *
   * @throws ChitinException {@code vault.unlock_failed} for the key file, {@code
   *     vault.slot_invalid} for the passphrase, {@code vault.rollback_detected} when the log knows
   *     a vault, {@code vault.unavailable} for the directory
   */
  public static void create(VaultSetup setup, SlotRequest slot, Credentials credentials) {
    new VaultOpener(setup).create(slot, credentials);
  }

  /**
   * Opens a vault and holds its lock until {@link #close}.
   *
   * @throws ChitinException {@code vault.unlock_failed}, {@code vault.unlock_throttled}, {@code
   *     vault.binding_unavailable}, {@code vault.rollback_detected}, {@code vault.format_unknown},
   *     {@code vault.corrupt}, or {@code vault.unavailable} when another process has it open
   */
  public static VaultStore open(VaultSetup setup, Credentials credentials) {
    return new VaultOpener(setup).open(credentials);
  }

  /** Stores {@code value} as the next version; the caller still closes it. */
  public SecretMetadata put(
      String tenant, SecretName name, SecretBytes value, String owner, PutOptions options) {
    checkLength(value);
    return change(
        current -> {
          var versions = new Versions(current.manifest(), setup.clock().getAsLong());
          Secret next = versions.with(tenant, name, owner, options, ring.currentTerm());
          SecretBinding.stored(next.newest().binding())
              .ifPresent(bound -> bound.checkValue(value.segment()));
          return sealed(next, value);
        });
  }

  /** The secret with its newest version sealed, as a commit. */
  private Pending<SecretMetadata> sealed(Secret secret, SecretBytes value) {
    Version bare = secret.newest();
    Box.Place place = place(secret, bare, bare.sealedTerm());
    try (SecretPool.Page page = pool.take()) {
      MemorySegment dataKey = page.segment().asSlice(0, 32);
      SecretMemory.random(dataKey);
      byte[] file = ValueFiles.fileOf(box.seal(dataKey, Box.Kind.VALUE, place, value.segment()));
      byte[] wrapped = box.seal(ring.currentKey(), Box.Kind.DATA_KEY, place, dataKey);
      Version newest = Versions.sealed(bare, Digest.of(file), wrapped);
      Secret next = secret.withVersions(Versions.replaceNewest(secret.versions(), newest));
      return new Pending<>(
          state.manifest().with(next),
          Map.of(fileName(next, newest), file),
          SecretMetadata.of(next));
    }
  }

  Box.Place place(Secret secret, Version version, int term) {
    return new Box.Place(
        state.header().vaultId(), secret.place(), version.version(), term, version.bindingDigest());
  }

  static void checkLength(SecretBytes value) {
    if (value.length() < 1 || value.length() > SecretBytes.MAX_BYTES) {
      throw Problem.of(ProblemCode.VAULT_SECRET_INVALID, "A secret has 1 to 65536 bytes.")
          .withRule("secret.length")
          .withHint("Store another value.")
          .toException();
    }
  }

  /** Removes a secret with all its versions. */
  public SecretMetadata delete(String tenant, SecretName name) {
    return change(
        current -> {
          Secret secret =
              current.manifest().find(tenant, name.value()).orElseThrow(VaultFaults::unknown);
          return new Pending<>(
              current.manifest().without(secret), Map.of(), SecretMetadata.of(secret));
        });
  }

  /** Prunes, disables or enables. */
  public SecretMetadata change(ChangeRequest request) {
    return change(
        current -> {
          Secret next =
              new Versions(current.manifest(), setup.clock().getAsLong()).changed(request);
          return new Pending<>(current.manifest().with(next), Map.of(), SecretMetadata.of(next));
        });
  }

  /** Whether a replaced version has come to the end of its grace. */
  boolean isDestructionDue() {
    return new Versions(state.manifest(), setup.clock().getAsLong()).isDestructionDue();
  }

  /** Destroys replaced versions whose grace has ended; answers how many. */
  int destroyDue() {
    if (!isDestructionDue()) {
      return 0;
    }
    return change(
        current -> {
          var versions = new Versions(current.manifest(), setup.clock().getAsLong());
          return new Pending<>(versions.withoutDue(), Map.of(), versions.due());
        });
  }

  /** Metadata of a tenant's secrets, sorted by name. */
  public SecretList list(String tenant) {
    return new SecretList(
        state.manifest().secrets().values().stream()
            .filter(secret -> secret.tenant().equals(tenant))
            .map(this::withLastUse)
            .map(SecretMetadata::of)
            .sorted(Comparator.comparing(secret -> secret.name().value()))
            .toList());
  }

  /** Metadata of one secret, when there is one. */
  public Optional<SecretMetadata> find(String tenant, SecretName name) {
    return state
        .manifest()
        .find(tenant, name.value())
        .map(this::withLastUse)
        .map(SecretMetadata::of);
  }

  private Secret withLastUse(Secret secret) {
    long used = lastUses.getOrDefault(secret.place(), 0L);
    return used > secret.lastUseMillis() ? secret.withLastUse(used) : secret;
  }

  public Status status() {
    State current = state;
    int term = currentTerm();
    return new Status(
        SecretMemory.level(),
        setup.engine().name(),
        current.manifest().epoch(),
        current.manifest().secrets().size(),
        orphans,
        committer.isCertain(),
        term,
        KekRotation.behind(current.manifest(), term));
  }

  private int currentTerm() {
    alive.readLock().lock();
    try {
      checkOpen();
      return ring.currentTerm();
    } finally {
      alive.readLock().unlock();
    }
  }

  /**
   * The current version of a secret, sealed; reads the disk when it is not remembered.
   *
   * @throws ChitinException {@code vault.lease_refused} when it is disabled or has expired
   */
  Optional<Sealed> sealed(String tenant, SecretName name) {
    while (true) {
      State seen = state;
      try {
        return seen.manifest().find(tenant, name.value()).map(this::sealed);
      } catch (ChitinException e) {
        // The file may have been replaced since the manifest was looked at: then look again.
        if (e.code() != ProblemCode.VAULT_CORRUPT || state.digest().equals(seen.digest())) {
          throw e;
        }
      }
    }
  }

  private Sealed sealed(Secret secret) {
    Versions.checkUsable(secret, setup.clock().getAsLong());
    Version newest = secret.newest();
    return new Sealed(secret, newest, values.box(fileName(secret, newest), newest.file()));
  }

  /** Whether {@link #sealed} needs no disk. */
  boolean isRemembered(String tenant, SecretName name) {
    return state
        .manifest()
        .find(tenant, name.value())
        .map(
            secret ->
                secret.newest().isDestroyed()
                    || values.isRemembered(
                        fileName(secret, secret.newest()), secret.newest().file()))
        .orElse(true);
  }

  /** Opens {@code sealed} for the time of {@code function} and wipes it after. */
  <R> R use(Sealed sealed, SecretFunction<R> function) {
    alive.readLock().lock();
    try {
      checkOpen();
      return opened(sealed, function);
    } finally {
      alive.readLock().unlock();
    }
  }

  private <R> R opened(Sealed sealed, SecretFunction<R> function) {
    Secret secret = sealed.secret();
    Version version = wrapped(sealed);
    MemorySegment key = ring.key(version.term()).orElseThrow(VaultFaults::unknown);
    int length = Box.contentLength(sealed.value().length);
    try (SecretPool.Page page = pool.take(32 + length)) {
      MemorySegment dataKey = page.segment().asSlice(0, 32);
      MemorySegment value = page.segment().asSlice(32, length);
      boolean authentic =
          box.open(
                  key,
                  Box.Kind.DATA_KEY,
                  place(secret, version, version.term()),
                  version.dataKey(),
                  dataKey)
              && box.open(
                  dataKey,
                  Box.Kind.VALUE,
                  place(secret, version, version.sealedTerm()),
                  sealed.value(),
                  value);
      dataKey.fill((byte) 0);
      if (!authentic) {
        throw VaultFaults.corrupt("A record of the vault is damaged.", "vault.record", null);
      }
      lastUses.merge(secret.place(), setup.clock().getAsLong() / HOUR * HOUR, Math::max);
      return function.apply(value.asReadOnly());
    }
  }

  /** The version with a data key that a term of the ring wraps: it may have been wrapped anew. */
  private Version wrapped(Sealed sealed) {
    Version entry = sealed.entry();
    if (ring.key(entry.term()).isPresent()) {
      return entry;
    }
    return state
        .manifest()
        .find(sealed.secret().tenant(), sealed.secret().name())
        .flatMap(secret -> secret.version(entry.version()))
        .filter(version -> version.file().equals(entry.file()))
        .orElseThrow(VaultFaults::unknown);
  }

  // --- what the other rooms of this package need ---

  /**
   * A state that is to be.
   *
   * @param newValues by name below {@code records/}
   * @param answer what to answer once it is
   */
  private record Pending<T>(Manifest manifest, Map<String, byte[]> newValues, T answer) {}

  private <T> T change(Function<State, Pending<T>> step) {
    writer.lock();
    try {
      checkWritable();
      Pending<T> pending = step.apply(state);
      commit(pending.manifest(), pending.newValues(), Map.of(), root, state.header());
      return pending.answer();
    } finally {
      writer.unlock();
    }
  }

  /** Makes {@code next} the state; under {@link #writer}. */
  void commit(
      Manifest next,
      Map<String, byte[]> newValues,
      Map<Path, byte[]> newFiles,
      SecretBytes nextRoot,
      Header nextHeader) {
    State before = state;
    Manifest full = Versions.withLastUses(next, lastUses);
    byte[] file = VaultFiles.seal(box, nextRoot.segment(), before.header().vaultId(), full);
    Digest digest =
        committer.commit(
            new Committer.Change(full.epoch(), file, before.digest(), newFiles, newValues));
    newValues.forEach((name, content) -> values.remember(name, Digest.of(content), content));
    state = new State(full, digest, nextHeader);
    removeReplaced(before.manifest(), full);
  }

  private void removeReplaced(Manifest before, Manifest after) {
    for (Secret old : before.secrets().values()) {
      Secret kept = after.secrets().get(old.place());
      if (!old.equals(kept)) {
        Set<Digest> files = kept == null ? Set.of() : files(kept);
        old.versions().stream()
            .filter(version -> !version.isDestroyed() && !files.contains(version.file()))
            .forEach(version -> values.abandon(fileName(old, version), version.file()));
      }
    }
    if (before.headerGeneration() != after.headerGeneration()) {
      committer.remove(layout.header(before.headerGeneration()));
    }
    if (before.keyringGeneration() != after.keyringGeneration()) {
      committer.remove(layout.keyring(before.keyringGeneration()));
    }
  }

  private static Set<Digest> files(Secret secret) {
    return secret.versions().stream()
        .filter(version -> !version.isDestroyed())
        .map(Version::file)
        .collect(Collectors.toSet());
  }

  /** Puts other keys in the place of those in use, and wipes the old ones. */
  void replaceKeys(SecretBytes nextRoot, Keyring nextRing) {
    alive.writeLock().lock();
    try {
      SecretBytes oldRoot = root;
      Keyring oldRing = ring;
      root = nextRoot;
      ring = nextRing;
      if (oldRoot != nextRoot) {
        oldRoot.close();
      }
      if (oldRing != nextRing) {
        oldRing.close();
      }
    } finally {
      alive.writeLock().unlock();
    }
  }

  State state() {
    return state;
  }

  SecretBytes root() {
    return root;
  }

  Keyring ring() {
    return ring;
  }

  Box box() {
    return box;
  }

  SecretPool pool() {
    return pool;
  }

  Layout layout() {
    return layout;
  }

  VaultSetup setup() {
    return setup;
  }

  void checkWritable() {
    checkOpen();
    if (!committer.isCertain()) {
      throw VaultFaults.unavailable(
          "The vault takes no changes after a write that failed.", "vault.read_only", null);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw VaultFaults.unavailable("The vault is closed.", "vault.closed", null);
    }
  }

  /** Says in the log where the vault stands, so that the next opening finds it near the end. */
  void markClosed() {
    State last = state;
    setup
        .journal()
        .append(
            Mark.of(
                Action.CLOSED,
                last.header().vaultIdText(),
                last.manifest().epoch(),
                last.digest(),
                null));
  }

  /** Wipes the keys and releases the lock. A second call does nothing. */
  @Override
  public void close() {
    writer.lock();
    alive.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        ring.close();
        root.close();
        pool.close();
        lock.close();
      }
    } finally {
      alive.writeLock().unlock();
      writer.unlock();
    }
  }
}
