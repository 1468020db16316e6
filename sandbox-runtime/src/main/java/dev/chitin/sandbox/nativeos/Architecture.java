package dev.chitin.sandbox.nativeos;

import java.util.Optional;

/** The machines whose system call numbers and structures are known here. */
public enum Architecture {
  X86_64,
  AARCH64;

  /** The machine that this runs on; empty when it is neither, or not Linux. */
  public static Optional<Architecture> here() {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return Optional.empty();
    }
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> Optional.of(X86_64);
      case "aarch64" -> Optional.of(AARCH64);
      default -> Optional.empty();
    };
  }
}
