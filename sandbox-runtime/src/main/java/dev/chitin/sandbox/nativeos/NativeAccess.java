package dev.chitin.sandbox.nativeos;

import java.util.Optional;

/** Whether native calls can be made at all; asked once at start-up instead of failing at a call. */
public final class NativeAccess {
  private NativeAccess() {}

  /** Why native calls cannot be made here, in one sentence; empty when they can. */
  public static Optional<String> obstacle() {
    if (Architecture.here().isEmpty()) {
      return Optional.of(
          "Native sandboxing needs Linux on x86-64 or aarch64; this is "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch")
              + ".");
    }
    if (!NativeAccess.class.getModule().isNativeAccessEnabled()) {
      return Optional.of("The JVM was started without --enable-native-access=ALL-UNNAMED.");
    }
    try {
      PosixSpawn.require();
      require();
    } catch (ErrnoException | LinkageError e) {
      return Optional.of(
          "The C library (glibc 2.34) or the kernel (Linux 5.6) is too old: a needed call is"
              + " missing.");
    }
    return Optional.empty();
  }

  /** Tries the calls without which nothing here works. */
  private static void require() throws ErrnoException {
    try (Fd root =
        Open.openat2(
            Open.AT_FDCWD, "/", Open.O_PATH | Open.O_DIRECTORY, 0, Open.RESOLVE_NO_SYMLINKS)) {
      Statx.fstat(root);
    }
  }
}
