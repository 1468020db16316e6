package dev.chitin.sandbox.bwrap;

import dev.chitin.sandbox.nativeos.Descriptors;
import dev.chitin.sandbox.nativeos.ErrnoException;
import dev.chitin.sandbox.nativeos.Fd;
import dev.chitin.sandbox.nativeos.Poller;
import java.lang.foreign.Arena;

/** What a sandbox waits behind until its tool may start. Confined to the poller's thread. */
interface Gate {

  /** Lets the tool start. */
  void open(Poller poller) throws ErrnoException;

  /** Whether the tool could not be executed after all; known when the sandbox has ended. */
  boolean failed();

  /** Frees what can be freed while its sandbox still lives, which nobody will enter. */
  default void abandon() {}

  /** Frees it. What is closed unopened stays shut. */
  void close();

  /** The gate of bwrap itself ({@code --block-fd}): one byte opens it, and nothing else. */
  record OfBwrap(Fd pipe) implements Gate {
    @Override
    public void open(Poller poller) {
      open();
    }

    void open() {
      try (Arena arena = Arena.ofConfined()) {
        Descriptors.write(pipe, arena.allocate(1));
      }
      pipe.close();
    }

    @Override
    public boolean failed() {
      return false; // bwrap reports no exit code then.
    }

    @Override
    public void close() {
      pipe.close();
    }
  }

  /**
   * The gate of a warm sandbox: its {@link Starter} waits for the tool's name on one pipe, and
   * tells on another when it cannot be executed.
   */
  record OfStarter(InputFeed launch, Fd failure) implements Gate {
    @Override
    public void open(Poller poller) throws ErrnoException {
      launch.watch(poller);
    }

    @Override
    public boolean failed() {
      try (Arena arena = Arena.ofConfined()) {
        return Descriptors.read(failure, arena.allocate(1)) > 0;
      }
    }

    @Override
    public void abandon() {
      launch.close();
    }

    @Override
    public void close() {
      launch.close();
      failure.close();
    }
  }
}
