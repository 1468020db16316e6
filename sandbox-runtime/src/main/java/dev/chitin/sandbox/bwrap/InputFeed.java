package dev.chitin.sandbox.bwrap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.chitin.bus.Bytes;
import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.Errno;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Poller;
import dev.chitin.sandbox.nativeos.Polling;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Writes a tool's standard input as the tool reads it, then closes. Confined to the poller. */
final class InputFeed {
  private final Fd pipe;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment bytes;
  private Poller.@Nullable Registration registration;
  private long written;
  private boolean ended;

  InputFeed(Fd pipe, Bytes input) throws ErrnoException {
    this.pipe = pipe;
    bytes = arena.allocate(input.length());
    MemorySegment.copy(input.borrow(), 0, bytes, JAVA_BYTE, 0, input.length());
    Descriptors.setNonBlocking(pipe);
  }

  void watch(Poller poller) throws ErrnoException {
    registration = poller.register(pipe, Polling.EPOLLOUT, this::ready);
  }

  private void ready() {
    if (ended) {
      return;
    }
    long n = Descriptors.write(pipe, bytes.asSlice(written));
    if (n >= 0) {
      written += n;
    }
    // A tool that closes its input early is not at fault (EPIPE); there is nobody left to write to.
    if (written == bytes.byteSize() || (n < 0 && n != -Errno.EAGAIN && n != -Errno.EINTR)) {
      close();
    }
  }

  void close() {
    if (!ended) {
      ended = true;
      if (registration != null) {
        registration.close();
      }
      pipe.close();
      arena.close();
    }
  }
}
