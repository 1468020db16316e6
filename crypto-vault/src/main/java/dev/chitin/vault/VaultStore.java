package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.vault.Commits.Pending;
import dev.chitin.vault.VaultJournal.Action;
import dev.chitin.vault.VaultJournal.Mark;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Layout;
import dev.chitin.vault.store.Manifest.Secret;
import dev.chitin.vault.store.ValueFiles;
import dev.chitin.vault.store.WriterLock;
import dev.chitin.vault.unlock.Credentials;
import dev.chitin.vault.unlock.SlotRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

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
  private final VaultSetup setup;
  private final Layout layout;
  private final Box box;
  private final WriterLock lock;
  private final SecretPool pool;
  private final SlotKeys slotKeys;
  private final VaultKeys keys;
  private final LastUses lastUses = new LastUses();
  private final Commits commits;
  private final SealedValues values;
  private final VaultPlace place;
  private final int orphans;
  private boolean closed;

  VaultStore(
      VaultSetup setup,
      Layout layout,
      WriterLock lock,
      SecretPool pool,
      SlotKeys slotKeys,
      SecretBytes root,
      Keyring ring,
      VaultState state) {
    this.setup = setup;
    this.layout = layout;
    this.lock = lock;
    this.pool = pool;
    this.slotKeys = slotKeys;
    this.keys = new VaultKeys(setup.engine(), root, ring);
    this.box = new Box(setup.engine(), pool);
    var files = new ValueFiles(layout.values(), setup.disk());
    var committer =
        new Committer(layout, setup.disk(), files, setup.journal(), state.header().vaultIdText());
    this.commits = new Commits(layout, box, keys, files, committer, lastUses, state);
    this.values = new SealedValues(setup, pool, keys, files, lastUses, commits::state);
    Map<String, Digest> named = values.named(state.manifest());
    this.orphans =
        new VaultFiles(layout, setup.disk()).removeOrphans(state.manifest(), files, named.keySet());
    named.forEach(files::load);
    this.place = new VaultPlace(setup, layout);
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

  /**
   * Stores {@code value} as the next version; the caller still closes it.
   *
   * @throws ChitinException {@code vault.secret_invalid} for its length, or for a byte that cannot
   *     stand where it is bound to
   */
  public SecretMetadata put(
      String tenant, SecretName name, SecretBytes value, String owner, PutOptions options) {
    checkLength(value);
    return commits.change(
        current -> {
          Secret next = versions(current).with(tenant, name, owner, options, term());
          SecretBinding.stored(next.newest().binding())
              .ifPresent(bound -> bound.checkValue(value.segment()));
          SealedValues.Fresh fresh = values.seal(next, value);
          return new Pending<>(
              current.manifest().with(fresh.secret()),
              Map.of(fresh.name(), fresh.file()),
              SecretMetadata.of(fresh.secret()));
        });
  }

  private Versions versions(VaultState current) {
    return new Versions(current.manifest(), setup.clock().getAsLong());
  }

  private int term() {
    return keys.use(Keyring::currentTerm);
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
    return commits.change(
        current -> {
          Secret secret =
              current.manifest().find(tenant, name.value()).orElseThrow(VaultFaults::unknown);
          return new Pending<>(
              current.manifest().without(secret), Map.of(), SecretMetadata.of(secret));
        });
  }

  /** Prunes, disables or enables. */
  public SecretMetadata change(ChangeRequest request) {
    return commits.change(
        current -> {
          Secret next = versions(current).changed(request);
          return new Pending<>(current.manifest().with(next), Map.of(), SecretMetadata.of(next));
        });
  }

  /** Whether a replaced version has come to the end of its grace. */
  boolean isDestructionDue() {
    return versions(state()).isDestructionDue();
  }

  /** Destroys replaced versions whose grace has ended; answers how many. */
  int destroyDue() {
    if (!isDestructionDue()) {
      return 0;
    }
    return commits.change(
        current -> {
          Versions versions = versions(current);
          return new Pending<>(versions.withoutDue(), Map.of(), versions.due());
        });
  }

  /** Metadata of a tenant's secrets, sorted by name. */
  public SecretList list(String tenant) {
    return new SecretList(
        state().manifest().secrets().values().stream()
            .filter(secret -> secret.tenant().equals(tenant))
            .map(lastUses::in)
            .map(SecretMetadata::of)
            .sorted(Comparator.comparing(secret -> secret.name().value()))
            .toList());
  }

  /** Metadata of one secret, when there is one. */
  public Optional<SecretMetadata> find(String tenant, SecretName name) {
    return state().manifest().find(tenant, name.value()).map(lastUses::in).map(SecretMetadata::of);
  }

  /** How the vault stands. */
  public VaultStatus status() {
    VaultState current = state();
    int term = term();
    return new VaultStatus(
        SecretMemory.level(),
        setup.engine().name(),
        current.manifest().epoch(),
        current.manifest().secrets().size(),
        orphans,
        commits.isCertain(),
        term,
        KekRotation.behind(current.manifest(), term));
  }

  /**
   * What is wrong with the files under the vault, and what to do; empty when nothing is.
   *
   * @param byWriting whether a file is written to see that it can be
   */
  Optional<String> fault(boolean byWriting) {
    commits.writer.lock();
    try {
      Optional<String> seen = place.fault(state().digest());
      return seen.isPresent() || !byWriting ? seen : place.tryWrite();
    } finally {
      commits.writer.unlock();
    }
  }

  /**
   * The current version of a secret, sealed; reads the disk when it is not remembered.
   *
   * @throws ChitinException {@code vault.lease_refused} when it is disabled or has expired
   */
  Optional<SealedSecret> sealed(String tenant, SecretName name) {
    return values.find(tenant, name);
  }

  /** Whether {@link #sealed} needs no disk. */
  boolean isRemembered(String tenant, SecretName name) {
    return values.isRemembered(tenant, name);
  }

  /** Opens {@code sealed} for the time of {@code function} and wipes it after. */
  <R> R use(SealedSecret sealed, SecretFunction<R> function) {
    return values.use(sealed, function);
  }

  // --- what the other rooms of this package need ---

  VaultState state() {
    return commits.state();
  }

  Commits commits() {
    return commits;
  }

  VaultKeys keys() {
    return keys;
  }

  SlotKeys slotKeys() {
    return slotKeys;
  }

  SealedValues values() {
    return values;
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

  /**
   * Says in the log where the vault stands, so that the next opening finds it near the end, and so
   * that older marks may go. Never between the two marks of a change, which would hide the first.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} when nobody knows where it
   *     stands: the announcement of the change that failed has to stay the last mark
   */
  void markClosed() {
    commits.writer.lock();
    try {
      commits.checkWritable();
      VaultState last = state();
      String vault = last.header().vaultIdText();
      setup
          .journal()
          .append(Mark.of(Action.CLOSED, vault, last.manifest().epoch(), last.digest(), null));
    } finally {
      commits.writer.unlock();
    }
  }

  /** Wipes the keys and releases the lock. A second call does nothing. */
  @Override
  public void close() {
    commits.writer.lock();
    try {
      if (!closed) {
        closed = true;
        keys.close();
        pool.close();
        lock.close();
      }
    } finally {
      commits.writer.unlock();
    }
  }
}
