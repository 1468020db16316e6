package dev.chitin.sandbox.nativeos;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * posix_spawn(3): a program with an exact argument vector, an empty environment, a session of its
 * own, default signals, and exactly the descriptors 0 to n−1.
 */
final class PosixSpawn {
  private static final short SETSIGDEF = 0x04;
  private static final short SETSIGMASK = 0x08;
  private static final short SETSID = 0x80;
  // Room for the opaque structures, well above glibc's (80, 336 and 128 bytes).
  private static final MemoryLayout ACTIONS = opaque(128);
  private static final MemoryLayout ATTRIBUTES = opaque(512);
  private static final MemoryLayout SIGSET = opaque(128);

  private static final MethodHandle SPAWN =
      bind("posix_spawn", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle ACTIONS_INIT = bind("posix_spawn_file_actions_init", ADDRESS);
  private static final MethodHandle ACTIONS_DESTROY =
      bind("posix_spawn_file_actions_destroy", ADDRESS);
  private static final MethodHandle ADD_DUP2 =
      bind("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ADD_CLOSEFROM =
      bind("posix_spawn_file_actions_addclosefrom_np", ADDRESS, JAVA_INT);
  private static final MethodHandle ATTR_INIT = bind("posix_spawnattr_init", ADDRESS);
  private static final MethodHandle ATTR_DESTROY = bind("posix_spawnattr_destroy", ADDRESS);
  private static final MethodHandle ATTR_FLAGS =
      bind("posix_spawnattr_setflags", ADDRESS, JAVA_SHORT);
  private static final MethodHandle ATTR_SIGDEFAULT =
      bind("posix_spawnattr_setsigdefault", ADDRESS, ADDRESS);
  private static final MethodHandle ATTR_SIGMASK =
      bind("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);
  private static final MethodHandle SIGFILLSET = bind("sigfillset", ADDRESS);
  private static final MethodHandle SIGEMPTYSET = bind("sigemptyset", ADDRESS);

  private PosixSpawn() {}

  private static MemoryLayout opaque(long bytes) {
    return MemoryLayout.sequenceLayout(bytes / 8, ValueLayout.JAVA_LONG).withByteAlignment(16);
  }

  // Binds one function of glibc by the prototype that POSIX gives it; findOrThrow makes a missing
  // one (addclosefrom_np before glibc 2.34) fail when this class is loaded.
  @SuppressWarnings("restricted")
  private static MethodHandle bind(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /** Loads this class, so that a missing function is found at start-up. */
  static void require() {
    if (ADD_CLOSEFROM.type().parameterCount() != 2) {
      throw new LinkageError("posix_spawn_file_actions_addclosefrom_np");
    }
  }

  /**
   * Starts {@code path}.
   *
   * @param descriptors becomes 0, 1, 2 … of the child, in order; everything above is closed
   * @return the child's process id
   */
  static int spawn(String path, List<String> argv, List<Fd> descriptors) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment actions = arena.allocate(ACTIONS);
      MemorySegment attributes = arena.allocate(ATTRIBUTES);
      check("posix_spawn_file_actions_init", (int) ACTIONS_INIT.invokeExact(actions));
      try {
        check("posix_spawnattr_init", (int) ATTR_INIT.invokeExact(attributes));
        try {
          arrange(actions, descriptors);
          describe(arena, attributes);
          MemorySegment pid = arena.allocate(JAVA_INT);
          check(
              "posix_spawn",
              (int)
                  SPAWN.invokeExact(
                      pid,
                      CString.of(arena, path),
                      actions,
                      attributes,
                      vector(arena, argv),
                      vector(arena, List.of())));
          return pid.get(JAVA_INT, 0);
        } finally {
          check("posix_spawnattr_destroy", (int) ATTR_DESTROY.invokeExact(attributes));
        }
      } finally {
        check("posix_spawn_file_actions_destroy", (int) ACTIONS_DESTROY.invokeExact(actions));
      }
    } catch (ErrnoException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a downcall threw a checked exception", e);
    }
  }

  /**
   * Moves every source above all sources first and only then down to its place: one pass could
   * overwrite a source that is not moved yet, and a dup2 onto itself keeps close-on-exec.
   */
  private static void arrange(MemorySegment actions, List<Fd> descriptors) throws Throwable {
    int base = descriptors.size() + 1;
    for (Fd fd : descriptors) {
      base = Math.max(base, fd.number() + 1);
    }
    for (int i = 0; i < descriptors.size(); i++) {
      dup2(actions, descriptors.get(i).number(), base + i);
    }
    for (int i = 0; i < descriptors.size(); i++) {
      dup2(actions, base + i, i);
    }
    check(
        "posix_spawn_file_actions_addclosefrom_np",
        (int) ADD_CLOSEFROM.invokeExact(actions, descriptors.size()));
  }

  private static void dup2(MemorySegment actions, int from, int to) throws Throwable {
    check("posix_spawn_file_actions_adddup2", (int) ADD_DUP2.invokeExact(actions, from, to));
  }

  /** The JVM blocks some signals and ignores SIGPIPE; a tool must not inherit that. */
  private static void describe(Arena arena, MemorySegment attributes) throws Throwable {
    MemorySegment all = arena.allocate(SIGSET);
    MemorySegment none = arena.allocate(SIGSET);
    check("sigfillset", (int) SIGFILLSET.invokeExact(all));
    check("sigemptyset", (int) SIGEMPTYSET.invokeExact(none));
    check("posix_spawnattr_setsigdefault", (int) ATTR_SIGDEFAULT.invokeExact(attributes, all));
    check("posix_spawnattr_setsigmask", (int) ATTR_SIGMASK.invokeExact(attributes, none));
    short flags = (short) (SETSID | SETSIGDEF | SETSIGMASK);
    check("posix_spawnattr_setflags", (int) ATTR_FLAGS.invokeExact(attributes, flags));
  }

  private static MemorySegment vector(Arena arena, List<String> strings) {
    MemorySegment vector = arena.allocate(ADDRESS, strings.size() + 1L);
    for (int i = 0; i < strings.size(); i++) {
      vector.setAtIndex(ADDRESS, i, CString.of(arena, strings.get(i)));
    }
    vector.setAtIndex(ADDRESS, strings.size(), MemorySegment.NULL);
    return vector;
  }

  private static void check(String call, int error) throws ErrnoException {
    if (error != 0) {
      throw new ErrnoException(call, error);
    }
  }
}
