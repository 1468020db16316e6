package dev.chitin.vault.store;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps a second writer out of the vault for the life of this object, in this process and in
 * others.
 *
 * <p>By flock(2), which belongs to one open file. The POSIX lock behind {@link
 * java.nio.channels.FileLock} belongs to the process and falls when any descriptor of the file is
 * closed in it: a second opener that is refused would release the first one's lock.
 */
@SuppressWarnings("restricted") // signatures are those of open(2), flock(2) and close(2)
public final class WriterLock implements AutoCloseable {
  /** The name of the lock's file. */
  public static final String NAME = "lock";

  private static final int O_RDWR_NOFOLLOW_CLOEXEC = noFollow() | 02 | 02000000;
  private static final int LOCK_EXCLUSIVE_NOW = 2 | 4;
  private static final int LOCK_NONE = 8;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle FLOCK =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("flock"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int descriptor;
  private final AtomicBoolean held = new AtomicBoolean(true);

  private WriterLock(int descriptor) {
    this.descriptor = descriptor;
  }

  /** O_NOFOLLOW has one number on x86 and another on ARM (asm/fcntl.h). */
  private static int noFollow() {
    return System.getProperty("os.arch", "").equals("aarch64") ? 0100000 : 0400000;
  }

  /**
   * Takes the lock of the vault in {@code directory}.
   *
   * @throws dev.chitin.bus.ChitinException {@code vault.unavailable} when another has it
   */
  public static WriterLock acquire(Path directory) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(directory.resolve(NAME).toString());
      int descriptor = (int) OPEN.invokeExact(path, O_RDWR_NOFOLLOW_CLOEXEC);
      if (descriptor < 0) {
        throw refused(
            "vault.lock",
            "The vault's lock file cannot be opened.",
            "Make a vault first, or look at the rights of its directory.");
      }
      var lock = new WriterLock(descriptor);
      if ((int) FLOCK.invokeExact(descriptor, LOCK_EXCLUSIVE_NOW) != 0) {
        lock.close();
        throw refused(
            "vault.locked",
            "Another process has the vault open.",
            "Use the running gateway, or stop it first.");
      }
      return lock;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static RuntimeException refused(String rule, String detail, String hint) {
    return Problem.of(ProblemCode.VAULT_UNAVAILABLE, detail)
        .withRule(rule)
        .withHint(hint)
        .toException();
  }

  private static RuntimeException impossible(Throwable e) {
    return e instanceof RuntimeException known
        ? known
        : new IllegalStateException("a call of the C library failed", e);
  }

  /**
   * Releases the lock. A second call does nothing: the number may be another file's by then.
   *
   * <p>Closing alone releases it only with the last descriptor of the open file, and a child that
   * is just being started has one, too, until it runs its program.
   */
  @Override
  public void close() {
    if (!held.compareAndSet(true, false)) {
      return;
    }
    try {
      int released = (int) FLOCK.invokeExact(descriptor, LOCK_NONE);
      int closed = (int) CLOSE.invokeExact(descriptor);
      if (released != 0 || closed != 0) {
        throw new IllegalStateException("the vault's lock could not be released");
      }
    } catch (Throwable e) {
      throw impossible(e);
    }
  }
}
