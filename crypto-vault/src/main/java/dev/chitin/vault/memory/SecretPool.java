package dev.chitin.vault.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Pages of secret memory that are used again, because mapping and locking one costs more than the
 * cryptography done in it. A page is wiped before it goes back. When all are out, a further one is
 * made for one use. Safe for use from any thread.
 */
public final class SecretPool implements AutoCloseable {
  /** Bytes of one page. */
  public static final int PAGE_BYTES = 4_096;

  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<MemorySegment> free;

  /** Locks {@code pages} pages at once. */
  public SecretPool(int pages) {
    free = new ArrayBlockingQueue<>(pages);
    for (int i = 0; i < pages; i++) {
      free.add(SecretMemory.allocate(arena, PAGE_BYTES));
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

  /** One piece of secret memory on loan. */
  public final class Page implements AutoCloseable {
    private final Arena loan = Arena.ofConfined();
    private final boolean pooled;
    private final MemorySegment memory;
    private final MemorySegment view;

    @SuppressWarnings("restricted") // the view is as long as the page and ends with the loan
    private Page(MemorySegment page) {
      pooled = true;
      memory = page;
      view = page.reinterpret(loan, null);
    }

    private Page(long length) {
      pooled = false;
      memory = SecretMemory.allocate(loan, length);
      view = memory;
    }

    /** The memory; not accessible once the page is closed. */
    public MemorySegment segment() {
      return view;
    }

    @Override
    public void close() {
      SecretMemory.wipe(memory);
      loan.close();
      if (pooled) {
        free.add(memory);
      }
    }
  }
}
