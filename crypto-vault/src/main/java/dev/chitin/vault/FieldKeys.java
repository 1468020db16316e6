package dev.chitin.vault;

import dev.chitin.audit.FieldSealer;
import dev.chitin.audit.GuardedField;
import dev.chitin.bus.Deadline;
import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of the audit log's guarded fields, below the vault's ring. A subject's own keys are
 * random, wrapped, and in a file beside the vault; destroying them there (crypto-shredding) leaves
 * what the log has of him unreadable, and his hashes nobody's. Safe for use from any thread.
 *
 * <p>Keys are made for at most {@value SubjectFile#MAX} subjects; names of more are withheld.
 */
public final class FieldKeys implements FieldSealer, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FieldKeys.class);
  private static final int MOST_WAITING = 1_024;
  private static final int MOST_REMEMBERED = 8_192;

  private final SubjectCipher cipher;
  private final SubjectFile file;
  private final ExecutorService writer =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MOST_WAITING),
          Thread.ofPlatform().daemon().name("chitin-subjects").factory());
  private final ReentrantReadWriteLock alive = new ReentrantReadWriteLock();
  private final Map<Subject, Known> known = new ConcurrentHashMap<>();
  private final Map<Value, String> hashes = new ConcurrentHashMap<>();
  private boolean closed;

  @SuppressWarnings("ArrayRecordComponent") // looked up by subject, never compared
  private record Known(byte[] entry, String hash) {}

  private record Value(GuardedField field, String tenant, String value) {}

  private FieldKeys(SubjectCipher cipher, SubjectFile file) {
    this.cipher = cipher;
    this.file = file;
  }

  /**
   * Opens the keys of the vault {@code store}, which outlives them.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.corrupt} when the file is another vault's
   *     or damaged, {@code vault.unavailable} when it cannot be read
   */
  static FieldKeys open(VaultStore store, Path path) {
    var cipher = new SubjectCipher(store.setup().engine(), store.pool(), store.keys());
    try {
      SubjectFile file = SubjectFile.open(path);
      if (!file.all().stream().allMatch(cipher::isWhole)) {
        file.close();
        throw Problem.of(ProblemCode.VAULT_CORRUPT, "The file " + path + " is not this vault's.")
            .withHint(
                "Put the right one back. Without it, remove it: names in older entries of the"
                    + " audit log then stay sealed.")
            .toException();
      }
      return new FieldKeys(cipher, file);
    } catch (IOException e) {
      cipher.close();
      throw VaultFaults.unavailable("The file " + path + " cannot be read.", "audit.subjects", e);
    } catch (RuntimeException e) {
      cipher.close();
      throw e;
    }
  }

  private <T> Optional<T> whileOpen(Supplier<Optional<T>> work) {
    alive.readLock().lock();
    try {
      return closed ? Optional.empty() : work.get();
    } finally {
      alive.readLock().unlock();
    }
  }

  private Optional<Known> known(Subject subject) {
    Known found = known.get(subject);
    if (found != null) {
      return Optional.of(found);
    }
    return file.byLookup(cipher.lookup(subject)).map(entry -> remember(subject, entry));
  }

  private Known remember(Subject subject, byte[] entry) {
    var fresh = new Known(entry, cipher.hash(entry, subject));
    if (known.size() >= MOST_REMEMBERED) {
      known.clear();
    }
    known.put(subject, fresh);
    return fresh;
  }

  @Override
  public boolean isReady(Subject subject) {
    return known.containsKey(subject) || whileOpen(() -> known(subject)).isPresent();
  }

  @Override
  public Future<Void> prepare(Subject subject, Deadline deadline) {
    return onContext(
        run(() -> whileOpen(() -> Optional.of(make(subject))))
            .orTimeout(Math.max(1, deadline.nanoTime() - System.nanoTime()), TimeUnit.NANOSECONDS)
            .handle(FieldKeys::settled));
  }

  private static @Nullable Void settled(@Nullable Object made, @Nullable Throwable failure) {
    if (failure != null) {
      LOG.warn("a name is withheld from the audit log: it has no key", failure);
    }
    return null;
  }

  private boolean make(Subject subject) {
    if (known(subject).isPresent()) {
      return true;
    }
    if (file.isFull()) {
      throw new IllegalStateException("keys for " + SubjectFile.MAX + " subjects are the most");
    }
    byte[] entry = cipher.fresh(subject);
    try {
      file.append(entry);
    } catch (IOException e) {
      throw new IllegalStateException("the keys of a subject cannot be stored", e);
    }
    remember(subject, entry);
    return true;
  }

  @Override
  public @Nullable String hash(GuardedField field, String tenant, String value) {
    var key = new Value(field, tenant, value);
    String known = hashes.get(key);
    if (known != null) {
      return known;
    }
    Optional<String> made = whileOpen(() -> Optional.of(cipher.hash(field, tenant, value)));
    made.ifPresent(
        hash -> {
          if (hashes.size() >= MOST_REMEMBERED) {
            hashes.clear();
          }
          hashes.put(key, hash);
        });
    return made.orElse(null);
  }

  @Override
  public Optional<String> find(Subject subject) {
    return whileOpen(() -> known(subject)).map(Known::hash);
  }

  @Override
  public @Nullable SealedName seal(Subject subject, byte[] place) {
    return whileOpen(
            () ->
                known(subject)
                    .map(
                        own ->
                            new SealedName(
                                own.hash(), cipher.seal(own.entry(), subject.name(), place))))
        .orElse(null);
  }

  @Override
  public Optional<String> open(String box, byte[] place) {
    return SubjectCipher.parse(box)
        .flatMap(
            bytes ->
                whileOpen(
                    () ->
                        file.byKey(Arrays.copyOf(bytes, SubjectFile.KEY_ID))
                            .flatMap(entry -> cipher.open(entry, bytes, place))));
  }

  /**
   * Destroys the keys of {@code subject} once that is recorded; while it is not, they stay.
   *
   * @param record has it in the log, by the hash by which entries name him; empty when he has no
   *     keys
   * @return that hash, once the keys are gone
   */
  public Future<Optional<String>> shred(
      Subject subject, Function<Optional<String>, Future<?>> record) {
    return record.apply(find(subject)).compose(recorded -> onContext(run(() -> destroy(subject))));
  }

  private Optional<String> destroy(Subject subject) {
    Optional<Known> own = whileOpen(() -> remove(subject));
    own.ifPresent(gone -> forget(subject, gone));
    return own.map(Known::hash);
  }

  private Optional<Known> remove(Subject subject) {
    Optional<Known> own = known(subject);
    try {
      file.remove(cipher.lookup(subject));
    } catch (IOException e) {
      throw VaultFaults.unavailable(
          "The keys of a subject cannot be destroyed.", "audit.subjects", e);
    }
    return own;
  }

  /** While nobody is at work who found the record before it was removed. */
  private void forget(Subject subject, Known gone) {
    alive.writeLock().lock();
    try {
      known.remove(subject);
      if (!closed) {
        cipher.forget(gone.entry());
      }
    } finally {
      alive.writeLock().unlock();
    }
  }

  /** Whether what a record of the file wraps stands in memory. */
  boolean remembers(byte[] record) {
    return whileOpen(() -> Optional.of(cipher.remembers(record))).orElse(false);
  }

  private <T> CompletableFuture<T> run(Supplier<T> work) {
    try {
      return CompletableFuture.supplyAsync(work, writer);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static <T> Future<T> onContext(CompletableFuture<T> result) {
    Context context = Vertx.currentContext();
    return context == null
        ? Future.fromCompletionStage(result)
        : Future.fromCompletionStage(result, context);
  }

  /** Wipes the keys. Names are withheld from then on. */
  @Override
  public void close() {
    writer.close();
    alive.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        cipher.close();
        file.close();
      }
    } catch (IOException e) {
      LOG.warn("the file of subjects did not close", e);
    } finally {
      alive.writeLock().unlock();
    }
  }
}
