package dev.chitin.vault;

import dev.chitin.vault.memory.SecretMemory;
import dev.chitin.vault.memory.SecretPool;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the subjects that were met last, unwrapped, in a page of secret memory: unwrapping
 * costs more than what is done with them. Each record has one place, by its key id, which another
 * record may take. Safe for use from any thread; none waits for another.
 */
final class OpenedKeys implements AutoCloseable {
  /** Bytes of one subject's keys. */
  static final int LENGTH = 64;

  private static final int PLACES = SecretPool.PAGE_BYTES / LENGTH;

  private final SecretBytes memory = SecretBytes.allocate((long) PLACES * LENGTH);
  private final Place[] places = new Place[PLACES];

  private static final class Place {
    private final ReentrantLock lock = new ReentrantLock();
    private final MemorySegment keys;
    private byte @Nullable [] record;

    private Place(MemorySegment keys) {
      this.keys = keys;
    }

    private boolean holds(byte[] wanted) {
      return Arrays.equals(record, wanted);
    }

    private void fill(byte[] wanted, Consumer<MemorySegment> unwrap) {
      record = null;
      unwrap.accept(keys);
      record = wanted;
    }

    private void wipe() {
      record = null;
      SecretMemory.wipe(keys);
    }
  }

  OpenedKeys() {
    for (int i = 0; i < PLACES; i++) {
      places[i] = new Place(memory.segment().asSlice((long) i * LENGTH, LENGTH));
    }
  }

  private Place place(byte[] record) {
    return places[Byte.toUnsignedInt(record[SubjectFile.LOOKUP]) % PLACES];
  }

  /**
   * What {@code work} makes of the keys that {@code record} wraps; empty when another thread is at
   * their place.
   *
   * @param unwrap writes the keys, all {@value #LENGTH} bytes, or throws
   */
  <T> Optional<T> use(
      byte[] record, Consumer<MemorySegment> unwrap, Function<MemorySegment, T> work) {
    Place place = place(record);
    if (!place.lock.tryLock()) {
      return Optional.empty();
    }
    try {
      if (!place.holds(record)) {
        place.fill(record, unwrap);
      }
      return Optional.of(work.apply(place.keys));
    } finally {
      place.lock.unlock();
    }
  }

  /** Wipes the keys that {@code record} wraps. Whoever still has the record can bring them back. */
  void forget(byte[] record) {
    Place place = place(record);
    place.lock.lock();
    try {
      if (place.holds(record)) {
        place.wipe();
      }
    } finally {
      place.lock.unlock();
    }
  }

  /** Whether the keys that {@code record} wraps are here. */
  boolean holds(byte[] record) {
    Place place = place(record);
    place.lock.lock();
    try {
      return place.holds(record);
    } finally {
      place.lock.unlock();
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
