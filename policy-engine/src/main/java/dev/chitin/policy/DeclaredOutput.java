package dev.chitin.policy;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A file that a native process is to leave for its caller, in the directory that its sandbox names
 * in {@link #VARIABLE}.
 *
 * @param name under which the answer holds it: 1 to 64 letters, digits, dots, underscores, hyphens
 * @param path relative to that directory, see {@link #pathFault}
 * @param maxBytes most bytes that are read, 1 to {@link #MOST_BYTES}
 * @param required whether a run that does not leave it has failed
 */
public record DeclaredOutput(String name, String path, long maxBytes, boolean required) {
  /** Where the sandbox of a process with outputs has the directory for them. */
  public static final String DIRECTORY = "/out";

  /** The environment variable that tells the process. */
  public static final String VARIABLE = "CHITIN_OUT";

  /** Most files of one process. */
  public static final int MOST = 16;

  /** 1 MiB. */
  public static final long DEFAULT_BYTES = 1 << 20;

  /** 16 MiB. */
  public static final long MOST_BYTES = 16 << 20;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
  private static final int MOST_PATH = 512;
  private static final int MOST_COMPONENT = 255;

  public DeclaredOutput {
    if (!isName(name) || pathFault(path).isPresent() || maxBytes < 1 || maxBytes > MOST_BYTES) {
      throw new IllegalArgumentException("no declaration of an output");
    }
  }

  /** Whether {@code name} may name an output. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** Why {@code path} is no plain relative path of a file, if it is none. */
  public static Optional<String> pathFault(String path) {
    if (path.isEmpty() || path.length() > MOST_PATH) {
      return Optional.of("must have 1 to " + MOST_PATH + " characters");
    }
    if (path.startsWith("/")) {
      return Optional.of("must be relative; it lies below the directory in CHITIN_OUT");
    }
    if (path.contains("${")) {
      return Optional.of("must not hold a placeholder");
    }
    if (path.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
      return Optional.of("must not hold control characters");
    }
    for (String component : path.split("/", -1)) {
      if (component.isEmpty() || component.equals(".") || component.equals("..")) {
        return Optional.of("must be plain: no empty part, no '.', no '..'");
      }
      if (component.length() > MOST_COMPONENT) {
        return Optional.of("has a part of more than " + MOST_COMPONENT + " characters");
      }
    }
    return Optional.empty();
  }
}
