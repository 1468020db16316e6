package dev.chitin.sandbox.bwrap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.bus.Bytes;
import dev.chitin.sandbox.OutputChunk;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Poller;
import dev.chitin.sandbox.nativeos.Polling;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Reads one output stream of a tool: keeps it up to a cap, streams what it keeps, counts the rest,
 * and reports when the count passes {@value #BUDGET} times the cap. While a piece is on its way to
 * the reader the pipe is not read, so that a slow reader slows the tool. Confined to the poller.
 */
final class OutputCapture {
  /** Bytes beyond the cap that are read and dropped before the tool is stopped, in caps. */
  static final int BUDGET = 8;

  private final OutputChunk.Stream stream;
  private final Fd pipe;
  private final long cap;
  private final Delivery delivery;
  private final MemorySegment buffer;
  private final Runnable overBudget;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream(512);
  private final Deque<OutputChunk> waiting = new ArrayDeque<>();
  private Poller.@Nullable Registration registration;
  private @Nullable Runnable whenDelivered;
  private boolean delivering;
  private boolean ended;
  private long seen;

  OutputCapture(
      OutputChunk.Stream stream,
      Fd pipe,
      long cap,
      Delivery delivery,
      MemorySegment buffer,
      Runnable overBudget) {
    this.stream = stream;
    this.pipe = pipe;
    this.cap = cap;
    this.delivery = delivery;
    this.buffer = buffer;
    this.overBudget = overBudget;
  }

  void watch(Poller poller) throws ErrnoException {
    registration = poller.register(pipe, Polling.EPOLLIN, this::ready);
  }

  private void ready() {
    if (!ended && readOnce()) {
      deliver();
    }
  }

  /** Reads what is still in the pipe after the last writer is gone: at most the pipe's capacity. */
  void finish(Runnable delivered) {
    whenDelivered = delivered;
    while (!ended && readOnce()) {
      // Each turn takes up to one buffer; the pipe has no writer any more.
    }
    end();
    deliver();
  }

  /** False when there is nothing to read now. */
  private boolean readOnce() {
    long n = Descriptors.read(pipe, buffer);
    if (n == -Errno.EAGAIN || n == -Errno.EINTR) {
      return false;
    }
    if (n <= 0) {
      end();
      return false;
    }
    take((int) n);
    return true;
  }

  private void take(int length) {
    int keep = (int) Math.min(length, Math.max(0, cap - seen));
    boolean within = seen <= cap + BUDGET * cap;
    seen += length;
    if (keep > 0) {
      byte[] bytes = buffer.asSlice(0, keep).toArray(JAVA_BYTE);
      kept.writeBytes(bytes);
      if (delivery.listening()) {
        waiting.add(new OutputChunk(stream, Bytes.adopt(bytes)));
      }
    }
    if (within && seen > cap + BUDGET * cap) {
      overBudget.run();
    }
  }

  private void deliver() {
    if (delivering) {
      return;
    }
    OutputChunk next = waiting.poll();
    if (next == null || !delivery.listening()) {
      waiting.clear();
      watchAgain();
      return;
    }
    delivering = true;
    pause();
    delivery.offer(
        next,
        () -> {
          delivering = false;
          deliver();
        });
  }

  private void pause() {
    if (registration != null) {
      try {
        registration.pause();
      } catch (ErrnoException e) {
        throw new IllegalStateException("a pipe could not be paused", e);
      }
    }
  }

  private void watchAgain() {
    if (ended) {
      if (whenDelivered != null) {
        whenDelivered.run();
      }
    } else if (registration != null) {
      try {
        registration.resume();
      } catch (ErrnoException e) {
        throw new IllegalStateException("a pipe could not be watched again", e);
      }
    }
  }

  private void end() {
    if (!ended) {
      ended = true;
      if (registration != null) {
        registration.close();
      }
      pipe.close();
    }
  }

  Bytes kept() {
    return Bytes.adopt(kept.toByteArray());
  }

  long seen() {
    return seen;
  }
}
