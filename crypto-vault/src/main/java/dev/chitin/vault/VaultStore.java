package dev.chitin.vault;

import dev.chitin.bus.ChitinException;
import dev.chitin.bus.Digest;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.JsonSyntaxException;
import dev.chitin.vault.crypto.Box;
import dev.chitin.vault.crypto.CryptoEngine;
import dev.chitin.vault.memory.MemoryLevel;
import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.memory.SecretPool;
import dev.chitin.vault.store.Disk;
import dev.chitin.vault.store.Header;
import dev.chitin.vault.store.Manifest;
import dev.chitin.vault.store.PosixDisk;
import dev.chitin.vault.store.RecordFile;
import dev.chitin.vault.store.RecordFiles;
import dev.chitin.vault.store.WriterLock;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The encrypted files of one vault, with one writer. Blocks: not for event loops, but for {@link
 * #find} and {@link #use} of a remembered record. Safe for use from any thread.
 *
 * <p>A commit writes and syncs new record files, then replaces the sealed manifest in one rename; a
 * crash leaves the state before or after it. Files that the manifest does not name are removed when
 * the vault opens.
 */
public final class VaultStore implements AutoCloseable {
  private static final String HEADER = "header";
  private static final String KEYRING = "keyring";
  private static final String MANIFEST = "manifest";
  private static final String MANIFEST_NEW = "manifest.tmp";
  private static final String RECORDS = "records";
  private static final int MAX_KEYRING = 4_096;
  private static final int POOL_PAGES = 32;

  /**
   * How the vault stands.
   *
   * @param memory how well secret memory is kept
   * @param engine {@code openssl}, or {@code jce}, a degraded mode
   * @param epoch commits so far
   * @param secrets how many there are
   * @param orphans files removed at opening because the manifest did not name them
   * @param writable false after a write that may not have reached the disk
   */
  public record Status(
      MemoryLevel memory, String engine, long epoch, int secrets, int orphans, boolean writable) {}

  /** One version of a secret as it is sealed; what a lease holds on to. */
  record Sealed(Manifest.Entry entry, RecordFile file) {}

  private final Path directory;
  private final Disk disk;
  private final CryptoEngine engine;
  private final Box box;
  private final WriterLock lock;
  private final RootKeys keys;
  private final SecretPool pool;
  private final RecordFiles files;
  private final int orphans;

  /** Held shared while keys are used, so that closing waits; never while the disk is waited for. */
  private final ReentrantReadWriteLock alive = new ReentrantReadWriteLock();

  private final ReentrantLock writer = new ReentrantLock();
  private volatile Manifest manifest;
  private volatile boolean writable = true;
  private volatile boolean closed;

  private VaultStore(
      Path directory,
      Disk disk,
      CryptoEngine engine,
      WriterLock lock,
      RootKeys keys,
      SecretPool pool) {
    this.directory = directory;
    this.disk = disk;
    this.engine = engine;
    this.lock = lock;
    this.keys = keys;
    this.pool = pool;
    this.box = new Box(engine, pool);
    this.manifest = readManifest();
    this.files = new RecordFiles(directory.resolve(RECORDS), disk);
    this.orphans = removeOrphans();
    this.files.loadAll(manifest);
  }

  /** Whether there is a vault in {@code directory}. */
  public static boolean exists(Path directory) {
    return Files.exists(directory.resolve(HEADER));
  }

  /**
   * Makes an empty vault, all of it or nothing.
   *
   * @param directory where; must not exist yet, its parent must
   * @throws ChitinException {@code vault.unlock_failed} for the key file, {@code vault.unavailable}
   *     for the directory
   */
  public static void create(Path directory, KeyFile keyFile) {
    create(directory, keyFile, new PosixDisk(), CryptoEngine.best());
  }

  static void create(Path directory, KeyFile keyFile, Disk disk, CryptoEngine engine) {
    Path building = directory.resolveSibling(directory.getFileName() + ".creating");
    try (SecretPool pool = new SecretPool(1);
        SecretBytes key = keyFile.read()) {
      var box = new Box(engine, pool);
      RootKeys.Fresh fresh = RootKeys.create(engine, box, key);
      try (RootKeys keys = fresh.keys()) {
        if (Files.exists(directory)) {
          throw new IOException(directory + " is there already");
        }
        removeTree(building, disk);
        disk.createDirectory(building);
        disk.createDirectory(building.resolve(RECORDS));
        disk.writeNew(building.resolve(WriterLock.NAME), new byte[0]);
        disk.writeNew(building.resolve(HEADER), fresh.header());
        disk.writeNew(building.resolve(KEYRING), fresh.keyring());
        var empty =
            new Manifest(1, Digest.of(fresh.header()), Digest.of(fresh.keyring()), Map.of());
        disk.writeNew(building.resolve(MANIFEST), seal(box, keys, empty));
        disk.syncDirectory(building);
        disk.rename(building, directory);
        disk.syncDirectory(directory.toAbsolutePath().resolve("..").normalize());
      }
    } catch (IOException e) {
      throw unavailable("The vault's directory cannot be made.", "vault.create", e);
    }
  }

  private static void removeTree(Path directory, Disk disk) throws IOException {
    for (String name : List.of(WriterLock.NAME, HEADER, KEYRING, MANIFEST, RECORDS)) {
      disk.delete(directory.resolve(name));
    }
    disk.delete(directory);
  }

  /**
   * Opens a vault and holds its lock until {@link #close}.
   *
   * @throws ChitinException {@code vault.unlock_failed}, {@code vault.corrupt}, or {@code
   *     vault.unavailable} when another process has it open
   */
  public static VaultStore open(Path directory, KeyFile keyFile) {
    return open(directory, keyFile, new PosixDisk(), CryptoEngine.best());
  }

  static VaultStore open(Path directory, KeyFile keyFile, Disk disk, CryptoEngine engine) {
    WriterLock lock = WriterLock.acquire(directory);
    RootKeys keys = null;
    var pool = new SecretPool(POOL_PAGES);
    try (SecretBytes key = keyFile.read()) {
      Header header =
          Header.parse(disk.read(directory.resolve(HEADER), Header.MAX_BYTES))
              .orElseThrow(() -> corrupt("The vault's header is damaged.", "vault.header", null));
      byte[] keyring = disk.read(directory.resolve(KEYRING), MAX_KEYRING);
      keys = RootKeys.open(engine, new Box(engine, pool), header, keyring, key);
      return new VaultStore(directory, disk, engine, lock, keys, pool);
    } catch (IOException e) {
      release(keys, pool, lock);
      throw corrupt("A file of the vault is missing or cannot be read.", "vault.file", e);
    } catch (RuntimeException e) {
      release(keys, pool, lock);
      throw e;
    }
  }

  private static void release(@Nullable RootKeys keys, SecretPool pool, WriterLock lock) {
    if (keys != null) {
      keys.close();
    }
    pool.close();
    lock.close();
  }

  private Manifest readManifest() {
    try {
      byte[] sealed = disk.read(directory.resolve(MANIFEST), Manifest.MAX_BYTES);
      Manifest read = openManifest(sealed);
      boolean whole =
          Digest.of(disk.read(directory.resolve(HEADER), Header.MAX_BYTES)).equals(read.header())
              && Digest.of(disk.read(directory.resolve(KEYRING), MAX_KEYRING))
                  .equals(read.keyring());
      if (!whole) {
        throw corrupt("The manifest is of another header or keyring.", "vault.manifest", null);
      }
      return read;
    } catch (IOException | JsonSyntaxException | IllegalArgumentException e) {
      throw corrupt("The vault's manifest is damaged.", "vault.manifest", e);
    }
  }

  private Manifest openManifest(byte[] sealed) throws JsonSyntaxException {
    int length = Box.contentLength(sealed.length);
    if (length <= 0) {
      throw corrupt("The vault's manifest is damaged.", "vault.manifest", null);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment clear = arena.allocate(length);
      if (!box.open(keys.root(), Box.Kind.MANIFEST, keys.manifestPlace(), sealed, clear)) {
        throw corrupt("The vault's manifest is damaged.", "vault.manifest", null);
      }
      return Manifest.parse(clear.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }
  }

  private static byte[] seal(Box box, RootKeys keys, Manifest manifest) {
    byte[] bytes = manifest.bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment clear = arena.allocate(bytes.length);
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, clear, 0, bytes.length);
      return box.seal(keys.root(), Box.Kind.MANIFEST, keys.manifestPlace(), clear);
    }
  }

  private int removeOrphans() {
    try {
      int removed = Files.exists(directory.resolve(MANIFEST_NEW)) ? 1 : 0;
      disk.delete(directory.resolve(MANIFEST_NEW));
      return removed + files.removeOrphans(manifest);
    } catch (IOException e) {
      throw unavailable("Left-over files of the vault cannot be removed.", "vault.orphans", e);
    }
  }

  /** Stores {@code value} as the next version; the caller still closes it. */
  public SecretMetadata put(String tenant, SecretName name, SecretBytes value) {
    checkLength(value);
    writer.lock();
    try {
      checkWritable();
      Optional<Manifest.Entry> before = manifest.find(tenant, name.value());
      if (before.isEmpty() && manifest.records().size() >= Manifest.MAX_RECORDS) {
        throw Problem.of(ProblemCode.VAULT_UNAVAILABLE, "The vault holds 10000 secrets.")
            .withRule("vault.full")
            .withHint("Delete secrets that are no longer used.")
            .toException();
      }
      long version = before.map(Manifest.Entry::version).orElse(0L) + 1;
      byte[] record = sealRecord(Manifest.placeOf(tenant, name.value()), version, value);
      var entry =
          new Manifest.Entry(
              tenant,
              name.value(),
              version,
              System.currentTimeMillis(),
              RootKeys.TERM,
              keys.fileName(tenant, name.value(), version),
              Digest.of(record));
      commit(manifest.with(entry), Optional.of(new NewRecord(entry, record)), before);
      return metadata(entry);
    } finally {
      writer.unlock();
    }
  }

  static void checkLength(SecretBytes value) {
    if (value.length() < 1 || value.length() > SecretBytes.MAX_BYTES) {
      throw Problem.of(ProblemCode.VAULT_SECRET_INVALID, "A secret has 1 to 65536 bytes.")
          .withRule("secret.length")
          .withHint("Store another value.")
          .toException();
    }
  }

  /** Removes a secret. */
  public SecretMetadata delete(String tenant, SecretName name) {
    writer.lock();
    try {
      checkWritable();
      Manifest.Entry entry = manifest.find(tenant, name.value()).orElseThrow(VaultStore::unknown);
      commit(manifest.without(entry), Optional.empty(), Optional.of(entry));
      return metadata(entry);
    } finally {
      writer.unlock();
    }
  }

  /** Metadata of a tenant's secrets, sorted by name. */
  public SecretList list(String tenant) {
    return new SecretList(
        manifest.records().values().stream()
            .filter(entry -> entry.tenant().equals(tenant))
            .sorted(Comparator.comparing(Manifest.Entry::name))
            .map(VaultStore::metadata)
            .toList());
  }

  /** Metadata of one secret, when there is one. */
  public Optional<SecretMetadata> find(String tenant, SecretName name) {
    return manifest.find(tenant, name.value()).map(VaultStore::metadata);
  }

  public Status status() {
    Manifest current = manifest;
    return new Status(
        SecretMemory.level(),
        engine.name(),
        current.epoch(),
        current.records().size(),
        orphans,
        writable);
  }

  /** The current version of a secret, sealed; reads the disk when it is not remembered. */
  Optional<Sealed> sealed(String tenant, SecretName name) {
    return manifest.find(tenant, name.value()).map(entry -> new Sealed(entry, files.record(entry)));
  }

  /** Whether {@link #sealed} needs no disk. */
  boolean isRemembered(String tenant, SecretName name) {
    return manifest.find(tenant, name.value()).map(files::isRemembered).orElse(true);
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
    Manifest.Entry entry = sealed.entry();
    Box.Place place = keys.recordPlace(entry.place(), entry.version());
    int length = sealed.file().secretLength();
    try (SecretPool.Page page = pool.take(CryptoEngine.KEY_BYTES + length)) {
      MemorySegment dataKey = page.segment().asSlice(0, CryptoEngine.KEY_BYTES);
      MemorySegment value = page.segment().asSlice(CryptoEngine.KEY_BYTES, length);
      boolean authentic =
          box.open(keys.current(), Box.Kind.DATA_KEY, place, sealed.file().dataKey(), dataKey)
              && box.open(dataKey, Box.Kind.VALUE, place, sealed.file().value(), value);
      dataKey.fill((byte) 0);
      if (!authentic) {
        throw corrupt("A record of the vault is damaged.", "vault.record", null);
      }
      return function.apply(value.asReadOnly());
    }
  }

  private byte[] sealRecord(String name, long version, SecretBytes value) {
    Box.Place place = keys.recordPlace(name, version);
    try (SecretBytes dataKey = SecretBytes.allocate(CryptoEngine.KEY_BYTES)) {
      SecretMemory.random(dataKey.segment());
      return new RecordFile(
              box.seal(keys.current(), Box.Kind.DATA_KEY, place, dataKey.segment()),
              box.seal(dataKey.segment(), Box.Kind.VALUE, place, value.segment()))
          .bytes();
    }
  }

  /** A record that a commit adds. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  private record NewRecord(Manifest.Entry entry, byte[] content) {}

  private void commit(Manifest next, Optional<NewRecord> added, Optional<Manifest.Entry> replaced) {
    try {
      if (added.isPresent()) {
        files.write(added.get().entry(), added.get().content());
      }
      disk.delete(directory.resolve(MANIFEST_NEW));
      disk.writeNew(directory.resolve(MANIFEST_NEW), seal(box, keys, next));
    } catch (Disk.NotDurable e) {
      throw failed(e);
    } catch (IOException e) {
      // The old manifest still stands; what was written for the new one is an orphan.
      added.ifPresent(record -> files.abandon(record.entry()));
      throw unavailable("The vault cannot write.", "vault.write", e);
    }
    try {
      disk.rename(directory.resolve(MANIFEST_NEW), directory.resolve(MANIFEST));
      disk.syncDirectory(directory);
    } catch (IOException e) {
      throw failed(e);
    }
    manifest = next;
    added.ifPresent(record -> files.remember(record.entry(), record.content()));
    replaced.ifPresent(files::abandon);
  }

  /** Nobody knows which state is on disk: only a fresh start from disk can tell. */
  private RuntimeException failed(IOException e) {
    writable = false;
    return unavailable("A write of the vault may not have reached the disk.", "vault.sync", e);
  }

  private void checkWritable() {
    checkOpen();
    if (!writable) {
      throw unavailable(
          "The vault takes no changes after a write that failed.", "vault.read_only", null);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw unavailable("The vault is closed.", "vault.closed", null);
    }
  }

  /** Wipes the keys and releases the lock. A second call does nothing. */
  @Override
  public void close() {
    writer.lock();
    alive.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        keys.close();
        pool.close();
        lock.close();
      }
    } finally {
      alive.writeLock().unlock();
      writer.unlock();
    }
  }

  private static SecretMetadata metadata(Manifest.Entry entry) {
    return new SecretMetadata(new SecretName(entry.name()), entry.version(), entry.createdMillis());
  }

  static ChitinException unknown() {
    return Problem.of(ProblemCode.VAULT_SECRET_UNKNOWN, "There is no secret of that name.")
        .withRule("secret.unknown")
        .withHint("List the secrets, or store it first.")
        .toException();
  }

  private static ChitinException corrupt(String detail, String rule, @Nullable Throwable cause) {
    Problem problem =
        Problem.of(ProblemCode.VAULT_CORRUPT, detail)
            .withRule(rule)
            .withHint("Restore the vault's directory from a backup.");
    return cause == null ? problem.toException() : problem.toException(cause);
  }

  private static ChitinException unavailable(
      String detail, String rule, @Nullable Throwable cause) {
    Problem problem =
        Problem.of(ProblemCode.VAULT_UNAVAILABLE, detail)
            .withRule(rule)
            .withHint("Look at the disk and the rights of the vault's directory, then restart.");
    return cause == null ? problem.toException() : problem.toException(cause);
  }
}
