package dev.chitin.gateway.llm;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.util.concurrent.atomic.AtomicLong;

/** The memory that bodies of requests to providers may take all together. */
public final class BodyRoom {
  private final long most;
  private final AtomicLong taken = new AtomicLong();

  BodyRoom(long most) {
    this.most = most;
  }

  /** What one body has of it. Used by one thread at a time. */
  public final class Share implements AutoCloseable {
    private long bytes;

    /**
     * Takes what is missing for {@code total} bytes.
     *
     * @throws dev.chitin.bus.ChitinException {@code gateway.overloaded} when there is no room
     */
    public void grow(long total) {
      if (!takeMore(total - bytes)) {
        throw Problem.of(
                ProblemCode.GATEWAY_OVERLOADED,
                "The gateway already holds as many bytes of requests as it may.")
            .withRule("gateway.limits.llm_bodies_bytes")
            .withHint("Ask again when others have been sent on.")
            .toException();
      }
      bytes = total;
    }

    /** Gives it back. */
    @Override
    public void close() {
      taken.addAndGet(-bytes);
      bytes = 0;
    }
  }

  /** In one step: what is refused is never taken, and so stands in nobody's way. */
  private boolean takeMore(long more) {
    while (true) {
      long before = taken.get();
      if (more > 0 && before + more > most) {
        return false;
      }
      if (taken.compareAndSet(before, before + more)) {
        return true;
      }
    }
  }

  /** A share that is empty yet. */
  public Share share() {
    return new Share();
  }

  /** Bytes that are held now. */
  public long taken() {
    return taken.get();
  }
}
