package dev.chitin.policy;

import dev.chitin.bus.Problem;
import dev.chitin.bus.ProblemCode;
import dev.chitin.bus.json.NearestName;
import dev.chitin.policy.path.FoldedPath;
import java.util.List;
import java.util.TreeSet;

/**
 * Which of {@link ProtectedPaths#WRITE_DENIED} hold on this gateway: all of them, but for those
 * that the operator gave up by name. Policy and sandbox are given the same one, so that they cannot
 * differ. Immutable.
 */
public final class WriteProtection {
  /** Nothing is given up. */
  public static final WriteProtection FULL = new WriteProtection(List.of());

  private static final String KEY = "sandbox.unprotected";

  private final List<String> unprotected;

  private WriteProtection(List<String> unprotected) {
    this.unprotected = List.copyOf(unprotected);
  }

  /**
   * All protection but for {@code names}, written as in {@link #overridable}.
   *
   * @throws dev.chitin.bus.ChitinException {@code config.invalid} when one of them is not known, or
   *     keeps credentials
   */
  public static WriteProtection without(List<String> names) {
    List<String> known = overridable();
    for (String name : names) {
      if (!known.contains(name)) {
        throw refusal(name, known);
      }
    }
    return names.isEmpty() ? FULL : new WriteProtection(List.copyOf(new TreeSet<>(names)));
  }

  private static RuntimeException refusal(String name, List<String> known) {
    if (ProtectedPaths.WRITE_DENIED.contains(name)) {
      return Problem.of(
              ProblemCode.CONFIG_INVALID,
              KEY + ": " + name + " may hold credentials and stays protected.")
          .withHint("Take it out of " + KEY + ".")
          .toException();
    }
    String nearest =
        NearestName.of(name, known)
            .map(near -> "The nearest known one is " + near + ".")
            .orElse("Known are: " + String.join(", ", known) + ".");
    return Problem.of(ProblemCode.CONFIG_INVALID, KEY + ": " + name + " is no protected path.")
        .withHint(nearest)
        .toException();
  }

  /** What an operator may give up: the write denials that are no places of credentials. */
  public static List<String> overridable() {
    return ProtectedPaths.WRITE_DENIED.stream()
        .filter(path -> !ProtectedPaths.isCredential(FoldedPath.of(path)))
        .toList();
  }

  /** What is given up, sorted; empty when nothing is. */
  public List<String> unprotected() {
    return unprotected;
  }

  /** The write-denied paths that hold, in the order of {@link ProtectedPaths#WRITE_DENIED}. */
  public List<String> paths() {
    return ProtectedPaths.WRITE_DENIED.stream()
        .filter(path -> !unprotected.contains(path))
        .toList();
  }
}
