package dev.chitin.vault.scrub;

import dev.chitin.vault.memory.SecretMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The last resort against a leak: knows the secrets that were in use of late, at most {@value
 * #MOST}, and takes them out of what is about to be written to a log, into an answer or into a
 * prompt. That it finds one raises an alarm. Of each secret the first {@value #PREFIX} bytes are
 * kept, in secret memory, and of a longer one a fingerprint of its end: what stands between them
 * goes with them, and where the end is missing all up to the next space, quote or backslash. Safe
 * for use from any thread.
 */
public final class LiveSecrets implements AutoCloseable {
  /** Most secrets that are known at once; a further one takes the place of the oldest. */
  public static final int MOST = 256;

  private static final int PREFIX = 64;

  private final Arena own = Arena.ofShared();
  private final Map<String, Known> known = new LinkedHashMap<>();
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final AtomicLong alarms = new AtomicLong();
  private final AtomicLong remembered = new AtomicLong();
  private final ThreadLocal<Boolean> alarming = ThreadLocal.withInitial(() -> false);
  private Patterns patterns = Patterns.none(Patterns.newKey(own));
  private volatile Consumer<String> listener = place -> {};
  private boolean closed;

  private record Known(Arena arena, MemorySegment prefix) {}

  /** Calls {@code listener} with the place of each leak, on the thread that leaks. */
  public void onAlarm(Consumer<String> listener) {
    this.listener = listener;
  }

  /** How many secrets were found in what was to be written. */
  public long alarms() {
    return alarms.get();
  }

  /** How many secrets became known so far, those that are forgotten among them. */
  long known() {
    return remembered.get();
  }

  /** Looks for {@code more} as well, as long as the request takes that they concern. */
  public SecretSearch search(Collection<String> more) {
    return new SecretSearch(this, more);
  }

  /** Whether {@link #remember} has this one. */
  public boolean knows(String id) {
    lock.readLock().lock();
    try {
      return known.containsKey(id);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Looks for {@code secret} from now on. One that is too short to be told from chance is not.
   *
   * @param id tells secrets and their versions apart
   */
  @SuppressWarnings("MustBeClosedChecker") // closed by remove() and close()
  public void remember(String id, MemorySegment secret) {
    if (secret.byteSize() < Patterns.WINDOW) {
      return;
    }
    lock.writeLock().lock();
    try {
      if (closed || known.containsKey(id)) {
        return;
      }
      if (known.size() == MOST) {
        remove(known.keySet().iterator().next());
      }
      Arena arena = Arena.ofShared();
      try {
        MemorySegment prefix = SecretMemory.allocate(arena, Math.min(PREFIX, secret.byteSize()));
        MemorySegment.copy(secret, 0, prefix, 0, prefix.byteSize());
        patterns = patterns.with(prefix, secret);
        known.put(id, new Known(arena, prefix));
        remembered.incrementAndGet();
      } catch (RuntimeException e) {
        arena.close();
        throw e;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Forgets those whose id begins with {@code prefix}. */
  public void forget(String prefix) {
    lock.writeLock().lock();
    try {
      List<String> gone = known.keySet().stream().filter(id -> id.startsWith(prefix)).toList();
      gone.forEach(this::remove);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void remove(String id) {
    Known gone = known.remove(id);
    if (gone != null) {
      patterns = patterns.without(gone.prefix());
      gone.arena().close();
    }
  }

  /**
   * {@code text} without the secrets; the same array when there is none in it. The original is not
   * wiped: it is the caller's.
   *
   * @param place where it was to be written, for the alarm
   */
  public byte[] clean(String place, byte[] text) {
    Sightings sightings = look(patterns -> Sightings.of(patterns, text));
    if (sightings.isEmpty()) {
      return text;
    }
    report(place);
    return sightings.removed();
  }

  /** What {@code search} finds of the patterns, which hold as long as it takes and no longer. */
  <R> R look(Function<Patterns, R> search) {
    lock.readLock().lock();
    try {
      return search.apply(patterns);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Counts and tells a find. */
  void report(String place) {
    alarms.incrementAndGet();
    alarm(place);
  }

  /** The listener may write to the log itself, which comes here again; it is told once. */
  private void alarm(String place) {
    if (!alarming.get()) {
      alarming.set(true);
      try {
        listener.accept(place);
      } finally {
        alarming.remove();
      }
    }
  }

  /** The same for text. */
  public String clean(String place, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] clean = clean(place, bytes);
    return Arrays.equals(clean, bytes) ? text : new String(clean, StandardCharsets.UTF_8);
  }

  /** Forgets everything; what is written afterwards is not looked at. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        for (Iterator<Known> all = known.values().iterator(); all.hasNext(); all.remove()) {
          all.next().arena().close();
        }
        patterns = Patterns.none(MemorySegment.ofArray(new long[] {1}));
        own.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public String toString() {
    return "LiveSecrets[redacted]";
  }
}
