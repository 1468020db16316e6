package dev.chitin.sandbox.bwrap;

import dev.chitin.policy.Limits;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Control groups of runs that are still to come, made and limited ahead: to make them costs a call
 * a tenth of bubblewrap's own time. Each serves one run, like those that are made when they are
 * wanted, and only a run with the very limits that they were given. Nothing is in them before.
 */
final class GroupStock {
  private static final Logger LOG = LoggerFactory.getLogger(GroupStock.class);

  private final Cgroups cgroups;
  private final int size;
  private final AtomicLong lastRun = new AtomicLong();
  private final String prefix =
      HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()) + ".";
  private final Deque<RunGroup> ready = new ArrayDeque<>();
  private @Nullable Limits last;
  private @Nullable Limits limits;
  private boolean closed;

  /**
   * An empty one.
   *
   * @param size how many are made ahead at most
   */
  GroupStock(Cgroups cgroups, int size) {
    this.cgroups = cgroups;
    this.size = size;
  }

  /**
   * The groups of a run with {@code wanted}, from the stock or made now.
   *
   * @throws IOException when the kernel does not take a limit
   */
  RunGroup take(Limits wanted) throws IOException {
    RunGroup group = fromStock(wanted);
    return group == null ? make(wanted) : group;
  }

  private synchronized @Nullable RunGroup fromStock(Limits wanted) {
    last = wanted;
    return wanted.equals(limits) ? ready.poll() : null;
  }

  /** Makes what is missing, for runs like the last. Blocks shortly; not while a call waits. */
  void refill() {
    for (Limits wanted = missing(); wanted != null; wanted = missing()) {
      try {
        add(make(wanted), wanted);
      } catch (IOException e) {
        // The next call makes its own, and is refused with the reason if that fails as well.
        LOG.debug("No control groups could be made ahead.", e);
        return;
      }
    }
  }

  private synchronized @Nullable Limits missing() {
    if (last != null && !last.equals(limits)) {
      removeReady();
      limits = last;
    }
    return closed || ready.size() >= size ? null : limits;
  }

  private synchronized void add(RunGroup group, Limits made) {
    if (closed || !made.equals(limits) || ready.size() >= size) {
      group.remove();
    } else {
      ready.add(group);
    }
  }

  private void removeReady() {
    ready.forEach(RunGroup::remove);
    ready.clear();
  }

  private RunGroup make(Limits wanted) throws IOException {
    return cgroups.create(prefix + lastRun.incrementAndGet(), wanted);
  }

  /** How the names of the runs begin whose groups come from here. */
  String prefix() {
    return prefix;
  }

  /** Removes what is ready; nothing is made ahead any more. */
  synchronized void close() {
    closed = true;
    removeReady();
  }
}
