package dev.chitin.sandbox.nativeos;

/**
 * A child of this process, named by a descriptor and never by a number that could be used again.
 *
 * @param pidfd readable when the child has ended
 */
public record ChildProcess(Fd pidfd) implements AutoCloseable {

  /** Sends SIGKILL; harmless when it has ended. */
  public void kill() throws ErrnoException {
    Processes.signal(pidfd, Processes.SIGKILL);
  }

  /** Waits for the end and takes the child out of the process table. */
  public void reap() throws ErrnoException {
    Processes.reap(pidfd);
  }

  @Override
  public void close() {
    pidfd.close();
  }
}
