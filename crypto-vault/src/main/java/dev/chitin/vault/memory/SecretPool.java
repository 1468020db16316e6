package dev.chitin.vault.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Pages of secret memory that are used again, because taking one out of the arena costs more than
 * the cryptography done in it. A page is wiped before it goes back. When all are out, a further one
 * is made for one use. Safe for use from any thread.
 */
public final class SecretPool implements AutoCloseable {
  /** Bytes of one page. */
  public static final int PAGE_BYTES = 4_096;

  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<MemorySegment> free;

  /** Takes {@code pages} pages at once. */
  public SecretPool(int pages) {
    free = new ArrayBlockingQueue<>(pages);
    try {
      for (int i = 0; i < pages; i++) {
        free.add(SecretMemory.allocate(arena, PAGE_BYTES));
      }
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** A page of zeros until it is closed, by the thread that took it. */
  public Page take() {
    MemorySegment page = free.poll();
    return page == null ? new Page(PAGE_BYTES) : new Page(page);
  }

  /** Zeroed memory of any length until it is closed, by the thread that took it. */
  public Page take(long length) {
    return length <= PAGE_BYTES ? take() : new Page(length);
  }

  /** Frees the pages; none may be out. */
  @Override
  public void close() {
    arena.close();
  }

  /** One piece of secret memory on loan. A page that is never closed is wiped when it is found. */
  public final class Page implements AutoCloseable {
    private final Arena loan = Arena.ofConfined();
    private final Arena own;
    private final boolean pooled;
    private final MemorySegment memory;
    private final MemorySegment view;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Cleaner.Cleanable watch;

    @SuppressWarnings("restricted") // the view is as long as the page and ends with the loan
    private Page(MemorySegment page) {
      pooled = true;
      own = arena;
      memory = page;
      view = page.reinterpret(loan, null);
      watch = SecretMemory.cleaner().register(this, unclosedPage(closed, free, page));
    }

    @SuppressWarnings({"restricted", "MustBeClosedChecker"}) // as above; close() ends both arenas
    private Page(long length) {
      pooled = false;
      own = Arena.ofShared();
      try {
        memory = SecretMemory.allocate(own, length);
      } catch (RuntimeException e) {
        own.close();
        throw e;
      }
      view = memory.reinterpret(loan, null);
      watch = SecretMemory.cleaner().register(this, unclosedPiece(closed, own));
    }

    /** The memory; not accessible once the page is closed. */
    public MemorySegment segment() {
      return view;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        try {
          SecretMemory.wipe(memory);
          loan.close();
        } finally {
          watch.clean();
        }
        if (pooled) {
          free.add(memory);
        } else {
          own.close();
        }
      }
    }
  }

  // What is done about a forgotten loan; neither may refer to the loan itself.

  private static Runnable unclosedPage(
      AtomicBoolean closed, BlockingQueue<MemorySegment> free, MemorySegment page) {
    return () -> {
      if (closed.compareAndSet(false, true)) {
        SecretMemory.reportUnclosed("a page of the pool");
        if (page.scope().isAlive()) {
          SecretMemory.wipe(page);
          free.add(page);
        }
      }
    };
  }

  private static Runnable unclosedPiece(AtomicBoolean closed, Arena own) {
    return () -> {
      if (closed.compareAndSet(false, true)) {
        SecretMemory.reportUnclosed("a piece larger than a page");
        own.close();
      }
    };
  }
}
