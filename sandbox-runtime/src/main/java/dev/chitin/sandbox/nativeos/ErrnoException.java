package dev.chitin.sandbox.nativeos;

import java.io.IOException;

/** A system call failed. The message names the call and the errno; it holds no path. */
public final class ErrnoException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  public ErrnoException(String call, int errno) {
    super(call + ": " + Errno.name(errno));
    this.errno = errno;
  }

  /** The positive errno, see {@link Errno}. */
  public int errno() {
    return errno;
  }
}
