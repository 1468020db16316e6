package dev.chitin.sandbox.nativeos;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;

/**
 * The one downcall by which every system call here is made, {@code syscall(2)}, with the {@code
 * errno} that it leaves. Calls whose failure is ordinary (a pipe that has nothing to read) answer
 * with {@code -errno}; {@link #check} makes an {@link ErrnoException} of it for the others. None is
 * marked critical: each may block or take a lock in the kernel.
 */
final class Downcall {
  private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle SYSCALL = syscallHandle();

  private Downcall() {}

  // The one place that binds syscall(2); the descriptor below is its C prototype, and every
  // argument is a long that a typed method of this package has made.
  @SuppressWarnings("restricted")
  private static MethodHandle syscallHandle() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        Linker.Option.firstVariadicArg(1),
        Linker.Option.captureCallState("errno"));
  }

  /** What the call answers, or {@code -errno}. */
  static long call(Syscall call, long a, long b, long c, long d, long e, long f) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CAPTURE);
      long result = (long) SYSCALL.invokeExact(state, call.number(), a, b, c, d, e, f);
      return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (RuntimeException | Error e1) {
      throw e1;
    } catch (Throwable e2) {
      throw new IllegalStateException("a downcall threw a checked exception", e2);
    }
  }

  static long call(Syscall call, long a, long b, long c, long d) {
    return call(call, a, b, c, d, 0, 0);
  }

  /**
   * Gives {@code result} when it is no error.
   *
   * @param result of {@link #call}
   */
  static long check(Syscall call, long result) throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(call.name().toLowerCase(Locale.ROOT), (int) -result);
    }
    return result;
  }
}
